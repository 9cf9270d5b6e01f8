"""Rules with a bound on each hash: ``threshold:pdq=31`` and ``both:phash,dhash=85``."""

import difflib
import math
from collections.abc import Mapping, Sequence

from eikona.deciding.rule import Bound, Measured, Rule, block, clear, quality_for
from eikona.domain.errors import UnknownRuleError
from eikona.domain.fingerprint import Comparison
from eikona.domain.verdict import Distances, Verdict

_FARTHEST_CORRELATION = 2.0  # one minus a correlation of -1
_WHOLE = 100.0  # percent
_ROUNDING = 1e-9


def threshold_rule(text: str, parameters: str, algorithms: Mapping[str, Measured]) -> Rule:
    """Return the rule ``threshold:<hash>=<distance>``.

    The distance is in bits, or one minus the correlation for the NMF hashes. Between 0 and 1 it is
    a fraction of the hash's bits.

    Raises:
        UnknownRuleError: ``parameters`` do not parse.
    """
    name, _, number = parameters.partition("=")
    if name not in algorithms:
        form = "threshold:<hash>=<distance>"
        raise _unparsed(text, form, "threshold:pdq=31", [name], algorithms)
    in_bits = algorithms[name].comparison is Comparison.HAMMING
    farthest = algorithms[name].bits if in_bits else _FARTHEST_CORRELATION
    asked = _number(number)
    if not 0 <= asked <= farthest:
        what = "bits, or below 1 a fraction of them" if in_bits else "one minus the correlation"
        raise UnknownRuleError(
            f"{text!r} does not parse: the distance of {name} is 0 to {farthest:g} ({what}), for"
            f" example threshold:{name}={farthest / 8:g}"
        )
    bound = asked * farthest if in_bits and 0 < asked < 1 else asked
    quality = quality_for(name)

    def judge(distances: Distances, _entries: int) -> Verdict:
        distance = distances.by_name[name]
        if distance > bound:
            return clear(text, f"{name} is {distance:.4g} away, more than {bound:.4g}")
        reason = f"{name} is {distance:.4g} away, at most {bound:.4g}"
        return block(text, reason, distances, quality)

    return Rule(text, (name,), (Bound(name, bound),), judge)


def both_rule(text: str, parameters: str, algorithms: Mapping[str, Measured]) -> Rule:
    """Return the rule ``both:<hash>,<hash>=<percent>``: all similarities are at least that.

    Raises:
        UnknownRuleError: ``parameters`` do not parse.
    """
    listed, _, number = parameters.partition("=")
    names = tuple(dict.fromkeys(listed.split(",")))
    percent = _number(number)
    if len(names) < 2 or not 0 <= percent <= _WHOLE or not algorithms.keys() >= set(names):
        form = "both:<hash>,<hash>=<percent>"
        raise _unparsed(text, form, "both:phash,dhash=85", names, algorithms)
    quality = quality_for(*names)
    # Every match is within the bound of each hash, so the longest alone finds them all.
    leading = max(names, key=lambda name: algorithms[name].bits)

    def judge(distances: Distances, _entries: int) -> Verdict:
        similar = {name: distances.similarity_percent[name] for name in names}
        listing = ", ".join(f"{name} {value:.1f} %" for name, value in similar.items())
        if min(similar.values()) < percent:
            return clear(text, f"alike are {listing}, not all at least {percent:g} %")
        return block(text, f"alike are {listing}, all at least {percent:g} %", distances, quality)

    bound = Bound(leading, _farthest_at(percent, algorithms[leading]))
    return Rule(text, (leading, *(name for name in names if name != leading)), (bound,), judge)


def _farthest_at(percent: float, algorithm: Measured) -> float:
    """Return the largest distance of a pair that is alike to ``percent``."""
    if algorithm.comparison is Comparison.HAMMING:
        return math.floor(algorithm.bits * (1 - percent / _WHOLE) + _ROUNDING)
    if percent == 0:  # which every pair reaches: no similarity is below
        return _FARTHEST_CORRELATION
    return 1 - percent / _WHOLE + _ROUNDING


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _unparsed(
    text: str,
    form: str,
    example: str,
    names: Sequence[str],
    algorithms: Mapping[str, Measured],
) -> UnknownRuleError:
    unknown = next((name for name in names if name and name not in algorithms), "")
    near = difflib.get_close_matches(unknown, algorithms, n=1)
    hint = f"no hash is called {unknown!r}, did you mean {near[0]!r}? Write" if near else "write"
    return UnknownRuleError(
        f"{text!r} does not parse: {hint} {form}, for example {example}, with hashes among"
        f" {', '.join(sorted(algorithms))}"
    )
