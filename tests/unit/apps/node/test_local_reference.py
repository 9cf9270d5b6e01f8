import threading

import pytest

from eikona.adapters.keys.ed25519 import new_key
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.replica import Replica
from eikona.apps.node import local_reference
from eikona.apps.node.local_reference import OwnReference, pictures_in
from eikona.balloting.statements import key_id
from eikona.services.fingerprint_source import fingerprint
from eikona.services.reference import Reference, reference_bytes, sign_reference
from tests.integration import bad_input

KEY = new_key()


class World:
    """A node with a folder of its own, and a gateway that has lists of other pictures."""

    def __init__(self, path):
        self.folder = path / "own"
        self.folder.mkdir()
        self.save(0)
        self.replica = Replica(path / "bank", rule="threshold:pdq=31")
        self.told = [(BrokenChannelError("away"), b"")]
        self.stopping = threading.Event()

    def save(self, seed):
        bad_input.picture(seed).save(self.folder / f"work-{seed}.png")

    def list_of(self, version, key=KEY):
        reference = Reference(key_id(KEY.public_key), version, ())
        return reference_bytes(sign_reference(reference, key))

    def ask(self, **_):
        if not self.told:
            self.stopping.set()
            return {}, b""
        error, content = self.told.pop(0)
        if error:
            raise error
        return {}, content

    def keep(self, folder):
        OwnReference(
            folder, administrator=KEY.public_key, replica=self.replica, line=self,
            hash_picture=fingerprint,
        ).keep(self.stopping)  # fmt: skip


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(local_reference, "_LOOK_S", 0.001)
    made = World(tmp_path)
    yield made
    made.replica.close()


def test_a_folder_is_hashed_at_the_start_although_the_gateway_is_away(world):
    world.keep(world.folder)
    assert (world.replica.version, len(world.replica)) == (1, 1)


def test_a_new_version_of_the_gateways_list_has_the_folder_looked_at_anew(world):
    world.told.append((None, world.list_of(3)))
    hashed = world.ask

    def ask(**asked):
        if len(world.told) == 1:
            world.save(1)
        return hashed(**asked)

    world.ask = ask
    world.keep(world.folder)
    assert (world.replica.version, len(world.replica)) == (3, 2)


def test_only_the_administrators_versions_count(world):
    world.told.append((None, world.list_of(3, new_key())))
    world.keep(world.folder)
    assert world.replica.version == 1


def test_a_bank_of_others_has_the_version_that_cases_ask_for(world):
    world.told.append((None, world.list_of(2)))
    world.keep(None)
    assert (world.replica.version, len(world.replica)) == (2, 0)


def test_equal_pictures_are_one(world):
    (world.folder / "again.png").write_bytes((world.folder / "work-0.png").read_bytes())
    (world.folder / "text.txt").write_text("no picture")
    names = sorted(one.name for one, _ in pictures_in(world.folder).values())
    assert names[0] == "again.png"
    assert "work-0.png" not in names
