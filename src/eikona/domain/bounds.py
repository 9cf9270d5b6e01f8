"""Bounds that a field of a noun carries in its type, for whoever reads the noun from bytes."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Text:
    """Text of at most so many characters, all of it like ``pattern`` where there is one."""

    most: int
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``least`` to ``most``."""

    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Length:
    """Exactly so many bytes."""

    exactly: int


@dataclass(frozen=True, slots=True)
class Many:
    """A sequence or a mapping of at most so many members."""

    most: int


MOST_EXACT = 2**53 - 1  # the largest whole number that every JSON reader keeps

Name = Annotated[str, Text(64, r"[A-Za-z0-9][A-Za-z0-9_.:@=,-]*")]
Words = Annotated[str, Text(512)]
KeyId = Annotated[str, Text(32, r"[0-9a-f]{32}")]
Count = Annotated[int, Whole(MOST_EXACT)]
Milliseconds = Annotated[int, Whole(MOST_EXACT)]  # since 1970, by the clock of whoever says it
Digest = Annotated[bytes, Length(32)]
PublicKey = Annotated[bytes, Length(32)]
Signature = Annotated[bytes, Length(64)]
