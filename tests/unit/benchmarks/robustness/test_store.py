"""Records on disk: appended, torn, of other versions; and what a run finds still to do."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from benchmarks.robustness import hashing
from benchmarks.robustness.hashers.hasher import Hasher, whole_words
from benchmarks.robustness.hashing import hash_photos
from benchmarks.robustness.photos import NoPhotosError, find_photos
from benchmarks.robustness.store import NotHashedError, Store
from eikona.imaging.alterations.catalogue import ATTACKS

_ATTACKS = [ATTACKS["mirror"], ATTACKS["jpeg-30"]]


def _drawn(folder, count):
    folder.mkdir()
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return folder


class _Counting:
    """A hasher of the files' lengths that counts its calls and can break."""

    def __init__(self):
        self.calls = 0
        self.breaks_at = None
        fields = {"length": ("i8", ())}
        self.hasher = Hasher("counting", {"counting": "1"}, fields, self._compute)

    def _compute(self, data):
        self.calls += 1
        if self.calls == self.breaks_at:
            raise KeyboardInterrupt
        return None if len(data) % 5 == 0 else {"length": len(data)}


@pytest.fixture
def counting(monkeypatch):
    made = _Counting()
    monkeypatch.setattr(hashing, "hasher_named", lambda name: made.hasher)
    return made


@pytest.fixture
def photos(tmp_path):
    return find_photos(_drawn(tmp_path / "photos", 5))


def _hash(photos, store, attacks=_ATTACKS):
    said = []
    hash_photos(
        photos, attacks, ["counting"], store, jobs=1, report=lambda *done: said.append(done)
    )
    return said


def test_every_photograph_is_hashed_once_as_it_is_and_in_every_way(counting, photos, tmp_path):
    store = Store(tmp_path / "work")
    assert _hash(photos, store) == [(n, 5) for n in range(1, 6)]
    assert counting.calls == 15
    assert _hash(photos, store) == []
    assert counting.calls == 15


def test_an_interrupted_run_goes_on_where_it_was(counting, photos, tmp_path):
    store = Store(tmp_path / "work")
    counting.breaks_at = 8  # within the third photograph
    with pytest.raises(KeyboardInterrupt):
        _hash(photos, store)
    assert _hash(photos, store) == [(1, 3), (2, 3), (3, 3)]
    assert counting.calls == 8 + 9


def test_only_what_is_new_is_hashed(counting, photos, tmp_path):
    store = Store(tmp_path / "work")
    _hash(photos[:3], store, _ATTACKS[:1])
    assert counting.calls == 6
    _hash(photos, store)
    assert counting.calls == 15


def test_codes_come_in_the_order_of_the_photographs(counting, photos, tmp_path):
    store = Store(tmp_path / "work")
    _hash(photos[::-1], store)
    codes = store.codes(counting.hasher, None, photos)
    lengths = [len(photo.path.read_bytes()) for photo in photos]
    assert codes["length"].tolist() == [n if n % 5 else 0 for n in lengths]
    assert codes["hashed"].tolist() == [n % 5 != 0 for n in lengths]
    copies = store.codes(counting.hasher, ATTACKS["mirror"], photos)
    assert [bytes(photo) for photo in copies["photo"]] == [photo.digest for photo in photos]


def test_a_torn_record_is_hashed_again(counting, photos, tmp_path):
    store = Store(tmp_path / "work")
    _hash(photos, store)
    (path,) = (tmp_path / "work").glob("*/original.codes")
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert len(store.photos(counting.hasher, None)) == 4
    assert _hash(photos, store) == [(1, 1)]
    assert path.read_bytes() == whole


def test_other_versions_and_strengths_are_kept_apart(counting, photos, tmp_path):
    store = Store(tmp_path / "work")
    _hash(photos, store)
    newer = dataclasses.replace(counting.hasher, versions={"counting": "2"})
    assert store.photos(newer, None) == set()
    assert store.photos(counting.hasher, ATTACKS["jpeg-30"].at(20)) == set()
    with pytest.raises(NotHashedError):
        store.codes(newer, None, photos)


def test_a_sample_is_spread_over_the_folder_and_halves_are_settled_by_content(tmp_path):
    folder = _drawn(tmp_path / "photos", 9)
    (folder / "the-same.jpg").write_bytes((folder / "0.jpg").read_bytes())
    photos = find_photos(folder)
    assert [photo.path.name for photo in photos] == [f"{number}.jpg" for number in range(9)]
    sample = find_photos(folder, 3)
    assert [photo.path for photo in sample] == [photos[n].path for n in (1, 4, 7)]
    halves = {photo.digest: photo.is_even for photo in photos}
    assert all(photo.is_even == halves[photo.digest] for photo in sample)
    assert len(set(halves.values())) == 2


def test_a_folder_without_pictures_is_told_what_to_pass(tmp_path):
    with pytest.raises(NoPhotosError, match="--photos FOLDER"):
        find_photos(tmp_path)


def test_bits_become_whole_words():
    assert whole_words(np.ones((3, 3))).tolist() == [255, 128, 0, 0, 0, 0, 0, 0]
    assert whole_words(np.zeros(65)).size == 16
