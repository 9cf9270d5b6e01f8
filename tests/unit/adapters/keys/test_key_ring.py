import pytest

from eikona.adapters.keys.key_ring import KeyRing
from eikona.domain.errors import InvalidKeyError


def test_a_key_is_made_once(tmp_path):
    first = KeyRing(tmp_path / "node").current.public_key
    assert KeyRing(tmp_path / "node").current.public_key == first
    assert (tmp_path / "node" / "ballots.key").stat().st_mode & 0o777 == 0o600


def test_a_new_key_counts_once_the_roster_names_it(tmp_path):
    ring = KeyRing(tmp_path)
    old, new = ring.current.public_key, ring.propose().public_key
    assert ring.propose().public_key == new
    assert ring.settle(old).public_key == ring.settle(None).public_key == old
    assert ring.settle(new).public_key == ring.current.public_key == new
    assert not (tmp_path / "ballots.next.key").exists()
    assert ring.propose().public_key not in {old, new}


def test_a_proposed_key_outlives_the_node(tmp_path):
    new = KeyRing(tmp_path).propose().public_key
    again = KeyRing(tmp_path)
    assert again.settle(new).public_key == new
    assert KeyRing(tmp_path).current.public_key == new


def test_a_roster_that_names_a_strange_key_changes_nothing(tmp_path):
    ring = KeyRing(tmp_path)
    ring.propose()
    assert ring.settle(bytes(32)).public_key == ring.current.public_key
    assert (tmp_path / "ballots.next.key").exists()


def test_it_knows_its_keys_of_all_times(tmp_path):
    ring = KeyRing(tmp_path)
    old, new = ring.current.public_key, ring.propose().public_key
    assert ring.knows(old)
    assert ring.knows(new)
    ring.settle(new)
    again = KeyRing(tmp_path)
    assert again.knows(old)
    assert not again.knows(bytes(32))


def test_a_key_that_others_can_read_is_refused(tmp_path):
    KeyRing(tmp_path).propose()
    (tmp_path / "ballots.next.key").chmod(0o644)
    with pytest.raises(InvalidKeyError, match="others may read"):
        KeyRing(tmp_path)


def test_it_does_not_show_its_keys(tmp_path):
    ring = KeyRing(tmp_path)
    assert repr(ring) == f"KeyRing({ring.current.public_key.hex()})"
