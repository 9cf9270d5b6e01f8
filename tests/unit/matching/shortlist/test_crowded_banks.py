"""Banks full of near-duplicates: they hide nothing, and their frames are told from copies."""

import numpy as np

from eikona.domain.local_features import LocalFeatures
from eikona.matching.shortlist.postings import build_postings
from eikona.matching.shortlist.searching import SearchedTable, Shortlist
from tests.unit.matching.shortlist.made_features import FEATURES, copy, picture

CROWD, OTHER, FRAME = picture(1), picture(2), picture(3, 20)
COPIES = 900  # more than are compared by geometry


def joined(first, second, count):
    """Return features of which the first ``count`` are of one picture, the others of another."""
    left = FEATURES - count
    return LocalFeatures(
        384,
        288,
        first.codes[: 16 * count] + second.codes[: 16 * left],
        first.geometry[: 8 * count] + second.geometry[: 8 * left],
        first.margins[: 128 * count] + second.margins[: 128 * left],
    )


def shortlist(query, pictures):
    table = build_postings(len(pictures), enumerate(pictures))
    return Shortlist().shortlist(query, [SearchedTable(table)])


def test_thousands_of_copies_do_not_drown_another_match():
    crowd = [copy(CROWD, seed, flips=0.02) for seed in range(COPIES)]
    pictures = [*crowd[:400], OTHER, *crowd[400:]]
    collage = joined(copy(CROWD, 1), copy(OTHER, 2), 60)  # the crowd shows three times as much
    places = shortlist(collage, pictures).places
    assert (0, 400) in places[:3]
    assert len({row for _, row in places} - {400}) == 19


def test_what_is_a_small_part_of_a_query_is_not_drowned_in_large_banks():
    tables = [build_postings(300_000, ((row, CROWD) for row in range(250))) for _ in range(4)]
    tables.append(build_postings(1, [(0, OTHER)]))
    searched = [SearchedTable(table) for table in tables]
    collage = joined(CROWD, copy(OTHER, 2), 70)  # a thousand have more votes than the other one
    places = Shortlist().shortlist(collage, searched).places
    assert (4, 0) in places[:10]


def test_copies_among_others_come_after_what_differs():
    pictures = [*(copy(CROWD, seed, flips=0.01) for seed in range(30)), OTHER]
    collage = joined(CROWD, OTHER, 60)
    found = shortlist(collage, pictures)
    assert (0, 30) in found.places[:3]
    assert found.scores[0] > found.scores[found.places.index((0, 30))]


def test_features_of_a_frame_are_shared_by_many():
    pictures = [joined(copy(FRAME, seed, flips=0.01), picture(seed + 10), 20) for seed in range(90)]
    query = joined(FRAME, copy(picture(15), 1), 20)
    found = shortlist(query, pictures)
    assert found.shared_by_many[:20].mean() > 0.9
    assert not found.shared_by_many[20:].any()
    assert found.places[0] == (0, 5)


def test_features_of_a_picture_with_many_copies_are_not():
    pictures = [copy(CROWD, seed, flips=0.01) for seed in range(90)]
    pictures += [picture(seed + 10) for seed in range(20)]
    assert not shortlist(copy(CROWD, 100), pictures).shared_by_many.any()


def test_a_small_bank_shares_nothing():
    pictures = [joined(FRAME, picture(seed + 10), 20) for seed in range(20)]
    assert not shortlist(joined(FRAME, OTHER, 20), pictures).shared_by_many.any()


def test_the_same_answer_every_time():
    pictures = [copy(CROWD, seed, flips=0.02) for seed in range(100)]
    first, second = (shortlist(CROWD, pictures) for _ in range(2))
    assert first.places == second.places
    np.testing.assert_array_equal(first.scores, second.scores)
