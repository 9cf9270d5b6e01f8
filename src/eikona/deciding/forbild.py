"""The rule ``forbild``: few differing bits, or differing bits that weigh little.

Source: Steinebach, Liu, Yannikos, "ForBild: efficient robust image hashing", Proc. SPIE 8303, 2012.
"""

from eikona.deciding.rule import NOT_FLAT, Bound, Rule, block, clear
from eikona.domain.verdict import Distances, Verdict

_SAME_BITS = 8  # of 256
_SAME_WEIGHTED = 16.0


def forbild_rule(name: str) -> Rule:
    """Return the rule; no number of differing bits rules a small weighted distance out."""

    def judge(distances: Distances, _entries: int) -> Verdict:
        distance = distances.by_name["forbild"]
        if distance <= _SAME_BITS:
            reason = f"{distance:g} of 256 bits differ, at most {_SAME_BITS}"
            return block(name, reason, distances, NOT_FLAT)
        weighted = distances.by_name.get("forbild-weighted")
        if weighted is None:  # stored without grey values, or nothing to weigh against
            return clear(name, f"{distance:g} of 256 bits differ, more than {_SAME_BITS}")
        reason = f"{distance:g} bits differ, and their weighted distance is {weighted:.3g}"
        if weighted > _SAME_WEIGHTED:
            return clear(name, f"{reason}, more than {_SAME_WEIGHTED:g}")
        return block(name, f"{reason}, at most {_SAME_WEIGHTED:g}", distances, NOT_FLAT)

    bounds = (Bound("forbild", _SAME_BITS), Bound("forbild-weighted", _SAME_WEIGHTED))
    return Rule(name, ("forbild",), bounds, judge)
