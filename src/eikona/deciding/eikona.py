"""The rules ``eikona`` and ``eikona-hashes``: as strict as a bank's size asks for.

Four things speak for a copy: places that lie on each other, the more where they surround a good
part of a picture; PDQ over eight orientations; and PDQ and dHash together. How often chance brings
each is calibrated, so that every pair has a number of false matches to be expected in one look-up
among so many entries. Who asks says how many of those are put up with.

The least likely of what was looked at counts, at as many times its chance as there were things to
look at: that holds however they depend on each other (Bonferroni).
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from eikona.deciding.odds import (
    WIDE,
    Odds,
    inlier_calibration,
    pdq_calibration,
    together,
    together_calibration,
)
from eikona.deciding.rule import Bound, Rule, clear
from eikona.domain.alignment import Alignment
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.domain.local_features import MOST_FEATURES
from eikona.domain.verdict import Distances, Outcome, Verdict

# Few pictures are no small sample of all there are: they are of one trip, one desk or one program,
# and more alike. A look-up among fewer entries is judged as one among so many.
FEWEST_ENTRIES = 10_000
# Of 12,804 copies whose hashes were near, 12 did not align. Where both pictures have so many
# features and fewer than so many places agree, hashes are near for another reason: slides of one
# template, pages of one program.
_FEATURES_ENOUGH = 100
_FEWEST_AGREEING = 4
# Where so many of the places that agree, and of those that do not, lie in patches of their own, one
# form may be filled in twice. Of copies not blocked by their hashes it is one in a hundred.
_PATCHY = 0.3
_MILLION = 1_000_000  # entries: as near as among so many hashes have to be to speak for patches
_PDQ, _DHASH = "pdq", "dhash256"
_Said = tuple[Outcome, bool, str]  # outcome, whether the two are taken for copies, why
_SEVERITY = (Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK)


@dataclass(frozen=True, slots=True)
class Limits:
    """What evidence is enough among so many entries.

    Attributes:
        block_bits: largest distance of PDQ that blocks; -1 where none is small enough.
        review_bits: likewise that asks a person.
        block_together: largest distance of PDQ and dHash together that blocks, likewise.
        review_together: likewise that asks a person.
        block_inliers: smallest number of inliers that blocks, if they reach wide; more than there
            can be where none is enough.
        review_inliers: likewise that asks a person.
        review_anywhere: smallest number that asks a person however small a part they are of.
    """

    block_bits: int
    review_bits: int
    block_together: int
    review_together: int
    block_inliers: int
    review_inliers: int
    review_anywhere: int


@functools.lru_cache(maxsize=256)
def limits_at(entries: int, odds: Odds, looks: int) -> Limits:
    """Return the limits among so many entries.

    Args:
        entries: how many pictures the query is compared with.
        odds: false matches that are put up with in one look-up.
        looks: how many things are looked at.
    """
    chances = looks * max(entries, FEWEST_ENTRIES)
    block, review = odds.block / chances, odds.review / chances
    pdq, both, inliers = pdq_calibration(), together_calibration(), inlier_calibration()
    return Limits(
        block_bits=pdq.farthest(block),
        review_bits=pdq.farthest(review),
        block_together=both.farthest(block),
        review_together=both.farthest(review),
        block_inliers=inliers.wide.fewest(block),
        review_inliers=inliers.wide.fewest(review),
        review_anywhere=inliers.anywhere.fewest(review),
    )


def eikona_rule(name: str, odds: Odds) -> Rule:
    """Return the rule that reads hashes, and alignments where there are any."""
    return _rule(name, odds, aligns=True)


def hashes_rule(name: str, odds: Odds) -> Rule:
    """Return the rule that reads hashes alone."""
    return _rule(name, odds, aligns=False)


def _rule(name: str, odds: Odds, *, aligns: bool) -> Rule:
    def judge(distances: Distances, entries: int) -> Verdict:
        seen = distances if aligns else replace(distances, alignment=None)
        limits = limits_at(entries, odds, _looks(seen))
        doubted = _is_patchy(seen, limits_at(max(entries, _MILLION), odds, _looks(seen)))
        verdict = _judge(name, seen, limits, entries, doubted=doubted)
        return replace(verdict, expected_false_matches=_expected(seen, entries, doubted=doubted))

    def narrowed(entries: int) -> tuple[Bound, ...]:
        # PDQ is never farther than it is together with dHash. With fewer looks balls are wider.
        alone = limits_at(entries, odds, looks=1).review_bits
        both = limits_at(entries, odds, looks=2).review_together
        return (Bound(_PDQ, max(0, alone, both)),)

    reads = (_DHASH,)
    return Rule(
        name, (_PDQ,), narrowed(0), judge, aligns=aligns, narrowed=narrowed, also_reads=reads
    )


def _looks(distances: Distances) -> int:
    return 1 + (_DHASH in distances.by_name) + 2 * (distances.alignment is not None)


def _judge(
    name: str, distances: Distances, limits: Limits, entries: int, *, doubted: bool
) -> Verdict:
    among = f"in a bank of {'' if entries > FEWEST_ENTRIES else 'up to '}"
    among = f"{among}{max(entries, FEWEST_ENTRIES):,} entries"
    said = list(_by_hashes(distances, limits))
    alignment = distances.alignment
    if alignment is not None:
        if _speaks_against(alignment):
            said = [_held_back(one, alignment) for one in said]
        places = _by_places(alignment, limits)
        said.insert(0, _in_patches(places) if doubted else places)
    outcome, match, reason = max(said, key=lambda one: _SEVERITY.index(one[0]))
    if outcome is Outcome.CLEAR:
        return clear(name, f"{', and '.join(why for _, _, why in said)}, {among}")
    return Verdict(outcome, match, name, f"{reason}, {among}")


def _is_patchy(distances: Distances, strict: Limits) -> bool:
    """Return whether places may agree because of a form, and no hash is near enough to say more."""
    if distances.alignment is None or distances.alignment.patchiness <= _PATCHY:
        return False
    pdq, dhash = distances.by_name[_PDQ], distances.by_name.get(_DHASH)
    if pdq <= strict.review_bits:
        return False
    return dhash is None or together(pdq, dhash) > strict.review_together


def _in_patches(said: _Said) -> _Said:
    outcome, match, reason = said
    if outcome is not Outcome.BLOCK:
        return said
    return Outcome.REVIEW, match, f"{reason}, but in patches, as forms and plots have in common"


def _speaks_against(alignment: Alignment) -> bool:
    """Return whether places would have to agree if one picture were a copy of the other."""
    return alignment.features >= _FEATURES_ENOUGH and alignment.inliers < _FEWEST_AGREEING


def _held_back(said: _Said, alignment: Alignment) -> _Said:
    """Return what near hashes are worth where places speak against a copy: one step less."""
    outcome, match, reason = said
    if outcome is Outcome.CLEAR:
        return said
    against = f"{reason}, but next to none of {alignment.features} places agree"
    if outcome is Outcome.BLOCK:
        return Outcome.REVIEW, match, against
    return Outcome.CLEAR, False, against


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
    if alignment.inliers >= limits.block_inliers:
        return Outcome.BLOCK, True, f"{where}, and {limits.block_inliers} are enough to block"
    if limits.block_inliers > MOST_FEATURES:
        return Outcome.REVIEW, True, f"{where}, and no number blocks at such odds"
    return Outcome.REVIEW, True, f"{where}, fewer than the {limits.block_inliers} that block"


def _by_hashes(distances: Distances, limits: Limits) -> Iterator[_Said]:
    """Judge by PDQ, and by PDQ and dHash together."""
    pdq, dhash = distances.by_name[_PDQ], distances.by_name.get(_DHASH)
    where = f"PDQ over eight orientations is {pdq:g} of 256 bits away"
    yield _by_bits(where, pdq, limits.block_bits, limits.review_bits, distances.quality)
    if dhash is not None:
        both = together(pdq, dhash)
        where = f"PDQ's {pdq:g} bits and a fourth of dHash's {dhash:g} are {both}"
        block, review = limits.block_together, limits.review_together
        yield _by_bits(where, both, block, review, distances.quality)


def _by_bits(where: str, bits: float, block: int, review: int, quality: int) -> _Said:
    if bits > review:
        enough = "and none is near enough at such odds" if review < 0 else f"more than {review}"
        return Outcome.CLEAR, False, f"{where}, {enough}"
    if quality < QUALITY_TO_MATCH:
        plain = f"but a picture is too plain (quality {quality}) to tell copies"
        return Outcome.REVIEW, False, f"{where}, {plain}"
    if bits <= block:
        return Outcome.BLOCK, True, f"{where}, and up to {block} are enough to block"
    if block < 0:
        return Outcome.REVIEW, True, f"{where}, and none is near enough to block at such odds"
    return Outcome.REVIEW, True, f"{where}, more than the {block} that block"


def _expected(distances: Distances, entries: int, *, doubted: bool) -> float | None:
    """Return false matches as good as this; None where nothing is calibrated.

    Args:
        distances: what was looked at.
        entries: of the bank.
        doubted: whether places agree in patches only, of which no chance is known.
    """
    chances = []
    pdq, dhash = distances.by_name[_PDQ], distances.by_name.get(_DHASH)
    if distances.quality >= QUALITY_TO_MATCH:
        chances.append(pdq_calibration().chance(pdq))
        if dhash is not None:
            chances.append(together_calibration().chance(together(pdq, dhash)))
    if doubted:
        return None
    if distances.alignment is not None:
        chances.append(inlier_calibration().chance(distances.alignment))
    if not chances:
        return None
    return entries * min(1.0, _looks(distances) * min(chances))
