import os
from dataclasses import replace

import pytest

from eikona.adapters.keys.ballot_book import BallotBook
from eikona.domain.errors import BallotBookError
from tests.unit.balloting.quorum_builder import BLOCK, CLEAR, QuorumBuilder


@pytest.fixture
def quorum():
    builder = QuorumBuilder()
    for name in "abc":
        builder.open(name)
    return builder


def ballots(quorum, outcome=CLEAR):
    return [quorum.ballot(case, "n1", outcome).ballot for case in quorum.state.open]


@pytest.mark.parametrize("durable", [True, False])
def test_what_was_signed_first_is_signed_for_good(tmp_path, quorum, durable):
    signer, path = quorum.signers["n1"], tmp_path / "ballots"
    book = BallotBook(path, durable=durable)
    first = [book.sign_once(ballot, signer) for ballot in ballots(quorum)]
    assert [book.sign_once(one, signer) for one in ballots(quorum, BLOCK)] == first
    book.close()
    again = BallotBook(path)
    assert [again.sign_once(one, signer) for one in ballots(quorum, BLOCK)] == first
    other_round = replace(first[0].ballot, round=2, outcome=CLEAR)
    assert again.sign_once(other_round, signer).ballot == other_round
    again.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_cut_off_goes(tmp_path, quorum):
    signer, path = quorum.signers["n1"], tmp_path / "ballots"
    book = BallotBook(path)
    first, *others = [book.sign_once(ballot, signer) for ballot in ballots(quorum)]
    book.close()
    whole = path.read_bytes()
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(ends[0] + 1, ends[1] + 1):
        path.write_bytes(whole[:cut])
        book = BallotBook(path)
        assert len(book) == 1
        assert book.sign_once(others[0].ballot, signer) == others[0]
        book.close()
        assert path.read_bytes() == whole[: ends[1] + 1]
    assert first is not None


def test_a_damaged_line_stops_the_node(tmp_path, quorum):
    path = tmp_path / "ballots"
    book = BallotBook(path)
    for ballot in ballots(quorum):
        book.sign_once(ballot, quorum.signers["n1"])
    book.close()
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BallotBookError, match="line 1"):
        BallotBook(path)


def test_decided_cases_are_forgotten(tmp_path, quorum):
    signer, path = quorum.signers["n1"], tmp_path / "ballots"
    book = BallotBook(path)
    signed = [book.sign_once(ballot, signer) for ballot in ballots(quorum)]
    book.keep([signed[1].ballot.case])
    assert len(book) == 1
    assert book.sign_once(ballots(quorum, BLOCK)[1], signer) == signed[1]
    more = book.sign_once(replace(signed[1].ballot, round=2), signer)
    book.close()
    again = BallotBook(path)
    assert len(again) == 2
    assert again.sign_once(more.ballot, signer) == more
    again.close()
    assert os.listdir(tmp_path) == ["ballots"]


def test_what_cannot_be_written_is_not_signed(tmp_path, quorum, monkeypatch):
    signer, path = quorum.signers["n1"], tmp_path / "ballots"
    book = BallotBook(path)
    first, second, third = ballots(quorum)
    book.sign_once(first, signer)
    write = os.write

    def half(file, content):
        if len(content) < 100:
            raise OSError(28, "No space left on device")
        return write(file, content[: len(content) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        book.sign_once(second, signer)
    monkeypatch.undo()
    assert len(book) == 1
    changed = replace(second, note="later")
    assert book.sign_once(changed, signer).ballot == changed
    book.sign_once(third, signer)
    book.close()
    again = BallotBook(path)
    assert len(again) == 3
    again.close()
