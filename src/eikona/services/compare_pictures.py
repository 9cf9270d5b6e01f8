"""Compares two pictures: how far apart they are, hash by hash, and what a rule says of it."""

import math
from dataclasses import dataclass, replace

from eikona.deciding.rules import DEFAULT_RULE, parse_rule
from eikona.domain.errors import IncomparableError
from eikona.domain.fingerprint import Comparison as How
from eikona.domain.fingerprint import DecodeMode, Fingerprint, Orientation
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.domain.local_features import LocalFeatures
from eikona.domain.pose import TELLING, nearest_orientation
from eikona.domain.verdict import Distances, Verdict
from eikona.hashing.registry import ALGORITHMS, DEFAULT_ALGORITHMS
from eikona.imaging.source import Source
from eikona.matching.distances import correlation, forbild_weighted, hamming
from eikona.matching.local_verification import Verifier
from eikona.services.fingerprint_source import fingerprint

_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing two pictures found.

    Attributes:
        verdict: what the rule says.
        distances: how far apart they are, hash by hash, and how ``a`` lies on ``b``.
    """

    verdict: Verdict
    distances: Distances

    @property
    def match(self) -> bool:
        """Whether the rule takes the two for copies, surely or probably."""
        return self.verdict.match

    def __bool__(self) -> bool:
        """Return ``match``, so that ``if compare(a, b):`` means what it says."""
        return self.match


def compare(
    a: Source | Fingerprint,
    b: Source | Fingerprint,
    *,
    rule: str = DEFAULT_RULE,
    decode: str = DecodeMode.AUTO,
    limits: Limits = DEFAULT_LIMITS,
) -> Comparison:
    """Compare two pictures.

    Args:
        a: a path, encoded bytes, an open file, or a fingerprint made before.
        b: the same; compared against ``a``, whose values ForBild's second step weighs by.
        rule: ``eikona``, ``forbild``, ``majority``, ``unihasher-tree``,
            ``threshold:<hash>=<distance>`` or ``both:<hash>,<hash>=<percent>``.
        decode: as for ``fingerprint``.
        limits: as for ``fingerprint``.

    Raises:
        SourceError: the bytes cannot be had.
        InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
        UsageError: no such rule, or the fingerprints lack the hash that it needs.
    """
    judge = parse_rule(rule, ALGORITHMS)
    names = tuple(dict.fromkeys((*DEFAULT_ALGORITHMS, *judge.needs)))
    first, second = (
        picture
        if isinstance(picture, Fingerprint)
        else fingerprint(
            picture,
            algorithms=names,
            local_features=judge.aligns,
            decode=decode,
            limits=limits,
        )
        for picture in (a, b)
    )
    distances = aligned_distances(first, second)
    return Comparison(judge.decide(distances), distances)


def aligned_distances(a: Fingerprint, b: Fingerprint) -> Distances:
    """Return the distances of two fingerprints with how the first lies on the second.

    Raises:
        IncomparableError: they share no hash of one version.
    """
    return DistancesFrom(a).to(b)


class DistancesFrom:
    """One picture, prepared to be compared with many."""

    def __init__(self, query: Fingerprint) -> None:
        features = query.local_features
        self._query = query
        self._verifier = None if features is None else Verifier(features)

    def to(self, entry: Fingerprint) -> Distances:
        """Return the distances to another one, with how the first lies on it.

        Raises:
            IncomparableError: they share no hash of one version.
        """
        distances = distances_between(self._query, entry)
        if self._verifier is None:
            return distances
        return with_alignment(distances, self._verifier, entry.local_features)


def with_alignment(
    distances: Distances, verifier: Verifier, features: LocalFeatures | None
) -> Distances:
    """Add how a picture lies on another one; nothing where that one has no local features.

    Where it surely does, that also says which orientation turns it: a part of a picture is turned
    as its places are, whatever PDQ makes of the whole.
    """
    if features is None:
        return distances
    alignment = verifier.align(features)
    if alignment.inliers < TELLING:
        return replace(distances, alignment=alignment)
    orientation = nearest_orientation(alignment.transform)
    return replace(distances, alignment=alignment, orientation=orientation)


def distances_between(a: Fingerprint, b: Fingerprint) -> Distances:
    """Return the distance of every hash that both fingerprints hold in the same version.

    Raises:
        IncomparableError: there is no such hash.
    """
    shared = [
        name
        for name, version in a.versions.items()
        if name in ALGORITHMS and b.versions.get(name) == version
    ]
    if not shared:
        msg = "the fingerprints share no hash of one version: compute both with the same version"
        raise IncomparableError(msg)
    by_name: dict[str, float] = {}
    similarity: dict[str, float] = {}
    orientation = Orientation.ORIGINAL
    for name in shared:
        ours, theirs = a.hashes[name], b.hashes[name]
        if ALGORITHMS[name].comparison is How.CORRELATION:
            by_name[name] = 1.0 - correlation(ours, theirs)
            similarity[name] = _PERCENT * max(0.0, 1.0 - by_name[name])
            continue
        by_name[name] = hamming(ours, theirs)
        if name == "pdq" and a.pdq_orientations:
            orientation, by_name[name] = _nearest_orientation(a.pdq_orientations, theirs)
        similarity[name] = _PERCENT * (1.0 - by_name[name] / ALGORITHMS[name].bits)
    if "forbild" in by_name and a.forbild_grey:
        weighted = forbild_weighted(a.hashes["forbild"], b.hashes["forbild"], a.forbild_grey)
        if math.isfinite(weighted):  # otherwise there is nothing to weigh by
            by_name["forbild-weighted"] = weighted
    return Distances(by_name, similarity, orientation, min(a.quality, b.quality))


def _nearest_orientation(ours: tuple[bytes, ...], theirs: bytes) -> tuple[Orientation, int]:
    distances = [hamming(code, theirs) for code in ours]
    nearest = min(distances)
    return list(Orientation)[distances.index(nearest)], nearest
