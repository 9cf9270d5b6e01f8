"""Named rules over the distances of one pair."""

from collections.abc import Callable
from dataclasses import dataclass

from eikona.domain.errors import IncomparableError, UnknownRuleError
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.domain.verdict import Distances, Outcome, Verdict

DEFAULT_RULE = "eikona"
RULE_FORMS = ("eikona", "forbild", "threshold:<hash>=<distance>")

# PDQ over eight orientations, of 256 bits. 31 is the bound that PDQ's authors recommend; 74 is
# where a first calibration counted 6.7 false matches in a million pairs.
_PDQ_BLOCK = 31
_PDQ_REVIEW = 74
_FORBILD_SAME = 8
_FORBILD_WEIGHTED_SAME = 16.0
_NOT_FLAT = 1  # of 100


@dataclass(frozen=True, slots=True)
class Rule:
    """A named way to judge.

    Attributes:
        name: as it would be asked for again.
        needs: algorithms that it reads.
        decide: the judgement.
    """

    name: str
    needs: tuple[str, ...]
    decide: Callable[[Distances], Verdict]


def parse_rule(text: str, algorithms: frozenset[str]) -> Rule:
    """Return the rule that ``text`` names.

    Args:
        text: one of ``RULE_FORMS``.
        algorithms: names that a threshold may be set on.

    Raises:
        UnknownRuleError: no such rule, or its parameters do not parse.
    """
    kind, _, parameters = text.partition(":")
    if text == "eikona":
        return Rule(text, ("pdq",), _decide_by_pdq)
    if text == "forbild":
        return Rule(text, ("forbild",), _decide_by_forbild)
    if kind == "threshold":
        return _threshold(text, parameters, algorithms)
    msg = f"no rule is named {text!r}: choose from {', '.join(RULE_FORMS)}"
    raise UnknownRuleError(msg)


def _threshold(text: str, parameters: str, algorithms: frozenset[str]) -> Rule:
    name, _, number = parameters.partition("=")
    try:
        bound = float(number)
    except ValueError:
        bound = -1.0
    if name not in algorithms or not bound >= 0:
        msg = (
            f"{text!r} does not parse: write threshold:<hash>=<distance>, for example "
            f"threshold:pdq=31, with one of {', '.join(sorted(algorithms))}"
        )
        raise UnknownRuleError(msg)

    quality = QUALITY_TO_MATCH if name == "pdq" else _NOT_FLAT

    def decide(distances: Distances) -> Verdict:
        distance = _distance(distances, name)
        if distance > bound:
            return _clear(text, f"{name} is {distance:g} away, more than {bound:g}")
        return _block(text, f"{name} is {distance:g} away, at most {bound:g}", distances, quality)

    return Rule(text, (name,), decide)


def _decide_by_pdq(distances: Distances) -> Verdict:
    distance = _distance(distances, "pdq")
    where = f"PDQ over eight orientations is {distance:g} of 256 bits away"
    if distance > _PDQ_REVIEW:
        return _clear("eikona", f"{where}, more than {_PDQ_REVIEW}")
    if distance <= _PDQ_BLOCK:
        reason = f"{where}, at most {_PDQ_BLOCK}"
        return _block("eikona", reason, distances, QUALITY_TO_MATCH)
    plain = distances.quality < QUALITY_TO_MATCH
    reason = f"{where}, between {_PDQ_BLOCK} and {_PDQ_REVIEW}"
    return Verdict(Outcome.REVIEW, not plain, "eikona", reason)


def _decide_by_forbild(distances: Distances) -> Verdict:
    distance = _distance(distances, "forbild")
    if distance <= _FORBILD_SAME:
        reason = f"{distance:g} of 256 bits differ, at most {_FORBILD_SAME}"
        return _block("forbild", reason, distances, _NOT_FLAT)
    weighted = distances.by_name.get("forbild-weighted")
    if weighted is None:  # stored without grey values, or nothing to weigh against
        return _clear("forbild", f"{distance:g} of 256 bits differ, more than {_FORBILD_SAME}")
    reason = f"{distance:g} bits differ, and their weighted distance is {weighted:.3g}"
    if weighted > _FORBILD_WEIGHTED_SAME:
        return _clear("forbild", f"{reason}, more than {_FORBILD_WEIGHTED_SAME:g}")
    reason = f"{reason}, at most {_FORBILD_WEIGHTED_SAME:g}"
    return _block("forbild", reason, distances, _NOT_FLAT)


def _clear(rule: str, reason: str) -> Verdict:
    return Verdict(Outcome.CLEAR, match=False, rule=rule, reason=reason)


def _block(rule: str, reason: str, distances: Distances, quality: int) -> Verdict:
    """Block, unless a picture is so plain that many unrelated ones look alike: a person decides."""
    if distances.quality >= quality:
        return Verdict(Outcome.BLOCK, match=True, rule=rule, reason=reason)
    reason = f"{reason}; but a picture is too plain (quality {distances.quality}) to tell copies"
    return Verdict(Outcome.REVIEW, match=False, rule=rule, reason=reason)


def _distance(distances: Distances, name: str) -> float:
    if name not in distances.by_name:
        msg = f"the rule needs {name}, which one of the fingerprints lacks: compute it for both"
        raise IncomparableError(msg)
    return distances.by_name[name]
