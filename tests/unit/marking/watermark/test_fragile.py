"""Fragile marks: what breaks them, and where they say so."""

import numpy as np
import pytest

from eikona.marking.watermark.fragile import BLOCK_SIDE, check_fragile, embed_fragile
from tests.unit.marking.watermark.pictures import KEY, textured


@pytest.mark.parametrize("channels", [0, 2, 3, 4])
def test_an_untouched_picture_is_intact(channels):
    pixels = textured(70, 100)
    if channels in {0, 2}:
        pixels = pixels[..., 1]
    if channels in {2, 4}:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 200, np.uint8)])
    found = embed_fragile(pixels, KEY)

    assert np.abs(found.astype(int) - pixels).max() <= 1
    told = check_fragile(found, KEY)
    assert told.intact
    assert told.marked
    assert told.altered.shape == (3, 4)


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("change", [1, 2, 128])
def test_names_the_block_of_one_changed_level(channel, change):
    found = embed_fragile(textured(), KEY)
    found[100, 200, channel] ^= change
    altered = check_fragile(found, KEY).altered

    assert np.argwhere(altered).tolist() == [[100 // BLOCK_SIDE, 200 // BLOCK_SIDE]]


def test_tells_blocks_that_changed_places():
    found = embed_fragile(textured(), KEY)
    first, second = found[:32, 128:160].copy(), found[64:96, 128:160].copy()
    found[:32, 128:160], found[64:96, 128:160] = second, first

    assert np.argwhere(check_fragile(found, KEY).altered).tolist() == [[0, 4], [2, 4]]


def test_no_mark_is_said_to_be_none():
    told = check_fragile(textured(), KEY)
    assert told.altered.all()
    assert not told.marked


def test_another_key_finds_no_mark():
    assert not check_fragile(embed_fragile(textured(), KEY), b"other").marked


def test_a_cut_breaks_all_of_it():
    assert not check_fragile(embed_fragile(textured(), KEY)[1:], KEY).marked
