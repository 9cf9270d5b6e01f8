"""The rules of the Unihasher project: majority and decision tree over four hashes.

Source: Cp-Youfy/unihasher 0.1.3, ``unihasher.py``: ``majority_hash_comp``, the default thresholds,
and ``test_decision_tree_comp``.
Deviation: two hashes of four are a tie, and the difference hash breaks it, as that project's
documentation says; its code calls every tie no match. The hashes are ours, of the same definition:
256 bits of difference, DCT and wavelet, and its NMF ring hash.
"""

from collections.abc import Mapping
from types import MappingProxyType

from eikona.deciding.rule import NOT_FLAT, Bound, Rule, block, clear
from eikona.domain.verdict import Distances, Verdict

DHASH, PHASH, WHASH, NMF = "dhash256", "phash256", "whash256", "nmf-unihasher"
_BITS = 256
_ROUNDING = 1e-9

_FRACTIONS: Mapping[str, float] = MappingProxyType({DHASH: 0.334, PHASH: 0.348, WHASH: 0.191})
_CORRELATION = 0.952  # at least
# Each hash on its own, as a rule's name; the project compares them one by one, too.
SINGLE_RULES = (
    *(f"threshold:{name}={fraction}" for name, fraction in _FRACTIONS.items()),
    f"threshold:{NMF}={1 - _CORRELATION:g}",
)

_TREE_DHASH, _TREE_WHASH, _TREE_PHASH = 0.334, 0.277, 0.347
_TREE_NMF_NEAR, _TREE_NMF_FAR = 0.829, 0.976  # correlation where dhash is near, and where not


def majority_rule(name: str) -> Rule:
    """Return the rule: more than two of the four hashes match, or two with dhash among them."""

    def judge(distances: Distances, _entries: int) -> Verdict:
        by_name = distances.by_name
        matching = [one for one, most in _FRACTIONS.items() if by_name[one] <= most * _BITS]
        if 1 - by_name[NMF] >= _CORRELATION:
            matching.append(NMF)
        reason = f"{len(matching)} of 4 hashes match{': ' * bool(matching)}{', '.join(matching)}"
        if len(matching) > 2:
            return block(name, reason, distances, NOT_FLAT)
        if len(matching) == 2 and DHASH in matching:
            return block(name, f"{reason}; dhash256 breaks the tie", distances, NOT_FLAT)
        return clear(name, reason)

    # Without dhash, three must match, so whash is among them.
    bounds = tuple(Bound(one, _FRACTIONS[one] * _BITS) for one in (DHASH, WHASH))
    return Rule(name, (DHASH, PHASH, WHASH, NMF), bounds, judge)


def tree_rule(name: str) -> Rule:
    """Return the rule: the published decision tree of five questions."""

    def judge(distances: Distances, _entries: int) -> Verdict:
        dhash, phash, whash = (distances.by_name[one] / _BITS for one in (DHASH, PHASH, WHASH))
        correlation = 1 - distances.by_name[NMF]
        if dhash <= _TREE_DHASH:
            first = f"dhash256 {dhash:.3f} is at most {_TREE_DHASH}"
            if whash <= _TREE_WHASH:
                reason = f"{first}, and whash256 {whash:.3f} at most {_TREE_WHASH}"
                return block(name, reason, distances, NOT_FLAT)
            bound, other = _TREE_NMF_NEAR, f"whash256 {whash:.3f} is more than {_TREE_WHASH}"
        else:
            first = f"dhash256 {dhash:.3f} is more than {_TREE_DHASH}"
            if phash <= _TREE_PHASH:
                reason = f"{first}, but phash256 {phash:.3f} at most {_TREE_PHASH}"
                return block(name, reason, distances, NOT_FLAT)
            bound, other = _TREE_NMF_FAR, f"phash256 {phash:.3f} is more than {_TREE_PHASH}"
        if correlation > bound:
            reason = f"{first} and {other}, but the NMF hashes correlate by {correlation:.3f}"
            return block(name, f"{reason}, more than {bound}", distances, NOT_FLAT)
        reason = f"{first}, {other}, and the NMF hashes correlate by {correlation:.3f}"
        return clear(name, f"{reason}, at most {bound}")

    bounds = (
        Bound(DHASH, _TREE_DHASH * _BITS),
        Bound(PHASH, _TREE_PHASH * _BITS),
        Bound(NMF, 1 - _TREE_NMF_FAR + _ROUNDING),
    )
    return Rule(name, (DHASH, PHASH, WHASH, NMF), bounds, judge)
