"""Tables: every descriptor is in its bucket once, rows ascend, and little is kept of each."""

import numpy as np
import pytest

from eikona.matching.shortlist.coding import MOST_KEY_BITS, descriptors_of
from eikona.matching.shortlist.postings import build_postings, key_bits_for
from tests.unit.matching.shortlist.made_features import picture

PICTURES = [picture(seed, 20 + seed % 5) for seed in range(70)]


def listed(table):
    """Return all postings as (key, row, code, geometry), in order."""
    counts = np.diff(table.starts.astype(np.int64))
    keys = np.repeat(np.arange(len(counts)), counts)
    columns = (keys, table.rows, table.codes, table.geometry)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def expected(pictures, key_bits, descriptors=300):
    found = []
    for row, one in pictures:
        coded = descriptors_of([one], descriptors)
        keys = coded.keys >> np.uint32(MOST_KEY_BITS - key_bits)
        columns = (keys, np.full(len(keys), row), coded.codes, coded.geometry)
        found += zip(*(column.tolist() for column in columns), strict=True)
    return sorted(found, key=lambda posting: posting[:2])


@pytest.mark.parametrize("descriptors", [300, 10])
def test_every_descriptor_is_in_its_bucket(descriptors):
    table = build_postings(70, enumerate(PICTURES), descriptors=descriptors)
    assert table.key_bits == key_bits_for(len(table.codes))
    assert listed(table) == expected(enumerate(PICTURES), table.key_bits, descriptors)


def test_rows_may_be_left_out():
    pairs = [(3, PICTURES[0]), (5, picture(0, 0)), (9, PICTURES[1])]
    table = build_postings(12, iter(pairs))
    assert table.pictures == 12
    assert np.count_nonzero(table.sketches) == 2
    assert listed(table) == expected(pairs, table.key_bits)


def test_many_pictures_are_gathered_in_batches():
    pairs = [(row, PICTURES[row % 70]) for row in range(1100)]
    table = build_postings(1100, pairs)
    assert listed(table) == expected(pairs, table.key_bits)


def test_nothing_at_all():
    table = build_postings(0, [])
    assert (table.pictures, len(table.codes), table.starts.max()) == (0, 0, 0)


@pytest.mark.parametrize("postings", [10_000, 95_000, 3_000_000, 300_000_000, 1_500_000_000])
def test_nineteen_bytes_a_descriptor(postings):
    starts = 4 * ((1 << key_bits_for(postings)) + 1)
    assert 16 + (starts + 8 * postings / 100) / postings <= 19


def test_sections_add_up():
    table = build_postings(70, enumerate(PICTURES))
    count = sum(len(one) for one in PICTURES)
    assert table.nbytes == 16 * count + 4 * len(table.starts) + 8 * 70
