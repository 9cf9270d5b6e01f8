"""The lines of a journal: what each says of its file, and which of them belong together."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from types import NoneType
from typing import Any

from eikona.domain.errors import UsageError

_BEGIN = b'{"file": "'  # of every line
_STAMP_TYPES = {"size": (int,), "mtime_ns": (int, NoneType), "settings": (str,), "of": (int,)}


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file was when it was read, and under which settings.

    Attributes:
        size: bytes.
        mtime_ns: modification time, nanoseconds since 1970; None for what was no file, such as
            standard input, and so cannot be read again.
        settings: digest of all that decides the result besides the file.
    """

    size: int
    mtime_ns: int | None
    settings: str

    @classmethod
    def of(cls, path: str, settings: str) -> "Stamp":
        """Return the stamp that ``path`` would get now.

        Raises:
            OSError: the file cannot be looked at.
        """
        status = os.stat(path)  # noqa: PTH116  a Path for each file would cost more than this
        return cls(status.st_size, status.st_mtime_ns, settings)

    def entry(self, lines: int) -> dict[str, object]:
        """Return the value of ``resume`` for each of a file's ``lines``."""
        return {
            "size": self.size,
            "mtime_ns": self.mtime_ns,
            "settings": self.settings,
            "of": lines,
        }


class Standing(Enum):
    """What the lines of one file are worth now."""

    HOLDS = auto()  # nothing has changed since
    OUT_OF_REACH = auto()  # whether it has cannot be told: the file is not there now
    ONCE = auto()  # they are not of a file, so nothing can make them again
    STALE = auto()  # to be done again, should the file come along


@dataclass(slots=True)
class Group:
    """The lines of one file, from ``start`` to ``end`` in the journal."""

    name: str
    start: int
    end: int
    entries: list[dict[str, Any] | None] = field(default_factory=list)

    def takes(self, name: str, entry: dict[str, Any] | None) -> bool:
        """Whether a line that follows belongs here."""
        return not self.is_whole() and name == self.name and entry == self.entries[0]

    def is_whole(self) -> bool:
        """Whether it has all of its lines; a failure has one."""
        first = self.entries[0]
        return first is None or len(self.entries) >= first["of"]

    def standing(self) -> Standing:
        """Look at the file and say what the lines are worth."""
        first = self.entries[0]
        if first is None or not self.is_whole():
            return Standing.STALE
        if first["mtime_ns"] is None:
            return Standing.ONCE
        try:
            now = Stamp.of(self.name, first["settings"])
        except (OSError, ValueError):
            return Standing.OUT_OF_REACH
        return Standing.HOLDS if first == now.entry(len(self.entries)) else Standing.STALE


def groups(path: Path, lines: Iterable[bytes], settings: str) -> Iterator[Group]:
    """Yield the lines of each file, without those of a last one that was torn.

    Args:
        path: of the journal, for messages.
        lines: all of it, each line with its end.
        settings: those that every line must have been written under.

    Raises:
        UsageError: a line was not, or is none of a journal's.
    """
    group: Group | None = None
    at = 0
    for line in lines:
        if not line.endswith(b"\n"):
            if not _is_torn(line, first=at == 0):
                _parse(path, line.rstrip(b"\0"))
            break
        name, entry = _parse(path, line)
        if entry is not None and entry["settings"] != settings:
            raise UsageError(
                f"{path} was written with other options (--algorithm, --decode, --frames, --compat)"
                " or another version of the hashes: give the same again, or name a new file"
            )
        if group is None or not group.takes(name, entry):
            if group is not None:
                yield group
            group = Group(name, at, at)
        at += len(line)
        group.end = at
        group.entries.append(entry)
    if group is not None and group.is_whole():
        yield group


def _parse(path: Path, line: bytes) -> tuple[str, dict[str, Any] | None]:
    """Return ``file`` and ``resume`` of a line; the latter is None where the file failed."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict) and isinstance(record.get("file"), str):
        stamp, error = record.get("resume"), record.get("error")
        if error is None and _is_stamp(stamp):
            return record["file"], stamp
        if stamp is None and _is_error(error):
            return record["file"], None
    raise UsageError(f"{path} holds what --output did not write: name another file")


def _is_stamp(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _STAMP_TYPES.keys():
        return False
    if any(type(value[key]) not in types for key, types in _STAMP_TYPES.items()):
        return False
    return bool(value["size"] >= 0 and value["of"] >= 1)


def _is_error(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) for key in ("code", "message")
    )


def _is_torn(line: bytes, *, first: bool) -> bool:
    """Whether a line without its end is part of one that ``append`` was to write."""
    written = line.rstrip(b"\0")  # what a power cut leaves of blocks that never reached the disk
    if not written:
        return not first
    if not (written.startswith(_BEGIN) or _BEGIN.startswith(written)):
        return False
    try:
        json.loads(written)
    except (ValueError, RecursionError):
        return True
    return False  # it lacks only its end, so it must be a line of ours like any other
