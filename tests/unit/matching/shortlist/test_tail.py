"""Tails: what is put in is found at once, and what was handed out does not change."""

import numpy as np

from eikona.matching.shortlist.coding import Query
from eikona.matching.shortlist.postings import build_postings
from eikona.matching.shortlist.probing import SearchedTable, find_hits_plain
from eikona.matching.shortlist.searching import Shortlist
from eikona.matching.shortlist.tail import PostingTail
from tests.unit.matching.shortlist.made_features import copy, picture

PICTURES = [picture(seed) for seed in range(120)]  # 9,600 descriptors: arrays double


def hits_of(query, table, probes=4000):
    found = find_hits_plain(Query.of(query), SearchedTable(table), probes)
    columns = (found.descriptors, found.rows, found.distances)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_an_entry_is_found_as_soon_as_it_is_in():
    tail = PostingTail()
    for row, one in enumerate(PICTURES):
        assert tail.add(one) == row
        if row % 17 == 0:
            found = Shortlist().shortlist(copy(one, row), [SearchedTable(tail.table())])
            assert found.places[0] == (0, row)
    assert len(tail) == 120


def test_a_table_that_was_handed_out_stays_as_it_was():
    tail = PostingTail()
    for one in PICTURES[:40]:
        tail.add(one)
    table = tail.table()
    before = hits_of(PICTURES[3], table)
    for one in (*PICTURES[40:], PICTURES[3]):
        tail.add(one)
    assert table.pictures == 40
    assert hits_of(PICTURES[3], table) == before
    twice = {row for _, row, distance in hits_of(PICTURES[3], tail.table()) if distance == 0}
    assert {3, 120} <= twice


def test_it_has_what_a_sealed_table_has():
    tail = PostingTail(descriptors=50)
    for number, one in enumerate(PICTURES):
        tail.add(None if number % 3 == 1 else one)
    kept = [(number, one) for number, one in enumerate(PICTURES) if number % 3 != 1]
    sealed = build_postings(120, kept, descriptors=50)
    table = tail.table()
    np.testing.assert_array_equal(table.sketches, sealed.sketches)
    for row in (0, 2, 60):
        exact = [hit for hit in hits_of(PICTURES[row], table) if hit[2] == 0]
        assert exact == [hit for hit in hits_of(PICTURES[row], sealed) if hit[2] == 0]
        assert len(exact) >= 50


def test_an_empty_tail():
    assert PostingTail().table().pictures == 0
    assert hits_of(PICTURES[0], PostingTail().table()) == []
