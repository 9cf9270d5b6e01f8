"""Kernels of the shortlist against NumPy: every number is equal."""

import dataclasses

import numpy as np

from eikona.matching.shortlist import probing, voting
from eikona.matching.shortlist.agreeing import agree, agree_plain
from eikona.matching.shortlist.coding import Query
from eikona.matching.shortlist.postings import build_postings
from eikona.matching.shortlist.probing import SearchedTable, find_hits, find_hits_plain
from eikona.matching.shortlist.searching import Shortlist
from eikona.matching.shortlist.tail import PostingTail
from eikona.matching.shortlist.voting import Ballots, elect, elect_plain
from eikona.native import probing_kernel, voting_kernel
from tests.unit.matching.shortlist.made_features import copy, picture, without_margins

PICTURES = [picture(seed, 60) for seed in range(30)]
COPIES = [copy(PICTURES[seed % 6], seed, flips=0.02) for seed in range(120)]
NONE = picture(0, 0)


def tables(pictures):
    tail = PostingTail()
    for one in pictures:
        tail.add(one)
    dead = np.arange(len(pictures)) % 7 == 3
    sealed = build_postings(len(pictures), enumerate(pictures))
    return [
        SearchedTable(sealed),
        SearchedTable(sealed, dead),
        SearchedTable(tail.table()),
        SearchedTable(tail.table(), dead),
    ]


QUERIES = [
    PICTURES[3],
    copy(PICTURES[5], 1, flips=0.08),
    without_margins(copy(PICTURES[7], 2)),
    copy(PICTURES[4], 3, part=0.5, other=PICTURES[20]),
    picture(99, 1),
]


def equal(found, expected):
    for field in dataclasses.fields(expected):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(expected, field.name))


def test_hits(with_kernels):
    for table in tables(PICTURES + COPIES):
        for query in QUERIES:
            asked = Query.of(query)
            expected = find_hits_plain(asked, table, 500)
            with with_kernels():
                equal(find_hits(asked, table, 500), expected)


def test_hits_in_buckets_that_are_not_looked_through(with_kernels):
    few = picture(3, 6)
    copies = probing.ALLOWANCE * 3 // 2
    sealed, _, tail, _ = tables([few] * copies)
    asked = Query.of(few)
    for table in (sealed, tail):
        expected = find_hits_plain(asked, table, 100)
        with with_kernels():
            equal(find_hits(asked, table, 100), expected)
        assert (np.bincount(expected.descriptors)[:6] == probing.MOST_HITS).all()
    in_all = find_hits_plain(asked, sealed, 100).counts[:6, -1]
    assert (in_all == copies).all()  # as if all had been looked at


def test_elections(with_kernels):
    random = np.random.default_rng(4)
    for count, pictures, most in ((1, 5, 4), (50, 3, 9), (4000, 700, 40), (4000, 90, 400)):
        for heaviest in (2, 300, 4000):  # many ties; and votes beyond one step of the search
            ballots = Ballots(
                random.integers(0, 40, count),
                random.integers(0, heaviest, count),
                random.integers(0, pictures, count),
            )
            expected = elect_plain(ballots, 20, most)
            with with_kernels():
                found = elect(ballots, 20, most)
            equal(found, expected)
    nothing = Ballots(*(np.zeros(3, np.int64) for _ in range(3)))
    with with_kernels():
        assert len(elect(nothing, 20, 5).keys) == len(elect_plain(nothing, 20, 5).keys) == 0


def test_agreement(with_kernels):
    random = np.random.default_rng(6)
    sizes = [1, 2, 40, 90, 3]
    count = sum(sizes)
    pairs = random.uniform(0, 300, (7, count)).astype(np.float32)
    pairs[4] = random.uniform(0.5, 2, count)
    angles = random.uniform(0, 7, count)
    pairs[5], pairs[6] = np.cos(angles), np.sin(angles)
    shifted = random.random(count) < 0.6  # most agree on a shift, some of them at one place
    pairs[2:4, shifted] = np.floor(pairs[:2, shifted] / 9) * 9 + 20
    pairs[:2, shifted] = pairs[2:4, shifted] - 20
    pairs[4:6, shifted], pairs[6, shifted] = 1, 0
    weights = random.integers(1, 300, count)
    expected = agree_plain(pairs, weights, np.cumsum(sizes))
    with with_kernels():
        found = agree(pairs, weights, np.cumsum(sizes))
    np.testing.assert_array_equal(found, expected)
    assert 40 < np.count_nonzero(expected) < np.count_nonzero(shifted) + 20


def test_shortlists(with_kernels):
    several = tables(PICTURES + COPIES)[1:3]
    for query in QUERIES:
        expected = Shortlist().shortlist(query, several)
        with with_kernels():
            found = Shortlist().shortlist(query, several)
        assert found.places == expected.places
        np.testing.assert_array_equal(found.scores, expected.scores)
        np.testing.assert_array_equal(found.shared_by_many, expected.shared_by_many)


def test_damaged_tables(with_kernels):
    sealed = build_postings(len(PICTURES), enumerate(PICTURES))
    random = np.random.default_rng(8)
    for _ in range(5):
        damaged = dataclasses.replace(
            sealed,
            starts=random.integers(0, 1 << 32, len(sealed.starts), np.uint32),
            rows=random.integers(0, 1 << 32, len(sealed.rows), np.uint32),
        )
        asked = Query.of(PICTURES[3])
        with with_kernels():
            found = find_hits(asked, SearchedTable(damaged), 2000)
        expected = find_hits_plain(asked, SearchedTable(damaged), 2000)
        np.testing.assert_array_equal(found.rows, expected.rows)
        np.testing.assert_array_equal(found.counts, expected.counts)


def test_numbers_agree():
    for name in ("LEVELS", "ALLOWANCE", "MOST_HITS"):
        assert getattr(probing, name) == getattr(probing_kernel, name)
    assert probing._BLOCK == probing_kernel.BLOCK
    assert (voting._SLOT, voting._HIGH_BITS) == (voting_kernel._SLOT, voting_kernel._HIGH_BITS)
