"""What rules say: outcome, reason and the evidence it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from eikona.domain.alignment import Alignment
from eikona.domain.fingerprint import Orientation


class Outcome(StrEnum):
    """The same three everywhere."""

    CLEAR = "clear"
    REVIEW = "review"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Distances:
    """How far two fingerprints are from each other.

    Attributes:
        by_name: distance by algorithm: bits that differ, 0 to the hash's length, or one minus
            the correlation, 0 to 2, for the NMF hashes; ``forbild-weighted`` is ForBild's second
            step, 0 or more.
        similarity_percent: 100 for equal hashes, 0 for nothing in common, by algorithm.
        orientation: what turns the first picture into the second where PDQ is nearest; original
            where there is no PDQ.
        quality: the lower of the two qualities, 0 to 100.
        alignment: how the first picture lies on the second by their local features, with 0 inliers
            where it does not; None where one of them has no local features.
    """

    by_name: Mapping[str, float]
    similarity_percent: Mapping[str, float]
    orientation: Orientation = Orientation.ORIGINAL
    quality: int = 100
    alignment: Alignment | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one rule on one pair.

    Attributes:
        outcome: clear, review or block.
        match: whether the rule takes the two for copies, surely or probably.
        rule: name of the rule as it would be asked for again.
        reason: one sentence.
        evidence: the distances that the rule read, by name.
        expected_false_matches: matches as good as this that chance alone would bring in one
            look-up; None where the rule has no calibration.
        confidence: the least share of copies, 0 to 1, among pairs that look like this, by what a
            rule was trained on; None where it was not.
    """

    outcome: Outcome
    match: bool
    rule: str
    reason: str
    expected_false_matches: float | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None
