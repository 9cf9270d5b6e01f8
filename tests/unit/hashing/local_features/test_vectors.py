"""Local features against OpenCV's, and against what version 1 of them was when banks began."""

import json
from pathlib import Path

import numpy as np
import pytest

from eikona.domain.local_features import LOCAL_FEATURES, LocalFeatures
from eikona.hashing.local_features.extraction import local_features
from tests.unit.hashing.local_features.scenes import bits, numbers, stones

VECTORS = Path(__file__).parents[4] / "vectors" / "local_features.json"


@pytest.fixture(scope="module")
def vectors():
    return json.loads(VECTORS.read_text(encoding="utf-8"))


def test_most_of_what_opencv_finds_is_found_and_looks_alike(vectors):
    rows = vectors["opencv"]
    theirs = np.array([row[:4] for row in rows])
    codes = np.array([list(bytes.fromhex(row[4])) for row in rows], np.uint8)
    found = local_features(stones())
    ours = numbers(found)
    apart = np.hypot(*(theirs[:, None, :2] - ours[None, :, :2]).transpose(2, 0, 1))
    near = apart < 0.5 * theirs[:, 2, None]
    near &= np.abs(np.log2(theirs[:, 2, None] / ours[:, 2])) < 0.25
    near &= np.abs((theirs[:, 3, None] - ours[:, 3] + 0.5) % 1 - 0.5) < 0.03
    one, other = np.nonzero(near)
    # OpenCV lists a place once for each of its directions.
    places = {tuple(row[:2]) for row in rows}
    assert len({tuple(rows[number][:2]) for number in one}) > 0.75 * len(places)
    differing = (np.unpackbits(codes, axis=1)[one] != bits(found)[other]).sum(axis=1)
    assert differing.mean() < 13


def test_version_1_stays_what_it_was(vectors):
    assert LOCAL_FEATURES.version == 1
    stored = vectors["conformance"]
    expected = LocalFeatures(
        384, 256, bytes.fromhex(stored["codes"]), bytes.fromhex(stored["geometry"])
    )
    found = local_features(stones())
    # The last bit of a cosine is the processor's own, and may move a number to its neighbour.
    assert len(found) == len(expected)
    assert (bits(found) != bits(expected)).sum() <= 3
    geometry = [np.frombuffer(one.geometry, "<u2").astype(int) for one in (found, expected)]
    assert np.isin((geometry[0] - geometry[1]) % 65536, (0, 1, 65535)).all()
