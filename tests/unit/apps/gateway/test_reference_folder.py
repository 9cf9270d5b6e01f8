"""The list of reference pictures follows its folder, and outlives a folder that is gone."""

import os
import threading

import pytest

from eikona.adapters.keys.ed25519 import new_key
from eikona.apps.gateway import reference_folder
from eikona.apps.gateway.reference_folder import ReferenceFolder
from tests.integration import bad_input
from tests.integration.running_quorum import wait_for


@pytest.fixture
def works(tmp_path):
    folder = tmp_path / "works"
    folder.mkdir()
    for seed in range(2):
        bad_input.save_picture(folder / f"{seed}.png", seed=seed)
    return folder


@pytest.fixture
def watched(works, tmp_path, monkeypatch):
    monkeypatch.setattr(reference_folder, "_LOOK_EVERY_S", 0.02)
    made = ReferenceFolder(works, tmp_path / "reference.json", new_key())
    stopping = threading.Event()
    thread = threading.Thread(target=made.watch, args=(stopping,))
    thread.start()
    yield made
    stopping.set()
    thread.join()


def test_a_change_makes_a_new_list(watched, works):
    assert (watched.version, len(watched), watched.trouble) == (1, 2, "")
    (works / "0.png").unlink()
    wait_for(lambda: (watched.version, len(watched)) == (2, 1))
    assert watched.trouble == ""


def test_a_folder_that_vanishes_leaves_the_list_as_it_is(watched, works):
    elsewhere = works.with_name("elsewhere")
    works.rename(elsewhere)
    wait_for(lambda: f"{works} is gone; the list of 2 pictures stays in force" in watched.trouble)
    works.mkdir()  # as a mount point without its disk
    wait_for(lambda: "holds no pictures any more" in watched.trouble)
    assert (watched.version, len(watched)) == (1, 2)
    works.rmdir()
    elsewhere.rename(works)
    wait_for(lambda: watched.trouble == "")
    assert (watched.version, len(watched)) == (1, 2)


def test_an_empty_folder_is_told(tmp_path):
    (tmp_path / "works").mkdir()
    made = ReferenceFolder(tmp_path / "works", tmp_path / "reference.json", new_key())
    assert "holds no pictures: whatever is asked about is clear" in made.trouble


def test_a_file_that_cannot_be_read_is_named(works, tmp_path):
    (works / os.fsdecode(b"gone-\xff.png")).symlink_to(tmp_path / "nowhere.png")
    made = ReferenceFolder(works, tmp_path / "reference.json", new_key())
    assert len(made) == 2
    assert made.trouble.endswith("gone-\\udcff.png")
