"""What the owner of a bank has decided about matches with its entries."""

from dataclasses import dataclass
from enum import StrEnum


class PlainMatches(StrEnum):
    """What becomes of a match where one of the pictures is too plain to tell copies by."""

    REVIEW = "review"  # a person looks at it
    CLEAR = "clear"  # it is not listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a bank is searched unless the search says otherwise.

    Attributes:
        rule: name of the rule that judges.
        block_odds: the largest number of false matches that chance may be expected to bring into
            one look-up, for outcome block; of rules that know what to expect.
        review_odds: the same for outcome review.
        plain: what becomes of matches with pictures that are too plain.
        is_allow_list: whether a copy of an entry is cleared, whatever other banks say.
    """

    rule: str = "eikona"
    block_odds: float = 1e-4
    review_odds: float = 1e-2
    plain: PlainMatches = PlainMatches.REVIEW
    is_allow_list: bool = False


DEFAULT_POLICY = Policy()
