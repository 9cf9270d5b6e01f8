"""What a rule is, and what every rule is made with."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from eikona.domain.errors import IncomparableError
from eikona.domain.fingerprint import QUALITY_TO_MATCH, AlgorithmId, Comparison
from eikona.domain.verdict import Distances, Outcome, Verdict

NOT_FLAT = 1  # of 100: the least quality of a picture that shows anything


class Measured(Protocol):
    """What a rule must know of a hash algorithm to set a bound on it."""

    @property
    def id(self) -> AlgorithmId:
        """Name and version."""

    @property
    def bits(self) -> int:
        """Length of the hash."""

    @property
    def comparison(self) -> Comparison:
        """How two such hashes are compared."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A ball around the query.

    Attributes:
        algorithm: the name that ``Distances.by_name`` has for the distance: a hash algorithm, or
            ``forbild-weighted``, whose balls are found by ``forbild_weighted_many``.
        distance: the largest within; of PDQ over all eight orientations.
    """

    algorithm: str
    distance: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A named way to judge.

    Attributes:
        name: as it would be asked for again.
        needs: algorithms whose hashes both pictures must have, the leading one first.
        bounds: balls that together hold every pair which the rule does not clear, so that a search
            needs to look nowhere else.
        judge: the judgement of one pair, given the number of entries that were looked through.
        aligns: whether it reads how local features align, where both pictures have them. A search
            then also judges what a shortlist of local features brings.
        narrowed: bounds that are enough for a number of entries; none where they do not depend on
            it.
        scans_all: whether its bounds hold every pair, so that a search judges every entry.
        also_reads: further distances that it reads where they are there.
    """

    name: str
    needs: tuple[str, ...]
    bounds: tuple[Bound, ...]
    judge: Callable[[Distances, int], Verdict]
    aligns: bool = False
    narrowed: Callable[[int], tuple[Bound, ...]] | None = None
    scans_all: bool = False
    also_reads: tuple[str, ...] = ()

    def bounds_at(self, entries: int) -> tuple[Bound, ...]:
        """Return ``bounds``, or smaller ones that are enough among so many entries."""
        return self.bounds if self.narrowed is None else self.narrowed(entries)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the distances that it reads where they are there, those it needs first."""
        bounded = (bound.algorithm for bound in self.bounds)
        return tuple(dict.fromkeys((*self.needs, *bounded, *self.also_reads)))

    def decide(self, distances: Distances, *, entries: int = 1) -> Verdict:
        """Return what the rule says of one pair.

        Args:
            distances: of the two pictures.
            entries: how many pictures the query was compared with: chance brings in the more
                false matches, the more there are.

        Raises:
            IncomparableError: a hash is missing that the rule needs.
        """
        for name in self.needs:
            if name not in distances.by_name:
                msg = f"{self.name} needs {name}, which a fingerprint lacks: compute it for both"
                raise IncomparableError(msg)
        by_name = distances.by_name
        evidence = {name: by_name[name] for name in self.reads if name in by_name}
        if self.aligns and distances.alignment is not None:
            evidence["inliers"] = distances.alignment.inliers
        return replace(self.judge(distances, entries), evidence=evidence)


def clear(rule: str, reason: str) -> Verdict:
    """Return that the two are no copies."""
    return Verdict(Outcome.CLEAR, match=False, rule=rule, reason=reason)


def block(rule: str, reason: str, distances: Distances, quality: int) -> Verdict:
    """Return that the two are copies, unless one is so plain that many unrelated ones look alike.

    Args:
        rule: name of the rule.
        reason: what made it so, in a sentence.
        distances: of the two pictures.
        quality: what the lower quality must be at least; below, a person decides.
    """
    if distances.quality >= quality:
        return Verdict(Outcome.BLOCK, match=True, rule=rule, reason=reason)
    reason = f"{reason}; but a picture is too plain (quality {distances.quality}) to tell copies"
    return Verdict(Outcome.REVIEW, match=False, rule=rule, reason=reason)


def quality_for(*names: str) -> int:
    """Return the least quality at which matches by these hashes count."""
    return QUALITY_TO_MATCH if "pdq" in names else NOT_FLAT
