"""The rules ``eikona`` and ``eikona-hashes``: as strict as a bank's size asks for.

Two things speak for a copy: places that lie on each other, and PDQ over eight orientations. How
often chance brings either is calibrated, so that every pair has a number of false matches to be
expected in one look-up among so many entries. Who asks says how many of those are put up with.

Places count for more where they surround a good part of a picture. So there are three things to
look at; the least likely of them is taken at three times its chance, which holds however they
depend on each other (Bonferroni).
"""

import functools
from dataclasses import dataclass, replace

from eikona.deciding.odds import WIDE, Odds, inlier_calibration, pdq_calibration
from eikona.deciding.rule import Bound, Rule, clear
from eikona.domain.alignment import Alignment
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.domain.verdict import Distances, Outcome, Verdict

# Few pictures are no small sample of all there are: they are of one trip, one desk or one program,
# and more alike. A look-up among fewer entries is judged as one among so many.
FEWEST_ENTRIES = 10_000
# What is looked at where pictures were aligned: PDQ, inliers anywhere, and inliers that reach wide.
_LOOKS = 3
_Said = tuple[Outcome, bool, str]  # outcome, whether the two are taken for copies, why
_SEVERITY = (Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK)


@dataclass(frozen=True, slots=True)
class Limits:
    """What evidence is enough among so many entries.

    Attributes:
        block_bits: largest distance of PDQ that blocks; -1 where none is small enough.
        review_bits: likewise that asks a person.
        block_inliers: smallest number of inliers that blocks, if they reach wide.
        review_inliers: likewise that asks a person.
        review_anywhere: smallest number that asks a person however small a part they are of.
    """

    block_bits: int
    review_bits: int
    block_inliers: int
    review_inliers: int
    review_anywhere: int


@functools.lru_cache(maxsize=256)
def limits_at(entries: int, odds: Odds, *, aligned: bool) -> Limits:
    """Return the limits among so many entries.

    Args:
        entries: how many pictures the query is compared with.
        odds: false matches that are put up with in one look-up.
        aligned: whether inliers were looked for, too.
    """
    looks = (_LOOKS if aligned else 1) * max(entries, FEWEST_ENTRIES)
    pdq, inliers = pdq_calibration(), inlier_calibration()
    return Limits(
        block_bits=pdq.farthest(odds.block / looks),
        review_bits=pdq.farthest(odds.review / looks),
        block_inliers=inliers.wide.fewest(odds.block / looks),
        review_inliers=inliers.wide.fewest(odds.review / looks),
        review_anywhere=inliers.anywhere.fewest(odds.review / looks),
    )


def eikona_rule(name: str, odds: Odds) -> Rule:
    """Return the rule that reads PDQ, and alignments where there are any."""
    return _rule(name, odds, aligns=True)


def hashes_rule(name: str, odds: Odds) -> Rule:
    """Return the rule that reads PDQ alone."""
    return _rule(name, odds, aligns=False)


def _rule(name: str, odds: Odds, *, aligns: bool) -> Rule:
    def judge(distances: Distances, entries: int) -> Verdict:
        alignment = distances.alignment if aligns else None
        limits = limits_at(entries, odds, aligned=alignment is not None)
        verdict = _judge(name, distances, alignment, limits, entries)
        return replace(verdict, expected_false_matches=_expected(distances, alignment, entries))

    def narrowed(entries: int) -> tuple[Bound, ...]:
        # Wider than with alignments: an entry may have no local features.
        return (Bound("pdq", max(0, limits_at(entries, odds, aligned=False).review_bits)),)

    return Rule(name, ("pdq",), narrowed(0), judge, aligns=aligns, narrowed=narrowed)


def _judge(
    name: str, distances: Distances, alignment: Alignment | None, limits: Limits, entries: int
) -> Verdict:
    among = f"among {max(entries, FEWEST_ENTRIES):,} entries"
    said = [_by_hash(distances, limits)]
    if alignment is not None:
        said.insert(0, _by_places(alignment, limits))
    outcome, match, reason = max(said, key=lambda one: _SEVERITY.index(one[0]))
    if outcome is Outcome.CLEAR:
        return clear(name, f"{', and '.join(why for _, _, why in said)}, {among}")
    return Verdict(outcome, match, name, f"{reason}, {among}")


def _by_places(alignment: Alignment, limits: Limits) -> _Said:
    """Judge by the places that lie on each other."""
    where = f"{alignment.inliers} places of both pictures lie on each other"
    if alignment.reach < WIDE and alignment.inliers:
        where = f"{where}, around {alignment.reach:.0%} of a picture only"
        if alignment.inliers >= limits.review_anywhere:
            return Outcome.REVIEW, True, f"{where}, as captions, logos and faces may"
        return Outcome.CLEAR, False, f"{where}, fewer than {limits.review_anywhere}"
    if alignment.inliers < limits.review_inliers:
        return Outcome.CLEAR, False, f"{where}, fewer than {limits.review_inliers}"
    if alignment.inliers < limits.block_inliers:
        return Outcome.REVIEW, True, f"{where}, fewer than the {limits.block_inliers} that block"
    return Outcome.BLOCK, True, f"{where}, at least {limits.block_inliers}"


def _by_hash(distances: Distances, limits: Limits) -> _Said:
    """Judge by PDQ."""
    distance = distances.by_name["pdq"]
    where = f"PDQ over eight orientations is {distance:g} of 256 bits away"
    if distance > limits.review_bits:
        return Outcome.CLEAR, False, f"{where}, more than {limits.review_bits}"
    if distances.quality < QUALITY_TO_MATCH:
        plain = f"but a picture is too plain (quality {distances.quality}) to tell copies"
        return Outcome.REVIEW, False, f"{where}, {plain}"
    if distance > limits.block_bits:
        return Outcome.REVIEW, True, f"{where}, more than the {limits.block_bits} that block"
    return Outcome.BLOCK, True, f"{where}, at most {limits.block_bits}"


def _expected(distances: Distances, alignment: Alignment | None, entries: int) -> float | None:
    """Return false matches as good as this; None where nothing is calibrated."""
    chances = []
    if distances.quality >= QUALITY_TO_MATCH:
        chances.append(pdq_calibration().chance(distances.by_name["pdq"]))
    if alignment is not None:
        chances.append(inlier_calibration().chance(alignment))
    if not chances:
        return None
    looks = 1 if alignment is None else _LOOKS
    return entries * min(1.0, looks * min(chances))
