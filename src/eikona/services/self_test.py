"""Tries on one picture what is done to pictures that are passed on: which copies would be found?

Each attack alters the picture as a whole file would be, saved as people save it, and the copy is
judged against the picture as it would be against the entry of a bank of some size.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from PIL import Image

from eikona.deciding.rule import quality_for
from eikona.deciding.rules import Rule
from eikona.domain.bank import KEPT_WHOLE, Kept
from eikona.domain.fingerprint import Comparison, Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.domain.policy import PlainMatches
from eikona.domain.verdict import Distances, Outcome, Verdict
from eikona.hashing.registry import ALGORITHMS, DEFAULT_ALGORITHMS
from eikona.imaging.alterations.attack import Attack
from eikona.imaging.alterations.catalogue import ATTACKS
from eikona.imaging.colour import decode_colour
from eikona.imaging.source import Source, read_source
from eikona.services.compare_pictures import aligned_distances
from eikona.services.fingerprint_source import fingerprint

LONGEST_SIDE = 1024  # pixels that copies are made from: as large as pictures are passed on
DEFAULT_ENTRIES = 1_000_000  # of the bank that outcomes are stated for
_FARTHEST_CORRELATION = 2.0  # one minus a correlation of -1


class FoundBy(StrEnum):
    """What is enough to find a copy, each by itself."""

    BOTH = "both"
    HASHES = "hashes"
    PLACES = "places"
    TOGETHER = "together"  # neither by itself
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Trial:
    """One attack, and what became of it.

    Attributes:
        attack: what was done.
        verdict: of the altered copy against the picture.
        distances: of the two.
        found_by: what is enough to find it with this outcome; nothing where it is clear.
        copy: the altered copy, encoded.
    """

    attack: Attack
    verdict: Verdict
    distances: Distances
    found_by: FoundBy
    copy: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """A picture to be tried.

    Attributes:
        fingerprint: of the file as it is, with what the bank keeps of it.
        picture: what copies are made from: RGB, upright, its longer side ``LONGEST_SIDE`` at most.
        seed: of all chance in the attacks, from the file's bytes.
    """

    fingerprint: Fingerprint
    picture: Image.Image = field(repr=False)
    seed: bytes = field(repr=False)


def subject_of(
    source: Source, rule: Rule, *, limits: Limits = DEFAULT_LIMITS, kept: Kept = KEPT_WHOLE
) -> Subject:
    """Return a picture ready to be tried.

    Args:
        source: where it is.
        rule: what decides.
        limits: what it may ask of this machine.
        kept: what the bank keeps of it, which is all that copies are compared with.

    Raises:
        SourceError: the bytes cannot be had.
        InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
    """
    data = read_source(source, limits)
    return Subject(
        fingerprint=kept.of(_fingerprint(data, rule, limits)),
        picture=decode_colour(data, side=LONGEST_SIDE, limits=limits),
        seed=hashlib.sha256(data).digest(),
    )


def self_test(
    subject: Subject,
    rule: Rule,
    *,
    entries: int = DEFAULT_ENTRIES,
    attacks: Iterable[Attack] = tuple(ATTACKS.values()),
    limits: Limits = DEFAULT_LIMITS,
    plain: PlainMatches = PlainMatches.REVIEW,
) -> Iterator[Trial]:
    """Yield what becomes of each attack, in their order.

    Args:
        subject: the picture.
        rule: what decides.
        entries: how many pictures the bank has that a copy is looked up in.
        attacks: what is done; all 43 unless given.
        limits: what a copy may ask of this machine.
        plain: what the bank makes of pictures that are too plain to tell copies by.
    """
    judged = rule if plain is PlainMatches.REVIEW else _without_plain(rule)
    for attack in attacks:
        copy = attack.copy(subject.picture, subject.seed)
        distances = aligned_distances(_fingerprint(copy, rule, limits), subject.fingerprint)
        verdict = judged.decide(distances, entries=entries)
        yield Trial(attack, verdict, distances, found_by(judged, distances, entries), copy)


def _without_plain(rule: Rule) -> Rule:
    """Return a rule that clears what another would have a person look at for being plain."""

    def judge(distances: Distances, entries: int) -> Verdict:
        verdict = rule.decide(distances, entries=entries)
        is_plain = distances.quality < quality_for(*rule.needs)
        if verdict.outcome is not Outcome.REVIEW or not is_plain:
            return verdict
        reason = f"{verdict.reason}; the bank clears what is too plain"
        return replace(verdict, outcome=Outcome.CLEAR, match=False, reason=reason)

    return replace(rule, judge=judge)


def found_by(rule: Rule, distances: Distances, entries: int) -> FoundBy:
    """Return what of ``distances`` gives the rule's outcome even if the rest said nothing."""
    outcome = rule.decide(distances, entries=entries).outcome
    if outcome is Outcome.CLEAR:
        return FoundBy.NOTHING
    hashes = replace(distances, alignment=None)
    places = replace(distances, by_name={name: _farthest(name) for name in distances.by_name})
    by_hashes = rule.decide(hashes, entries=entries).outcome is outcome
    by_places = (
        distances.alignment is not None and rule.decide(places, entries=entries).outcome is outcome
    )
    if by_hashes and by_places:
        return FoundBy.BOTH
    if by_hashes or by_places:
        return FoundBy.HASHES if by_hashes else FoundBy.PLACES
    return FoundBy.TOGETHER


def _farthest(name: str) -> float:
    """Return a distance that speaks for no copy."""
    known = ALGORITHMS.get(name)
    if known is None:
        return math.inf
    in_bits = known.comparison is Comparison.HAMMING
    return float(known.bits) if in_bits else _FARTHEST_CORRELATION


def _fingerprint(data: bytes, rule: Rule, limits: Limits) -> Fingerprint:
    names = tuple(dict.fromkeys((*DEFAULT_ALGORITHMS, *rule.needs)))
    return fingerprint(data, algorithms=names, local_features=rule.aligns, limits=limits)
