"""Many pictures are put one after the other, whatever becomes of the one before."""

import json

import pytest

from eikona.apps.cli import quorum_submit_command
from eikona.apps.cli.quorum_submit_command import SubmitRun
from eikona.domain.errors import QuorumUnavailableError

BALLOT = {
    "event": "ballot", "case": "0-a", "round": 1, "node": "n1", "outcome": "clear", "rule": "r",
    "nearest": None, "distance": None, "bank_version": 1, "note": "",
}  # fmt: skip
COUNT = {"clear": 2, "review": 0, "block": 0, "alive": 3, "needed": 2}
TAKEN = {"event": "taken", "case": "0-a"}
RULED = {
    "event": "ruled", "case": "0-a", "outcome": "clear", "position": 4, "took_ms": 1.0,
    "count": COUNT,
}  # fmt: skip


TOLD = {b"fine": [TAKEN, BALLOT, BALLOT, RULED], b"slow": [TAKEN, BALLOT], b"away": None}


class FakeLine:
    """Tells of each picture what belongs to its content."""

    def __init__(self, folder):
        pass

    def put(self, header, picture, *, wait_s):
        if TOLD[picture] is None:
            raise QuorumUnavailableError("not reached")
        for event in TOLD[picture]:
            yield event, b"receipt"

    def close(self):
        pass


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(quorum_submit_command, "CaseLine", FakeLine)

    def run(*contents, receipt=None, as_json=True):
        paths = []
        for number, content in enumerate(contents):
            paths.append(tmp_path / f"{number}.jpg")
            paths[-1].write_bytes(content)
        asked = SubmitRun(
            [str(path) for path in paths],
            folder=tmp_path,
            receipt=receipt,
            wait_s=30.0,
            hashes_only=False,
            fail_on_match=False,
            as_json=as_json,
        )
        return asked(), capsys.readouterr()

    return run


def test_one_that_is_not_ruled_on_in_time_keeps_no_other_from_being_asked(run):
    status, told = run(b"slow", b"fine")
    slow, fine = (json.loads(line) for line in told.out.splitlines())
    assert (status, slow["state"], slow["case"]) == (1, "taken", "0-a")
    assert (fine["outcome"], fine["count"], len(fine["ballots"])) == ("clear", COUNT, 1)
    text = run(b"slow", b"fine", as_json=False)[1].out
    assert "no ruling within 30 s; the quorum goes on with it: eikona quorum receipt 0-a" in text
    assert "1.jpg:\n" in text


def test_what_is_not_submitted_is_told_for_each_picture(run):
    status, told = run(b"fine", b"away", b"fine")
    _, *failed = (json.loads(line) for line in told.out.splitlines())
    assert status == 1
    assert [one["error"]["code"] for one in failed] == ["quorum_unavailable"] * 2
    said = run(b"fine", b"away", b"fine", as_json=False)[1].err
    assert "1.jpg: not reached" in said
    assert "1 more picture not submitted" in said


def test_a_ruling_is_told_although_its_receipt_cannot_be_kept(run, tmp_path, monkeypatch):
    def full(place, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(quorum_submit_command, "write_receipt", full)
    status, told = run(b"fine", receipt=tmp_path / "a.receipt", as_json=False)
    assert status == 1
    assert "ruled clear" in told.out
    assert "No space left on device; fetch it anew: eikona quorum receipt 0-a" in told.err
