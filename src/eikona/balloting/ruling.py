"""How ballots become a ruling.

A ballot for block or review is one for a match. With ⌊alive/2⌋+1 for a match the ruling is one:
block where as many are for block, otherwise review. Half of an even electorate is no majority: a
tie is clear. A ruling falls as soon as no ballot that is still out could change it, so it never
hangs on the order in which ballots come.
"""

from collections.abc import Collection

from eikona.domain.verdict import Outcome

MAJORITY = "majority@1"  # the name and version of this rule, which every case carries


def needed(alive: int) -> int:
    """Return how many of ``alive`` nodes are more than half of them."""
    return alive // 2 + 1


def ruling(outcomes: Collection[Outcome], alive: int) -> Outcome | None:
    """Return the ruling on a case, or None where ballots that are out decide it.

    Args:
        outcomes: one of each ballot cast.
        alive: nodes of the electorate that have cast a ballot or are not lost.
    """
    block = sum(outcome is Outcome.BLOCK for outcome in outcomes)
    match = block + sum(outcome is Outcome.REVIEW for outcome in outcomes)
    out = alive - len(outcomes)
    majority = needed(alive)
    if block >= majority:
        return Outcome.BLOCK
    if match + out < majority:
        return Outcome.CLEAR
    if match >= majority and block + out < majority:
        return Outcome.REVIEW
    return None
