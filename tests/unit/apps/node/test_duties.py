import threading

import pytest

from eikona.apps.node import duties
from eikona.apps.node.docket import Docket
from eikona.apps.node.duties import Duties
from eikona.domain.errors import QuorumError
from tests.unit.balloting.quorum_builder import CLEAR, QuorumBuilder
from tests.unit.balloting.receipt_builder import receipt_of


class Archive:
    """Has no room for a while."""

    whole = -1

    def __init__(self, stopping, refusals):
        self.stopping = stopping
        self.refusals = refusals
        self.kept = []

    def __contains__(self, position):
        return position in self.kept

    def add(self, receipts):
        if self.refusals:
            self.refusals -= 1
            raise QuorumError("receipts cannot be kept: disk is full")
        self.kept += [one.decision.position for one in receipts]
        self.stopping.set()


def archived(refusals):
    """Have three receipts archived that are decided; return the archive."""
    builder = QuorumBuilder(3)
    docket, stopping = Docket("n1"), threading.Event()
    for name in "abc":
        case = builder.open(name)
        builder.cast(case, n2=CLEAR, n3=CLEAR)
        docket.decided.put(receipt_of(builder, case))
    archive = Archive(stopping, refusals)
    unused = dict.fromkeys(
        ("ring", "quorum", "administrator", "machine", "engine", "replica", "lost_after_s")
    )
    node = Duties(node="n1", docket=docket, archive=archive, **unused)
    node.with_head = lambda receipt: receipt
    node.archive_receipts(stopping)
    return archive


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(duties, "_FULL_S", 0.0)


@pytest.mark.parametrize("refusals", [0, 1, 3])
def test_receipts_wait_until_the_disk_has_room(refusals):
    assert archived(refusals).kept == [0, 1, 2]


def test_a_disk_that_stays_full_ends_the_node(monkeypatch):
    monkeypatch.setattr(duties, "_UNWRITTEN_MOST", 2)
    with pytest.raises(QuorumError, match="disk is full"):
        archived(10)
