import pytest

from eikona.adapters.quorum.receipt_archive import ReceiptArchive
from eikona.apps.node.desk import Desk
from eikona.balloting.receipts import receipt_bytes
from tests.unit.balloting.quorum_builder import CLEAR, QuorumBuilder
from tests.unit.balloting.receipt_builder import receipt_of


@pytest.fixture
def receipts():
    builder = QuorumBuilder(3)
    cases = [builder.open(name) for name in "abc"]
    for case in cases:
        builder.cast(case, n1=CLEAR, n2=CLEAR)
    return [receipt_of(builder, case) for case in cases]


@pytest.fixture
def desk(tmp_path, receipts):
    archive = ReceiptArchive(tmp_path / "receipts")
    archive.add(receipts)
    unused = dict.fromkeys(("ring", "machine", "engine", "replica"))
    return Desk("threshold:pdq=31", archive=archive, **unused)


def test_receipts_are_given_backwards(desk, receipts):
    first, second, _ = map(receipt_bytes, receipts)
    told, body = desk.answer({"do": "receipts", "before": 2}, b"")
    assert told == {"sizes": [len(second), len(first)]}
    assert body == second + first
    assert desk.answer({"do": "receipts", "before": 9}, b"") == ({"sizes": []}, b"")


@pytest.mark.parametrize(
    "asked",
    [
        {"do": "receipts"},
        {"do": "receipts", "before": "all"},
        {"do": "receipts", "before": None},
        {"do": "receipts", "before": 10**30},
        {"do": "receipt", "case": "\ud800"},
        {"do": "receipt", "case": "0-unknown1"},
        {"do": ["receipts"]},
        {},
    ],
)
def test_nonsense_is_answered_and_ends_nothing(desk, asked):
    told, body = desk.answer(asked, b"")
    assert "error" in told
    assert body == b""
