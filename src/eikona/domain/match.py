"""What a search found: an entry, how far away it is, and what the rule says of the pair."""

from dataclasses import dataclass

from eikona.domain.bank import Entry
from eikona.domain.verdict import Distances, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One entry that a query is taken for, surely or probably.

    Attributes:
        entry: the entry found.
        verdict: what the rule says, with its reason.
        distances: how far apart the two are, hash by hash; ``orientation`` turns the query into
            the entry's picture.
        distance: of the rule's leading hash, or of the hash that was searched by radius.
    """

    entry: Entry
    verdict: Verdict
    distances: Distances
    distance: float
