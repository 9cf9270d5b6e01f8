"""What callers of a bank say, checked and in the words of the stages."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import Odds, Rule, parse_rule
from eikona.domain.bank import Entry, EntryFilter, EntryState
from eikona.domain.errors import EntryNotFoundError, UsageError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.policy import PlainMatches, Policy
from eikona.hashing.registry import ALGORITHMS
from eikona.services.ports import HashKey

_UNLISTED_VERSION = 1  # of hashes that other programs have computed


def checked_top(top: int | None) -> int | None:
    """Return how many matches are asked for at most.

    Raises:
        UsageError: fewer than one.
    """
    if top is not None and top < 1:
        raise UsageError(f"top = {top}: ask for one match at least, or for all with None")
    return top


def chosen_rule(policy: Policy, rule: str | None = None, radius: int | None = None) -> Rule:
    """Return the rule of this name, of the bank's policy, or for all within a radius of PDQ.

    Raises:
        UsageError: there is no such rule, or no such radius.
    """
    text = (policy.rule if rule is None else rule) if radius is None else f"threshold:pdq={radius}"
    return parse_rule(text, ALGORITHMS, odds=Odds(policy.block_odds, policy.review_odds))


def checked_policy(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """Return a policy with some of its fields changed.

    Raises:
        UsageError: there is no such field or rule, or a value is wrong.
    """
    known = {field.name for field in fields(Policy)}
    if unknown := sorted(changes.keys() - known):
        raise UsageError(f"no policy has {unknown[0]!r}: there are {', '.join(sorted(known))}")
    try:
        plain = PlainMatches(changes.get("plain", policy.plain))
        changed = replace(policy, **{**changes, "plain": plain})
        odds = (float(changed.block_odds), float(changed.review_odds))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{error}: give numbers for odds, and review or clear for plain"
        ) from error
    if not all(map(math.isfinite, odds)):
        raise UsageError(f"odds of {odds[0]:g} and {odds[1]:g}: give numbers above 0")
    changed = replace(changed, block_odds=odds[0], review_odds=odds[1])
    chosen_rule(changed)
    return changed


def entry_filter(
    tags: Iterable[str] = (),
    owner: str | None = None,
    states: Iterable[EntryState | str] = tuple(EntryState),
) -> EntryFilter:
    """Return the filter that takes entries with these tags, of this owner, in these states.

    Raises:
        UsageError: there is no such state.
    """
    try:
        chosen = frozenset(map(EntryState, states))
    except ValueError as error:
        raise UsageError(f"{error}: give {', '.join(EntryState)}") from error
    return EntryFilter(tags=frozenset(tags), owner=owner, states=chosen)


def entry_for(store: BankStore, name: str, picture: Fingerprint, source: str) -> Entry:
    """Return the entry of a picture, with what is noted of the one that has its name now."""
    try:
        there = store.entry(name)
    except EntryNotFoundError:
        return Entry(name=name, fingerprint=picture, source=source, created=datetime.now(UTC))
    return Entry(
        name=name,
        fingerprint=picture,
        source=source or there.source,
        created=datetime.now(UTC),
        state=there.state,
        tags=there.tags,
        owner=there.owner,
        note=there.note,
    )


def key_of(algorithm: str, size: int) -> HashKey:
    """Return the key of a hash by its name, in today's version where it is one of ours."""
    known = ALGORITHMS.get(algorithm)
    return HashKey(algorithm, _UNLISTED_VERSION if known is None else known.id.version, size)


def checked_codes(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return codes as they must be.

    Raises:
        UsageError: they have another shape or type.
    """
    values = np.asarray(codes)
    if values.ndim != 2 or values.dtype != np.uint8 or values.shape[1] == 0:
        raise UsageError(
            f"codes have shape {values.shape} and type {values.dtype}: give (number, bytes), uint8"
        )
    return values
