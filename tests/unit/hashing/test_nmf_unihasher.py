"""Unihasher's NMF hash against what that project's own code gives."""

import json
from pathlib import Path

import numpy as np
import pytest

from eikona.hashing.nmf_unihasher import nmf_unihasher
from eikona.matching.distances import correlation
from tests.unit.hashing.pictures import PICTURES

REFERENCE = json.loads(Path("vectors/unihasher.json").read_text())


@pytest.mark.parametrize("name", REFERENCE)
def test_is_one_level_from_the_original_at_most(name):
    """OpenCV rounds its resize and blur in fixed point, which moves few values by one level."""
    ours, theirs = nmf_unihasher(PICTURES[name]()), bytes.fromhex(REFERENCE[name])
    steps = np.frombuffer(ours, np.uint8).astype(int) - np.frombuffer(theirs, np.uint8)
    assert np.abs(steps).max() <= 1
    assert correlation(ours, theirs) > 0.999


def test_pictures_are_told_apart():
    one, other = (nmf_unihasher(PICTURES[name]()) for name in ("disc-120x80", "waves-500x375"))
    assert correlation(one, other) < 0.9


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 400), (600, 5)])
def test_any_size_has_a_hash(shape):
    luma = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    assert len(nmf_unihasher(luma)) == 64
