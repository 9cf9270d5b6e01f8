import sqlite3
from contextlib import closing

import pytest

from eikona.adapters.quorum.receipt_archive import ReceiptArchive
from eikona.balloting.receipts import receipt_bytes
from eikona.domain.errors import QuorumError
from tests.unit.balloting.quorum_builder import CLEAR, QuorumBuilder
from tests.unit.balloting.receipt_builder import receipt_of


def receipts(count):
    builder = QuorumBuilder(3)
    cases = [builder.open(f"c{number}") for number in range(count)]
    for case in cases:
        builder.cast(case, n1=CLEAR, n2=CLEAR)
    return [receipt_of(builder, case) for case in cases]


def test_receipts_come_back_as_they_were(tmp_path):
    some = receipts(3)
    archive = ReceiptArchive(tmp_path / "receipts")
    archive.add(some)
    archive.add(some)
    archive.close()
    again = ReceiptArchive(tmp_path / "receipts")
    for one in some:
        assert again.of_case(one.decision.case.submission.id) == receipt_bytes(one)
        assert one.decision.position in again
    assert again.of_case("0-notthere") is None
    assert 3 not in again
    assert (tmp_path / "receipts").stat().st_mode & 0o777 == 0o600


def test_only_receipts_without_a_gap_before_them_count(tmp_path):
    first, second, third, fourth = receipts(4)
    archive = ReceiptArchive(tmp_path / "receipts")
    found = []
    for one in (second, first, fourth, third):
        archive.add([one])
        found.append(archive.whole)
    assert found == [0, 2, 2, 4]
    assert ReceiptArchive(tmp_path / "receipts").whole == 4


def test_what_is_behind_a_gap_is_named(tmp_path):
    first, second, third, fourth = receipts(4)
    archive = ReceiptArchive(tmp_path / "receipts")
    assert archive.after_gap is None
    archive.add([first, fourth])
    assert (archive.whole, archive.after_gap) == (1, 3)
    archive.add([third])
    assert (archive.whole, archive.after_gap) == (1, 2)
    archive.add([second])
    assert (archive.whole, archive.after_gap) == (4, None)


def test_receipts_before_a_place_come_newest_first_up_to_a_gap_or_a_length(tmp_path):
    some = receipts(5)
    contents = [receipt_bytes(one) for one in some]
    archive = ReceiptArchive(tmp_path / "receipts")
    archive.add([some[0], *some[2:]])
    assert archive.before(5, most_bytes=10**9) == contents[:1:-1]
    assert archive.before(4, most_bytes=len(contents[3]) + len(contents[2]) - 1) == [contents[3]]
    assert archive.before(4, most_bytes=1) == [contents[3]]
    assert archive.before(2, most_bytes=10**9) == []
    assert archive.before(0, most_bytes=10**9) == []


def test_how_many_there_are_is_known_again_without_reading_all(tmp_path):
    some = receipts(3)
    archive = ReceiptArchive(tmp_path / "receipts")
    archive.add(some[:2])
    archive.close()
    with closing(sqlite3.connect(tmp_path / "receipts")) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2,)
        file.execute("PRAGMA user_version = 0")  # as a file of an earlier version has it
    archive = ReceiptArchive(tmp_path / "receipts")
    assert archive.whole == 2
    archive.add(some[2:])
    assert archive.whole == 3


def test_another_file_is_no_archive(tmp_path):
    (tmp_path / "receipts").write_bytes(b"no database" * 1000)
    with pytest.raises(QuorumError, match="no archive"):
        ReceiptArchive(tmp_path / "receipts")
