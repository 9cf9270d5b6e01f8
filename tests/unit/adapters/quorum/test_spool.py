import hashlib

import pytest

from eikona.adapters.quorum.spool import Spool
from eikona.domain.case import Subject
from eikona.domain.errors import QuorumError
from tests.unit.balloting.quorum_builder import QuorumBuilder


def submission(name, picture=None):
    digest = hashlib.sha256(picture or name.encode()).digest()
    return QuorumBuilder(1).submission(name, subject=Subject(digest, {}))


def test_cases_come_back_in_their_order(tmp_path):
    spool = Spool(tmp_path)
    for name in ("c", "a", "b"):
        spool.put(submission(name), name.encode() * 1000)
    again = Spool(tmp_path)
    assert [one.submission for one in again.waiting()] == [submission(n) for n in ("c", "a", "b")]
    assert again.picture(hashlib.sha256(b"a").digest()) == b"a" * 1000
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_new_cases_come_behind_those_that_were_there(tmp_path):
    Spool(tmp_path).put(submission("z"), b"")
    again = Spool(tmp_path)
    again.put(submission("a"), b"")
    assert [one.submission.id for one in again.waiting()] == ["0-0000000z", "0-0000000a"]


def test_what_is_ruled_on_is_gone(tmp_path):
    spool = Spool(tmp_path)
    one = spool.put(submission("a"), b"bytes")
    spool.drop(one)
    spool.drop(one)
    assert spool.waiting() == []
    assert spool.picture(hashlib.sha256(b"a").digest()) is None
    assert list(tmp_path.iterdir()) == []


def test_a_picture_stays_as_long_as_a_case_is_about_it(tmp_path):
    spool = Spool(tmp_path)
    first = spool.put(submission("a", b"same"), b"same")
    second = spool.put(submission("b", b"same"), b"same")
    spool.drop(first)
    assert spool.picture(hashlib.sha256(b"same").digest()) == b"same"
    spool.drop(second)
    assert spool.picture(hashlib.sha256(b"same").digest()) is None


def test_a_new_id_keeps_place_and_picture(tmp_path):
    spool = Spool(tmp_path)
    first = spool.put(submission("a", b"picture"), b"picture")
    spool.put(submission("b"), b"")
    spool.rename(first, submission("new", b"picture"))
    assert [one.submission.id for one in Spool(tmp_path).waiting()] == ["0-00000new", "0-0000000b"]
    assert spool.picture(hashlib.sha256(b"picture").digest()) == b"picture"


def test_what_a_crash_left_half_written_is_no_case(tmp_path):
    (tmp_path / "000000000001.new").write_bytes(b"half a ca")
    assert Spool(tmp_path).waiting() == []


def test_a_damaged_case_is_told(tmp_path):
    (tmp_path / "000000000001.case").write_bytes(b'{"no": "case"}\n')
    with pytest.raises(QuorumError, match="move it away"):
        Spool(tmp_path)
