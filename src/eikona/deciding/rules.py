"""Every rule by its name."""

import difflib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from eikona.deciding.eikona import eikona_rule, hashes_rule
from eikona.deciding.forbild import forbild_rule
from eikona.deciding.odds import DEFAULT_ODDS, Odds
from eikona.deciding.rule import Bound, Measured, Rule
from eikona.deciding.threshold import both_rule, threshold_rule
from eikona.deciding.trees.tree_rule import tree_file_rule
from eikona.deciding.unihasher import SINGLE_RULES, majority_rule, tree_rule
from eikona.domain.errors import UnknownRuleError

__all__ = ["DEFAULT_RULE", "EVERY_RULE", "RULE_FORMS", "Bound", "Odds", "Rule", "parse_rule"]

DEFAULT_RULE = "eikona"

_NAMED: Mapping[str, Callable[[str], Rule]] = MappingProxyType(
    {
        "majority": majority_rule,
        "unihasher-tree": tree_rule,
        "forbild": forbild_rule,
    }
)
_WITH_ODDS: Mapping[str, Callable[[str, Odds], Rule]] = MappingProxyType(
    {"eikona": eikona_rule, "eikona-hashes": hashes_rule}
)
_WITH_PARAMETERS: Mapping[str, Callable[[str, str, Mapping[str, Measured]], Rule]] = (
    MappingProxyType({"threshold": threshold_rule, "both": both_rule, "tree": tree_file_rule})
)
EVERY_RULE = (*SINGLE_RULES, *_NAMED, *_WITH_ODDS)  # that has a name and bounds of its own
RULE_FORMS = (
    *(*_NAMED, *_WITH_ODDS),
    *("threshold:<hash>=<distance>", "both:<hash>,<hash>=<percent>", "tree:<file>"),
)


def heeds_odds(text: str) -> bool:
    """Whether a rule of this name knows what to expect of chance."""
    return text in _WITH_ODDS


def parse_rule(text: str, algorithms: Mapping[str, Measured], *, odds: Odds = DEFAULT_ODDS) -> Rule:
    """Return the rule that ``text`` names.

    Args:
        text: one of ``RULE_FORMS``.
        algorithms: hashes that bounds may be set on, by name, as the registry has them.
        odds: false matches that are put up with, for rules that know what to expect.

    Raises:
        UnknownRuleError: no such rule, its parameters do not parse, or there is no such file.
        InvalidTreeError: a file holds no tree that this version can judge by.
    """
    if text in _NAMED:
        return _NAMED[text](text)
    if text in _WITH_ODDS:
        return _WITH_ODDS[text](text, odds)
    kind, _, parameters = text.partition(":")
    if kind in _WITH_PARAMETERS:
        return _WITH_PARAMETERS[kind](text, parameters, algorithms)
    near = difflib.get_close_matches(text, (*_NAMED, *_WITH_ODDS, *_WITH_PARAMETERS), n=1)
    hint = f", did you mean {near[0]!r}?" if near else ":"
    raise UnknownRuleError(f"no rule is named {text!r}{hint} choose from {', '.join(RULE_FORMS)}")
