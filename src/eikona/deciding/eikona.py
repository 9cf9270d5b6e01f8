"""The rule ``eikona``: PDQ over eight orientations, near enough."""

from eikona.deciding.rule import Bound, Rule, block, clear
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.domain.verdict import Distances, Outcome, Verdict

# Of 256 bits. 31 is the bound that PDQ's authors recommend; 74 is where a first calibration counted
# 6.7 false matches in a million pairs.
_BLOCK = 31
_REVIEW = 74


def eikona_rule(name: str) -> Rule:
    """Return the rule."""

    def judge(distances: Distances, _entries: int) -> Verdict:
        distance = distances.by_name["pdq"]
        where = f"PDQ over eight orientations is {distance:g} of 256 bits away"
        if distance > _REVIEW:
            return clear(name, f"{where}, more than {_REVIEW}")
        if distance <= _BLOCK:
            return block(name, f"{where}, at most {_BLOCK}", distances, QUALITY_TO_MATCH)
        plain = distances.quality < QUALITY_TO_MATCH
        reason = f"{where}, between {_BLOCK} and {_REVIEW}"
        return Verdict(Outcome.REVIEW, not plain, name, reason)

    return Rule(name, ("pdq",), (Bound("pdq", _REVIEW),), judge)
