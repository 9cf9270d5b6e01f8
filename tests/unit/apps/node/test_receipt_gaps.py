import threading
from dataclasses import replace

import pytest

from eikona.adapters.keys.ed25519 import new_key, verify_signature
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.receipt_archive import ReceiptArchive
from eikona.apps.node.receipt_gaps import ReceiptGaps
from eikona.balloting.receipts import TrustedKeys, receipt_bytes, receipt_from, verify_receipt
from eikona.domain.verdict import Outcome
from tests.unit.balloting.quorum_builder import CLEAR, QuorumBuilder
from tests.unit.balloting.receipt_builder import receipt_of

CASES = 9


class World:
    """A node ``n1`` that lacks receipts, and two others that may have them."""

    def __init__(self, folder):
        self.builder = _with_real_keys()
        self.receipts = []
        for number in range(CASES):
            case = self.builder.open(f"c{number}")
            self.builder.cast(case, n2=CLEAR, n3=CLEAR)
            self.receipts.append(receipt_of(self.builder, case, "n2"))
        self.archive = ReceiptArchive(folder / "receipts")
        self.has = {"n2": self.receipts, "n3": self.receipts}
        self.asked = []
        self.gaps = ReceiptGaps(
            "n1",
            administrator=self.builder.administrator.public_key,
            machine=self,
            archive=self.archive,
            line=self,
            sign=lambda receipt: receipt,
        )

    def look(self, at):
        return at(self.builder.state)

    def ask(self, *, do, node, before):
        assert do == "receipts"
        self.asked.append(node)
        if self.has[node] is None:
            raise BrokenChannelError("away")
        there = {one.decision.position: receipt_bytes(one) for one in self.has[node]}
        found = []
        while before - 1 in there and len(found) < 2:
            before -= 1
            found.append(there[before])
        return {"sizes": [len(one) for one in found]}, b"".join(found)

    def close(self):
        self.gaps.close_first(threading.Event())

    def archived(self):
        found = [self.archive.at(number) for number in range(CASES)]
        return [None if one is None else receipt_from(one).decision for one in found]

    def decisions(self):
        return [one.decision for one in self.receipts]


def _with_real_keys():
    builder = QuorumBuilder(3, seated=False)
    builder.administrator = new_key()
    builder.quorum = _quorum_of(builder)
    builder.signers = {name: new_key() for name in builder.signers}
    builder.machine = builder._kind(
        administrator=builder.administrator.public_key, verify=verify_signature
    )
    builder.do(builder.roster(1, builder.signers))
    return builder


def _quorum_of(builder):
    return builder._kind(
        administrator=builder.administrator.public_key, verify=verify_signature
    ).state.quorum


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_all_that_is_missing_up_to_the_present_is_fetched(world):
    world.archive.add(world.receipts[:2])
    world.close()
    assert world.archived() == world.decisions()
    assert world.archive.whole == CASES
    trusted = TrustedKeys(world.builder.administrator.public_key)
    for number in range(CASES):
        receipt = receipt_from(world.archive.at(number))
        assert verify_receipt(receipt, trusted=trusted, verify=verify_signature) == []


def test_a_gap_between_receipts_is_closed(world):
    world.archive.add([*world.receipts[:3], *world.receipts[7:]])
    world.close()
    assert world.archived() == world.decisions()


def test_who_is_away_or_lacks_some_is_passed_by(world):
    world.has["n2"] = world.receipts[5:]
    world.close()
    assert world.archived() == world.decisions()
    assert set(world.asked) == {"n2", "n3"}
    world.asked.clear()
    world.close()
    assert world.asked == []


def test_nothing_is_kept_that_the_log_does_not_hold(world):
    world.has = {"n2": None, "n3": None}
    world.close()
    assert world.archive.whole == 0
    *rest, last = world.receipts
    lies = {
        "another ruling": replace(last, decision=replace(last.decision, outcome=Outcome.BLOCK)),
        "another place": replace(rest[-1], decision=replace(rest[-1].decision, position=CASES - 1)),
        "nobody's roster": replace(last, enrolment=replace(last.enrolment, signature=bytes(64))),
        "no head": replace(last, heads=()),
    }
    for what, lie in lies.items():
        world.has["n2"] = [*rest, lie]
        world.close()
        assert world.archived() == [None] * CASES, what
    world.has["n3"] = world.receipts
    world.close()
    assert world.archived() == world.decisions()


def test_nonsense_is_no_receipt(world):
    for told in ({}, {"sizes": "all"}, {"sizes": [-1]}, {"sizes": [10**9]}, {"sizes": [3, 4]}):
        world.gaps._line = Nonsense(told)
        world.close()
    assert world.archive.whole == 0


class Nonsense:
    def __init__(self, told):
        self.told = told

    def ask(self, **_):
        return self.told, b"no receipt"
