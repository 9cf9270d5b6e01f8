"""Tells whether a picture's likeness to a harmless one accounts for its likeness to another.

A harmless picture in the corner of a collage must not clear what stands beside it. So a match is
cleared only where the allowed entry, laid on the picture as it was found there, covers most of the
part that the match is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.rule import Rule
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.match import Match
from eikona.domain.verdict import Outcome

_GRID = 48  # places a side that the picture is looked at
_COVERED = 0.8  # share of the accused part that the allowed entry must cover

Part = NDArray[np.bool_]  # shape (_GRID, _GRID): row, column of the picture
_WHOLE: Part = np.ones((_GRID, _GRID), np.bool_)
_SEVERITY = (Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK)


@dataclass(frozen=True, slots=True)
class AllowedPart:
    """A copy of an allowed entry in a picture.

    Attributes:
        match: with the entry of the allow-list.
        part: where in the picture it is.
    """

    match: Match
    part: Part


def allowed_parts(
    query: Fingerprint, matches: Sequence[tuple[Match, Rule]], entries: int
) -> list[AllowedPart]:
    """Return where a picture is surely a copy of allowed entries.

    Args:
        query: of the picture.
        matches: with entries of allow-lists, and the rule that judged each.
        entries: how many all allow-lists have.
    """
    return [
        AllowedPart(match, part_of(query, match, rule, Outcome.BLOCK, entries))
        for match, rule in matches
        if match.verdict.outcome is Outcome.BLOCK
    ]


def part_of(query: Fingerprint, match: Match, rule: Rule, least: Outcome, entries: int) -> Part:
    """Return the part of a picture that a match is about.

    Args:
        query: of the picture.
        match: with an entry.
        rule: that judged it.
        least: the outcome that hashes, which see the whole picture, must bring by themselves for
            the match to be about the whole of it.
        entries: how many the rule was told of.
    """
    alignment = match.distances.alignment
    found = match.entry.fingerprint
    if alignment is None or not alignment.inliers or not found.width:
        return _WHOLE
    alone = rule.decide(replace(match.distances, alignment=None), entries=entries)
    if _SEVERITY.index(alone.outcome) >= _SEVERITY.index(least):
        return _WHOLE
    middles = (np.arange(_GRID) + 0.5) / _GRID
    (a, b, c), (d, e, f) = alignment.transform
    x, y = middles[None, :] * query.width, middles[:, None] * query.height
    across, down = a * x + b * y + c, d * x + e * y + f
    inside = (across >= 0) & (across <= found.width) & (down >= 0) & (down <= found.height)
    return np.asarray(inside, np.bool_)


def allowing(part: Part, allowed: Sequence[AllowedPart]) -> list[Match]:
    """Return the matches with allowed entries that account for a part of the picture.

    Args:
        part: what an entry of another bank was found in; where it is nowhere, the whole counts.
        allowed: what allow-lists brought.
    """
    about = part if part.any() else _WHOLE
    enough = _COVERED * np.count_nonzero(about)
    return [one.match for one in allowed if np.count_nonzero(about & one.part) >= enough]
