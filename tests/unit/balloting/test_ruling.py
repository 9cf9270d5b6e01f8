"""The rule of the majority against every way in which ballots can come."""

import itertools

import pytest

from eikona.balloting.ruling import needed, ruling
from eikona.domain.verdict import Outcome

CLEAR, REVIEW, BLOCK = Outcome


def final(outcomes):
    """The rule in words: more than half for a match, and block where more than half block."""
    alive = len(outcomes)
    if outcomes.count(BLOCK) + outcomes.count(REVIEW) < alive // 2 + 1:
        return CLEAR
    return BLOCK if outcomes.count(BLOCK) >= alive // 2 + 1 else REVIEW


@pytest.mark.parametrize("alive", [1, 2, 3, 4, 5, 6])
def test_a_ruling_falls_as_soon_as_no_ballot_could_change_it_and_no_sooner(alive):
    for cast in range(alive + 1):
        for outcomes in itertools.product(Outcome, repeat=cast):
            rest = itertools.product(Outcome, repeat=alive - cast)
            ends = {final([*outcomes, *more]) for more in rest}
            assert ruling(outcomes, alive) == (ends.pop() if len(ends) == 1 else None)


@pytest.mark.parametrize(
    ("outcomes", "alive", "expected"),
    [
        ([BLOCK] * 3, 4, BLOCK),
        ([BLOCK] * 2, 4, None),
        ([BLOCK, BLOCK, CLEAR, CLEAR], 4, CLEAR),  # a tie is no majority
        ([CLEAR] * 2, 4, CLEAR),
        ([BLOCK, BLOCK, REVIEW, CLEAR], 4, REVIEW),
        ([BLOCK, BLOCK, REVIEW], 4, None),  # the fourth could make it block
        ([REVIEW] * 3, 4, REVIEW),
        ([BLOCK] * 2, 3, BLOCK),
        ([BLOCK], 1, BLOCK),
        ([], 1, None),
    ],
)
def test_examples(outcomes, alive, expected):
    assert ruling(outcomes, alive) == expected


def test_needed_is_more_than_half():
    assert [needed(alive) for alive in range(1, 8)] == [1, 2, 2, 3, 3, 4, 4]
