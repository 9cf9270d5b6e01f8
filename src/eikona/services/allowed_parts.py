"""Tells whether a picture's likeness to a harmless one accounts for its likeness to another.

A harmless picture in the corner of a collage must not clear what stands beside it, nor may one that
a banned picture was pasted onto. So a match by places is cleared only where the allowed picture has
places of its own where the accused one was found; a match by hashes, which see the whole picture,
only where the allowed one is the whole picture too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.rule import Rule
from eikona.domain.alignment import Alignment
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.match import Match
from eikona.domain.verdict import Outcome

_GRID = 48  # points a side that tell how much of a picture an entry covers
_WHOLE = 0.8  # share of a picture that a whole copy covers at least: borders may be around it
_ALIKE = 2 / 3  # places of the allowed entry for each of the accused one, where that one was found

_SEVERITY = (Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK)
Judged = tuple[Match, Rule]  # the rule is the one that judged it


@dataclass(frozen=True, slots=True)
class Allowed:
    """A copy of an allowed entry in a picture.

    Attributes:
        match: with the entry of the allow-list.
        is_whole: whether the whole picture is a copy of it, and not only a part.
    """

    match: Match
    is_whole: bool


def all_allowed(query: Fingerprint, matches: Sequence[Judged], entries: int) -> list[Allowed]:
    """Return which allowed entries a picture surely is a copy of, or holds one of.

    Args:
        query: of the picture.
        matches: with entries of allow-lists.
        entries: how many all allow-lists have.
    """
    return [
        Allowed(
            match,
            _by_hashes(match, rule, entries) is Outcome.BLOCK or _covered(query, match) >= _WHOLE,
        )
        for match, rule in matches
        if match.verdict.outcome is Outcome.BLOCK
    ]


def accounting_for(
    query: Fingerprint, accused: Judged, allowed: Sequence[Allowed], entries: int
) -> list[Match]:
    """Return the matches with allowed entries that a match with another entry comes from.

    Args:
        query: of the picture.
        accused: the match with the other entry.
        allowed: of the same picture.
        entries: how many the rule was told of.
    """
    match, rule = accused
    if _by_hashes(match, rule, entries) is not Outcome.CLEAR:
        return [one.match for one in allowed if one.is_whole]
    return [one.match for one in allowed if _is_alike(query, match, one)]


def _by_hashes(match: Match, rule: Rule, entries: int) -> Outcome:
    """Return what the rule would say without places."""
    return rule.decide(replace(match.distances, alignment=None), entries=entries).outcome


def _is_alike(query: Fingerprint, accused: Match, allowed: Allowed) -> bool:
    """Whether the allowed entry, too, is found where the accused one is."""
    by_places, harmless = accused.distances.alignment, allowed.match.distances.alignment
    if by_places is None or harmless is None or query.local_features is None:
        return allowed.is_whole  # by hashes, which is all there is
    places = [query.local_features.place(number) for number, _ in harmless.pairs]
    if not places:
        return False
    inside = _inside(by_places, accused, *np.array(places).T)
    return int(np.count_nonzero(inside)) >= _ALIKE * by_places.inliers


def _covered(query: Fingerprint, match: Match) -> float:
    """Return the share of a picture that an entry covers, as it was found there."""
    alignment = match.distances.alignment
    if alignment is None or not alignment.inliers:
        return 0.0
    middles = (np.arange(_GRID) + 0.5) / _GRID
    x, y = np.meshgrid(middles * query.width, middles * query.height)
    return float(np.mean(_inside(alignment, match, x, y)))


def _inside(
    alignment: Alignment, match: Match, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which places of the picture, in pixels, lie within the entry."""
    entry = match.entry.fingerprint
    (a, b, c), (d, e, f) = alignment.transform
    across, down = a * x + b * y + c, d * x + e * y + f
    inside = (across >= 0) & (across <= entry.width) & (down >= 0) & (down <= entry.height)
    return np.asarray(inside, np.bool_)
