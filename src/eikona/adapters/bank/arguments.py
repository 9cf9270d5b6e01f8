"""What callers of a bank say, checked and in the words of the stages."""

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import Rule, parse_rule
from eikona.domain.bank import Entry, EntryFilter, EntryState
from eikona.domain.errors import EntryNotFoundError, UsageError
from eikona.domain.fingerprint import Fingerprint
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


def chosen_rule(rule: str, radius: int | None = None) -> Rule:
    """Return the rule of this name, or the one that finds all within a radius of PDQ.

    Raises:
        UnknownRuleError: there is no such rule, or no such radius.
    """
    return parse_rule(rule if radius is None else f"threshold:pdq={radius}", ALGORITHMS)


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
