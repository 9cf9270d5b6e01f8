"""What a search found: an entry, how far away it is, and what the rule says of the pair."""

from dataclasses import dataclass

from eikona.domain.bank import Entry
from eikona.domain.verdict import Distances, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The entry of an allow-list that a picture is a copy of.

    Attributes:
        bank: the allow-list.
        entry: name of its entry.
        distance: of the rule's leading hash.
    """

    bank: str
    entry: str
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One entry that a query is taken for, surely or probably.

    Attributes:
        entry: the entry found.
        verdict: what the rule says, with its reason.
        distances: how far apart the two are, hash by hash; ``orientation`` turns the query into
            the entry's picture.
        distance: of the rule's leading hash, or of the hash that was searched by radius.
        bank: where the entry is, by the name that the search gave the bank.
        allowed_by: what cleared the match, although the rule alone would not have.
    """

    entry: Entry
    verdict: Verdict
    distances: Distances
    distance: float
    bank: str = ""
    allowed_by: Allowance | None = None
