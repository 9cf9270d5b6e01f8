"""A contender: something that is timed picture by picture."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FLOOR = "bare decode"
ARRAY_FLOOR = "bare decode to an RGB array"


class Kind(StrEnum):
    """What a contender stands for in the tables."""

    FLOOR = "floor"
    EIKONA = "eikona"
    PEER = "peer"
    STAGE = "stage"
    HASH = "hash"


@dataclass(frozen=True, slots=True)
class Contender:
    """Something timed.

    Attributes:
        what: its name in results and tables.
        kind: what it stands for.
        run: the timed call.
        prepare: makes the argument of ``run`` from the encoded bytes, anew each time and untimed.
        computes: what one call gives, in words.
        pictures: how many of the set's pictures it runs on where it is too slow for all.
        every: runs in each ``every``-th round only.
        cold: begins as a process does that has hashed nothing yet.
    """

    what: str
    kind: Kind
    run: Callable[[Any], object]
    prepare: Callable[[bytes], Any] = bytes
    computes: str = ""
    pictures: int | None = None
    every: int = 1
    cold: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """What one contender takes beyond another, round by round.

    Attributes:
        what: its name in results and tables.
        kind: what it stands for.
        whole: contender that does both.
        part: contender that is taken off.
        computes: what the difference gives, in words.
    """

    what: str
    kind: Kind
    whole: str
    part: str
    computes: str = ""


class MissingPeerError(Exception):
    """A package to compare with is not installed."""
