"""A bank's policy as its manifest keeps it."""

from collections.abc import Mapping
from typing import Any

from eikona.domain.policy import DEFAULT_POLICY, PlainMatches, Policy


def pack_policy(policy: Policy) -> dict[str, Any]:
    """Return a policy as JSON has it."""
    return {
        "rule": policy.rule,
        "block_odds": policy.block_odds,
        "review_odds": policy.review_odds,
        "plain": str(policy.plain),
        "allow_list": policy.is_allow_list,
    }


def unpack_policy(stored: Mapping[str, Any]) -> Policy:
    """Return the policy that ``pack_policy`` made JSON of; what is missing is as by default.

    Raises:
        KeyError, TypeError, ValueError: it makes no sense.
    """
    default = pack_policy(DEFAULT_POLICY)
    kept = {key: stored.get(key, value) for key, value in default.items()}
    return Policy(
        rule=str(kept["rule"]),
        block_odds=float(kept["block_odds"]),
        review_odds=float(kept["review_odds"]),
        plain=PlainMatches(kept["plain"]),
        is_allow_list=bool(kept["allow_list"]),
    )
