"""Shortlists: what is in a bank is found, wherever it lies and however full the bank is."""

import numpy as np
import pytest

from eikona.matching.shortlist.postings import build_postings
from eikona.matching.shortlist.searching import SearchedTable, Shortlist
from eikona.matching.shortlist.tail import PostingTail
from tests.unit.matching.shortlist.made_features import copy, picture, without_margins

PICTURES = [picture(seed) for seed in range(60)]
EMPTY = picture(0, 0)


def table_of(pictures, **options):
    return build_postings(len(pictures), enumerate(pictures), **options)


def tail_of(pictures):
    tail = PostingTail()
    for one in pictures:
        tail.add(one)
    return tail.table()


def places(query, *tables, most=20):
    searched = [one if isinstance(one, SearchedTable) else SearchedTable(one) for one in tables]
    return Shortlist().shortlist(query, searched, most=most).places


@pytest.mark.parametrize("kind", [table_of, tail_of])
def test_copies_come_first(kind):
    table = kind(PICTURES)
    for row, one in list(enumerate(PICTURES))[::10]:
        for query in (one, one.mirrored(), copy(one, row), without_margins(copy(one, row))):
            assert places(query, table)[0] == (0, row)


def test_several_tables():
    tables = [table_of(PICTURES[:30]), table_of([]), tail_of(PICTURES[30:])]
    assert places(copy(PICTURES[7]), *tables)[0] == (0, 7)
    assert places(copy(PICTURES[40]), *tables)[0] == (2, 10)


def test_rows_that_are_dead_are_left_out():
    for kind in (table_of, tail_of):
        dead = np.zeros(60, np.bool_)
        dead[9] = True
        table = SearchedTable(kind(PICTURES), dead)
        assert (0, 9) not in places(copy(PICTURES[9]), table)
        assert places(copy(PICTURES[10]), table)[0] == (0, 10)


def test_nothing_to_find():
    assert places(EMPTY, table_of(PICTURES)) == ()
    assert places(PICTURES[0]) == ()
    assert places(PICTURES[0], table_of([]), tail_of([])) == ()
    assert places(PICTURES[0], table_of([EMPTY, EMPTY]), tail_of([EMPTY])) == ()
