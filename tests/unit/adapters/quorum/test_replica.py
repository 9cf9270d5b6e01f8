import hashlib
from dataclasses import replace

import pytest

from eikona.adapters.quorum.replica import Replica, hashes_for, needs_of
from eikona.domain.errors import NotAnImageError
from eikona.domain.verdict import Outcome
from eikona.services.fingerprint_source import fingerprint
from eikona.services.reference import Reference, ReferencePicture, pictures_digest
from tests.integration import bad_input

RULE = "threshold:phash-mean=10"


@pytest.fixture
def pictures(tmp_path):
    """Pictures by name, and what fingerprints them by digest."""
    paths = {
        name: bad_input.save_picture(tmp_path / name, seed=seed)
        for seed, name in enumerate(("a.png", "b.png", "c.png"))
    }
    return {name: path.read_bytes() for name, path in paths.items()}


def reference(version, pictures):
    listed = [ReferencePicture(name, sha(content)) for name, content in sorted(pictures.items())]
    return Reference("0" * 32, version, tuple(listed))


def sha(content):
    return hashlib.sha256(content).digest()


class Fetched:
    """Fingerprints by digest, and counts."""

    def __init__(self, pictures):
        self._by_digest = {sha(content): content for content in pictures.values()}
        self.count = 0

    def __call__(self, digest):
        self.count += 1
        return fingerprint(self._by_digest[digest], algorithms=["phash-mean"])


def search(replica, content):
    match = replica.held().search(fingerprint(content, algorithms=["phash-mean"]))
    return None if match is None else (match.entry.name, match.verdict.outcome)


def test_a_new_replica_holds_nothing(tmp_path, pictures):
    replica = Replica(tmp_path / "bank", rule=RULE)
    assert (replica.version, len(replica)) == (0, 0)
    assert search(replica, pictures["a.png"]) is None


def test_each_version_brings_what_is_new_alone(tmp_path, pictures):
    replica, take = Replica(tmp_path / "bank", rule=RULE), Fetched(pictures)
    first = {name: pictures[name] for name in ("a.png", "b.png")}
    assert replica.take(reference(1, first), take) == []
    assert search(replica, pictures["a.png"]) == ("a.png", Outcome.BLOCK)
    assert search(replica, pictures["c.png"])[1] is Outcome.CLEAR
    second = {name: pictures[name] for name in ("b.png", "c.png")}
    replica.take(reference(2, second), take)
    assert take.count == 3
    assert search(replica, pictures["a.png"])[1] is Outcome.CLEAR
    assert search(replica, pictures["c.png"]) == ("c.png", Outcome.BLOCK)
    held = replica.held()
    assert (held.version, held.digest) == (2, pictures_digest(reference(2, second).pictures))


def test_what_it_holds_is_there_after_a_restart(tmp_path, pictures):
    replica = Replica(tmp_path / "bank", rule=RULE)
    replica.take(reference(4, pictures), Fetched(pictures))
    replica.close()
    again, take = Replica(tmp_path / "bank", rule=RULE), Fetched(pictures)
    assert (again.version, len(again)) == (4, 3)
    again.take(reference(5, pictures), take)
    assert take.count == 0


def test_a_picture_that_does_not_decode_is_named_and_the_others_count(tmp_path, pictures):
    replica, take = Replica(tmp_path / "bank", rule=RULE), Fetched(pictures)

    def picky(digest):
        if digest == sha(pictures["b.png"]):
            raise NotAnImageError("no picture")
        return take(digest)

    assert replica.take(reference(1, pictures), picky) == ["b.png"]
    assert (replica.version, len(replica)) == (1, 2)


def test_a_picture_that_cannot_be_had_keeps_the_old_version(tmp_path, pictures):
    replica, take = Replica(tmp_path / "bank", rule=RULE), Fetched(pictures)
    replica.take(reference(1, {"a.png": pictures["a.png"]}), take)

    def away(_):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        replica.take(reference(2, pictures), away)
    assert (replica.version, len(replica)) == (1, 1)


def test_what_the_rule_finds_clear_stays_clear_however_near_it_is(tmp_path, pictures):
    replica = Replica(tmp_path / "bank", rule="both:phash-mean,dhash=100")

    def take(digest):
        by_digest = {sha(content): content for content in pictures.values()}
        return fingerprint(by_digest[digest], algorithms=["phash-mean", "dhash"])

    replica.take(reference(1, pictures), take)
    other = fingerprint(pictures["a.png"], algorithms=["phash-mean", "dhash"])
    turned = replace(other, hashes={**other.hashes, "dhash": bytes(8)})
    match = replica.held().search(turned)
    assert match.verdict.outcome is Outcome.CLEAR
    assert match.distance >= 0
    assert replica.held().search(other).verdict.outcome is Outcome.BLOCK


def test_rules_say_which_hashes_they_read():
    assert hashes_for(RULE) == (("phash-mean",), False)
    names, features = hashes_for("eikona")
    assert features
    assert "pdq" in names
    assert needs_of(RULE) == ("phash-mean@1",)


def test_pictures_that_do_not_decode_are_remembered_by_name(tmp_path, pictures):
    broken = {**pictures, "bad.png": b"junk"}

    def take(digest):
        if digest == sha(b"junk"):
            raise NotAnImageError("no image")
        return Fetched(pictures)(digest)

    replica = Replica(tmp_path / "other", rule=RULE)
    assert replica.take(reference(1, broken), take) == ["bad.png"]
    replica.close()
    again = Replica(tmp_path / "other", rule=RULE)
    assert (again.version, again.unreadable) == (1, ("bad.png",))
    again.take(reference(2, pictures), take)
    assert again.unreadable == ()
