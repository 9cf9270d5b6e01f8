"""The rule ``eikona``: PDQ over eight orientations, near enough."""

from dataclasses import replace

from eikona.deciding.odds import Odds, expected_false_matches
from eikona.deciding.rule import Bound, Rule, block, clear
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.domain.verdict import Distances, Outcome, Verdict

# Of 256 bits. 31 is the bound that PDQ's authors recommend; 74 is where a first calibration counted
# 6.7 false matches in a million pairs.
_BLOCK = 31
_REVIEW = 74


def eikona_rule(name: str, _odds: Odds) -> Rule:
    """Return the rule."""

    def judge(distances: Distances, entries: int) -> Verdict:
        verdict = _judge(name, distances)
        if distances.quality < QUALITY_TO_MATCH:  # which the calibration does not cover
            return verdict
        expected = expected_false_matches(distances.by_name["pdq"], entries)
        return replace(verdict, expected_false_matches=expected)

    return Rule(name, ("pdq",), (Bound("pdq", _REVIEW),), judge, aligns=True)


def _judge(name: str, distances: Distances) -> Verdict:
    distance = distances.by_name["pdq"]
    where = f"PDQ over eight orientations is {distance:g} of 256 bits away"
    if distance > _REVIEW:
        return clear(name, f"{where}, more than {_REVIEW}")
    if distance <= _BLOCK:
        return block(name, f"{where}, at most {_BLOCK}", distances, QUALITY_TO_MATCH)
    plain = distances.quality < QUALITY_TO_MATCH
    reason = f"{where}, between {_BLOCK} and {_REVIEW}"
    return Verdict(Outcome.REVIEW, not plain, name, reason)
