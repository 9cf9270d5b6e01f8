"""Looks pictures up in a bank, some dozens at a time, and gives each result as soon as it can."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from eikona.domain.errors import EikonaError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.match import Match

Key = TypeVar("Key")

BATCH = 64  # pictures that are looked up together, which costs less than one by one
BATCH_S = 0.25  # or as many as came within this time

Search = Callable[[Sequence[Fingerprint]], Sequence[Sequence[Match]]]


@dataclass(frozen=True, slots=True)
class Searched(Generic[Key]):
    """A picture that was looked up.

    Attributes:
        key: what the caller knows it by.
        fingerprint: of it.
        matches: entries that the rule does not clear, nearest first.
    """

    key: Key
    fingerprint: Fingerprint
    matches: Sequence[Match]


@dataclass(frozen=True, slots=True)
class Unread(Generic[Key]):
    """A picture that has no fingerprint, and why."""

    key: Key
    error: EikonaError


def scan(
    pictures: Iterable[tuple[Key, Fingerprint | EikonaError]],
    *,
    search: Search,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Searched[Key] | Unread[Key]]:
    """Yield what is found of each picture, in order.

    Args:
        pictures: each with its fingerprint, or with the reason why it has none.
        search: looks up several fingerprints at once.
        clock: seconds.
    """
    waiting: list[tuple[Key, Fingerprint | EikonaError]] = []
    since = clock()
    for picture in pictures:
        waiting.append(picture)
        if len(waiting) >= BATCH or clock() - since > BATCH_S:
            yield from _results(waiting, search)
            waiting, since = [], clock()
    yield from _results(waiting, search)


def _results(
    pictures: Sequence[tuple[Key, Fingerprint | EikonaError]], search: Search
) -> Iterator[Searched[Key] | Unread[Key]]:
    fingerprints = [read for _, read in pictures if isinstance(read, Fingerprint)]
    found = iter(search(fingerprints) if fingerprints else ())
    for key, read in pictures:
        if isinstance(read, Fingerprint):
            yield Searched(key, read, next(found))
        else:
            yield Unread(key, read)
