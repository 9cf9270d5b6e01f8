"""What an allow-list makes of verdicts: a sure copy of one of its entries is cleared.

It wins whatever the distances are. Whoever puts a picture there knows it, and knows that others
look like it; that a banned one is nearer still is said in the reason, not held against it.
"""

from collections.abc import Sequence
from dataclasses import replace

from eikona.domain.match import Allowance, Match
from eikona.domain.verdict import Outcome


def allowance(matches: Sequence[Match]) -> Allowance | None:
    """Return the entry that allows a picture; None where nothing does.

    Args:
        matches: of the picture with entries of allow-lists, the nearest first. Those that a person
            would have to look at allow nothing.
    """
    for match in matches:
        if match.verdict.outcome is Outcome.BLOCK:
            return Allowance(bank=match.bank, entry=match.entry.name, distance=match.distance)
    return None


def cleared(match: Match, by: Allowance) -> Match:
    """Return a match with an entry of another bank, as the allow-list leaves it."""
    verdict = match.verdict
    reason = (
        f"allowed as a copy of {by.entry!r} in the allow-list {by.bank}, {by.distance:.4g} away;"
        f" otherwise {verdict.outcome}: {verdict.reason}"
    )
    return replace(
        match,
        verdict=replace(verdict, outcome=Outcome.CLEAR, match=False, reason=reason),
        allowed_by=by,
    )
