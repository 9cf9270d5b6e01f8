"""The imagehash-compatible hashes against imagehash itself."""

import csv
import json
from functools import partial
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from eikona.domain.errors import UnknownAlgorithmError, UsageError
from eikona.hashing import compat
from eikona.hashing.compat import NAMES, defined_at, imagehash_hashes
from tests.unit.hashing.pictures import PICTURES, fourfold, noise

_ROOT = Path(__file__).parents[3]
# Made by imagehash 4.3.2 on Pillow 12.3.0, see vectors/make_imagehash.py.
_GOLDEN = json.loads((_ROOT / "vectors/imagehash.json").read_text("utf-8"))["hashes"]


def _rows():
    """Return what imagehash makes of pictures: golden ones, and its own where they are at hand."""
    cases = []
    for name in PICTURES:
        for size in sorted({row[1] for row in _GOLDEN if row[0] == name}):
            expected = {row[2]: row[3] for row in _GOLDEN if row[:2] == [name, size]}
            cases.append(pytest.param(PICTURES[name], size, expected, id=f"{name}-{size}"))
    table = _ROOT.parent / "shared/data/oracles/imagehash/expected.csv"
    if table.exists():  # published in imagehash's own tests
        rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
        for file, size in sorted({(row["file"], int(row["hash_size"])) for row in rows}):
            expected = {
                row["algorithm"]: row["hash"]
                for row in rows
                if (row["file"], int(row["hash_size"])) == (file, size)
            }
            draw = partial(_grey, table.with_name(file))
            cases.append(pytest.param(draw, size, expected, id=f"{file}-{size}"))
    return cases


def _grey(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


@pytest.mark.parametrize(("draw", "size", "expected"), _rows())
def test_equals_imagehash(draw, size, expected):
    assert imagehash_hashes(draw(), size, names=defined_at(size)) == expected


@pytest.mark.parametrize("rows", [16, 32])
def test_whash_does_not_depend_on_the_tiles(monkeypatch, rows):
    monkeypatch.setattr(compat, "_TILE_ROWS", rows)
    monkeypatch.setattr(compat, "_TILE_PIXELS", 1)
    for name, size, algorithm, expected in _GOLDEN:
        if algorithm == "whash" and name in {"coins-150x90", "waves-700x500", "fourfold-64x64"}:
            found = imagehash_hashes(PICTURES[name](), size, names=["whash"])
            assert found == {"whash": expected}, (name, size)


# On a picture that already has the side that a hash works on, imagehash resamples nothing, so that
# whichever Pillow is installed the rest of the hash can be checked.
_SQUARES = (
    ("average_hash", lambda size: (size, size)),
    ("dhash", lambda size: (size + 1, size)),
    ("phash", lambda size: (4 * size, 4 * size)),
)


@pytest.mark.parametrize(("name", "side"), _SQUARES)
@settings(deadline=None)
@given(size=st.integers(2, 40), seed=st.integers(0, 2**32 - 1))
def test_agrees_with_imagehash_past_the_resampling(name, side, size, seed):
    grey = noise(*side(size), seed)
    expected = str(getattr(imagehash, name)(Image.fromarray(grey), size))
    assert imagehash_hashes(grey, size, names=[name]) == {name: expected}


@settings(deadline=None)
@given(
    side=st.sampled_from([2, 4, 16, 64, 128]),
    size=st.sampled_from([2, 4, 8, 16, 32]),
    seed=st.integers(0, 2**32 - 1),
    draw=st.sampled_from([noise, fourfold]),
    levels=st.sampled_from([1, 16, 128]),  # few levels make many ties
)
def test_whash_agrees_with_imagehash_past_the_resampling(side, size, seed, draw, levels):
    grey = draw(max(side, size), max(side, size), seed) // levels * levels
    expected = str(imagehash.whash(Image.fromarray(grey.astype(np.uint8)), size))
    assert imagehash_hashes(grey.astype(np.uint8), size, names=["whash"]) == {"whash": expected}


def test_gives_the_four_in_order():
    hashes = imagehash_hashes(noise(20, 20, 1))
    assert list(hashes) == ["average_hash", "dhash", "phash", "whash"]
    assert {len(code) for code in hashes.values()} == {16}


@pytest.mark.parametrize(("size", "digits"), [(2, 1), (3, 3), (5, 7), (7, 13), (9, 21), (16, 64)])
def test_digits_are_bits_over_four_rounded_up(size, digits):
    names = [name for name in NAMES if name != "whash"]
    hashes = imagehash_hashes(noise(50, 40, 2), size, names=names)
    assert {len(code) for code in hashes.values()} == {digits}


@pytest.mark.parametrize("size", [1, 0, -8])
def test_rejects_sizes_below_two(size):
    for name in NAMES:
        with pytest.raises(UsageError, match="2 or more"):
            imagehash_hashes(noise(20, 20, 3), size, names=[name])
    with pytest.raises(UsageError, match="2 or more"):
        defined_at(size)


@pytest.mark.parametrize(("size", "remedy"), [(3, "2 or 4"), (12, "8 or 16")])
def test_whash_rejects_what_is_no_power_of_two(size, remedy):
    with pytest.raises(UsageError, match=f"take {remedy}, or leave whash out"):
        imagehash_hashes(noise(20, 20, 4), size)


def test_rejects_unknown_names():
    with pytest.raises(UnknownAlgorithmError, match="average_hash, dhash, phash, whash"):
        imagehash_hashes(noise(20, 20, 5), names=["colorhash"])


@pytest.mark.parametrize("name", NAMES)
def test_rejects_a_plane_without_pixels(name):
    with pytest.raises(UsageError, match="at least one pixel"):
        imagehash_hashes(np.zeros((0, 4), np.uint8), names=[name])
