"""A file of JSON lines that survives a crash at any moment and lets a long run go on where it was.

Each line is one object with ``file`` and ``resume``: size and modification time of the file when
it was read, a digest of the settings, and how many lines the file has in all. A line is whole or,
at the very end, torn; a torn line is dropped. Nothing else is needed to go on: there is no second
file that could disagree.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from eikona.domain.errors import UsageError

_SYNC_EVERY_S = 1.0  # what a power cut may cost; a crash of the process alone costs nothing
_COPY_BYTES = 1 << 20
_BEGIN = b'{"file": "'  # of every line
_STAMP_TYPES = {"size": (int,), "mtime_ns": (int,), "settings": (str,), "of": (int,)}


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file was when it was read, and under which settings.

    Attributes:
        size: bytes.
        mtime_ns: modification time, nanoseconds since 1970.
        settings: digest of all that decides the result besides the file.
    """

    size: int
    mtime_ns: int
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


@dataclass(slots=True)
class _Group:
    """The lines of one file, from ``start`` to ``end`` in the journal."""

    name: str
    start: int
    end: int
    entries: list[dict[str, Any] | None] = field(default_factory=list)

    def still_holds(self, settings: str) -> bool:
        """Whether all lines are there and the file is as it was when they were written."""
        first = self.entries[0]
        if first is None or any(entry != first for entry in self.entries):
            return False
        try:
            now = Stamp.of(self.name, settings)
        except (OSError, ValueError):
            return False
        return first == now.entry(len(self.entries))


class Journal:
    """An open journal: knows what is done, takes what follows."""

    def __init__(self, path: Path, file: BinaryIO, done: set[str]) -> None:
        self.done = done
        self._path = path
        self._file = file
        self._synced_at = time.monotonic()

    @classmethod
    def create(cls, path: Path) -> "Journal":
        """Begin a new file.

        Raises:
            UsageError: it exists.
            OSError: it cannot be made.
        """
        try:
            file = path.open("xb", buffering=0)
        except FileExistsError as error:
            raise UsageError(
                f"{path} exists: add --resume to go on with it, or name another file"
            ) from error
        _lock(path, file)
        return cls(path, file, set())

    @classmethod
    def resume(cls, path: Path, settings: str) -> "Journal":
        """Go on with a file, or begin it where there is none.

        Kept are the lines of files that succeeded under the same settings and have not changed
        since; the others are dropped here, since they will be done again.

        Raises:
            UsageError: another run is writing to the file, or this is no journal.
            OSError: it cannot be read or written.
        """
        path = path.resolve()  # a link stays a link when the file behind it is replaced
        if not path.exists():
            return cls.create(path)
        if not path.is_file():
            raise UsageError(f"{path} is not a regular file: name another")
        file = path.open("r+b", buffering=0)
        try:
            _lock(path, file)
            with path.open("rb") as lines:
                done, kept = _still_good(_groups(path, lines), settings)
            if not kept or (len(kept) == 1 and kept[0][0] == 0):
                file.truncate(kept[0][1] if kept else 0)
                file.seek(0, os.SEEK_END)
                return cls(path, file, done)
            part = _copy_of(path, file, kept)
        except BaseException:
            file.close()
            raise
        file.close()
        return cls(path, part, done)

    def append(self, lines: Iterable[bytes]) -> None:
        """Add the lines of one file, each without its line end, in one write.

        Raises:
            OSError: the disk is full or broken.
        """
        data = b"".join(line + b"\n" for line in lines)
        while data:
            data = data[self._file.write(data) :]
        if time.monotonic() - self._synced_at > _SYNC_EVERY_S:
            self._sync()

    def close(self) -> None:
        """Put everything on the disk and let go of the file."""
        self._sync()
        self._file.close()

    def _sync(self) -> None:
        with suppress(OSError):  # not every target has a disk behind it
            os.fsync(self._file.fileno())
        self._synced_at = time.monotonic()


def _groups(path: Path, lines: Iterable[bytes]) -> Iterator[_Group]:
    """Yield the lines of each file, without a torn last line."""
    group: _Group | None = None
    at = 0
    for line in lines:
        if not line.endswith(b"\n"):
            if not _is_torn(line, first=at == 0):
                _parse(path, line.rstrip(b"\0"))
            break
        name, entry = _parse(path, line)
        if group is None or group.name != name or _is_whole(group):
            if group is not None:
                yield group
            group = _Group(name, at, at)
        at += len(line)
        group.end = at
        group.entries.append(entry)
    if group is not None:
        yield group


def _is_whole(group: _Group) -> bool:
    first = group.entries[0]
    return first is None or len(group.entries) >= first["of"]


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


def _still_good(groups: Iterable[_Group], settings: str) -> tuple[set[str], list[list[int]]]:
    """Return the names of files that need not be done again, and where their lines are."""
    done: set[str] = set()
    kept: list[list[int]] = []
    for group in groups:
        if group.name in done or not group.still_holds(settings):
            continue
        done.add(group.name)
        if kept and kept[-1][1] == group.start:
            kept[-1][1] = group.end
        else:
            kept.append([group.start, group.end])
    return done, kept


def _copy_of(path: Path, old: BinaryIO, kept: list[list[int]]) -> BinaryIO:
    """Put a file with the kept ranges in the place of ``old``, whole or not at all."""
    # A name that others can foresee could be a link of theirs: this one is new and ours alone.
    descriptor, name = tempfile.mkstemp(prefix=".eikona-", suffix=".part", dir=path.parent)
    part = Path(name)
    file = os.fdopen(descriptor, "w+b", buffering=0)
    try:
        _lock(path, file)
        for start, end in kept:
            old.seek(start)
            for at in range(start, end, _COPY_BYTES):
                data = old.read(min(_COPY_BYTES, end - at))
                while data:
                    data = data[file.write(data) :]
        os.fsync(file.fileno())
        shutil.copymode(path, part)
        part.replace(path)
    except BaseException:
        file.close()
        part.unlink(missing_ok=True)
        raise
    return file


def _lock(path: Path, file: BinaryIO) -> None:
    """Keep a second run out, where the system has such locks."""
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415  not on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise UsageError(f"another run is writing to {path}: wait for it") from error
    except OSError:
        pass  # this file system has no locks
