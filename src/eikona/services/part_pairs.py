"""Finds which of many pictures may show parts of each other, and how each lies on another."""

import functools
from collections.abc import Iterator, Sequence

from eikona.domain.fingerprint import Fingerprint
from eikona.domain.local_features import LocalFeatures
from eikona.domain.verdict import Distances
from eikona.matching.guards import guards_of_bank
from eikona.matching.local_verification import Verifier
from eikona.matching.parts import do_parts
from eikona.matching.shortlist.postings import build_postings
from eikona.matching.shortlist.probing import SearchedTable
from eikona.matching.shortlist.searching import Shortlist, Shortlisted
from eikona.services.compare_pictures import distances_between, with_alignment
from eikona.services.look_up_features import LISTED, threads_for_queries

_VERIFIERS = 512  # pictures that are prepared to be aligned, 40 KB each


class PartPairs:
    """Pictures with local features, looked up among each other.

    Args:
        fingerprints: of the pictures; those without local features are in no pair.
    """

    def __init__(self, fingerprints: Sequence[Fingerprint]) -> None:
        self._prints = fingerprints
        self._features = {
            number: one.local_features
            for number, one in enumerate(fingerprints)
            if one.local_features
        }
        tables = [SearchedTable(build_postings(len(fingerprints), self._features.items()))]

        def look_up(features: LocalFeatures) -> Shortlisted:
            return Shortlist().shortlist(features, tables, most=LISTED + 1)  # itself is one

        asked = list(self._features.values())
        found = do_parts(look_up, asked, threads_for_queries(len(asked)))
        self._found = dict(zip(self._features, found, strict=True))
        self._verifier = functools.lru_cache(_VERIFIERS)(self._prepared)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield every two numbers of which one was in the shortlist of the other, the lower first.

        Each pair comes once, in order.
        """
        pairs = {
            (min(row, other), max(row, other))
            for row, found in self._found.items()
            for _, other in found.places
            if other != row
        }
        yield from sorted(pairs)

    def distances(self, one: int, other: int) -> Distances:
        """Return how far one picture is from another, and how it lies on it."""
        of_one, of_other = self._prints[one], self._prints[other]
        distances = distances_between(of_one, of_other)
        if one not in self._found:
            return distances
        return with_alignment(distances, self._verifier(one), of_other.local_features)

    def _prepared(self, number: int) -> Verifier:
        return Verifier(self._features[number], guards_of_bank(self._found[number].shared_by_many))
