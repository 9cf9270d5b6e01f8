"""A file of JSON lines that survives a crash at any moment and lets a long run go on where it was.

Each line is one object with ``file`` and either ``error`` or ``resume``: size and modification time
of the file when it was read, a digest of the settings, and how many lines the file has in all. A
line is whole or, at the very end, torn; a torn line is dropped. Nothing else is needed to go on:
there is no second file that could disagree.

A line leaves the journal only for a newer one of the same file that stands in it already: what
fails or has changed is hashed anew first, and the old lines are left out at the end.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from eikona.adapters.journal_lines import Group, Standing, groups
from eikona.domain.errors import UsageError

_SYNC_EVERY_S = 1.0  # what a power cut may cost; a crash of the process alone costs nothing
_COPY_BYTES = 1 << 20


Range = tuple[int, int]  # first byte and the one after the last


@dataclass(slots=True)
class _Contents:
    """What stands in a journal.

    Attributes:
        done: files that need not be done again.
        stale: where the lines are of each file that failed or has changed.
        superseded: lines that later ones of the same file have replaced.
        end: where the last whole line ends.
    """

    done: set[str] = field(default_factory=set)
    stale: dict[str, list[Range]] = field(default_factory=dict)
    superseded: list[Range] = field(default_factory=list)
    end: int = 0

    def add(self, group: Group) -> None:
        """Take in the next lines."""
        name, lines = group.name, (group.start, group.end)
        self.end = group.end
        standing = group.standing()
        if standing is Standing.STALE and name not in self.done:
            self.stale.setdefault(name, []).append(lines)
        elif standing is Standing.STALE or (standing is Standing.HOLDS and name in self.done):
            self.superseded.append(lines)
        elif standing is not Standing.ONCE:
            self.done.add(name)
            self.supersede(name)

    def supersede(self, name: str) -> None:
        """Note that newer lines of a file stand in the journal."""
        self.superseded += self.stale.pop(name, ())


class Journal:
    """An open journal: knows what is done, takes what follows."""

    def __init__(self, path: Path, file: BinaryIO, contents: _Contents) -> None:
        self._path = path
        self._file = file
        self._contents = contents
        self._synced_at = time.monotonic()

    @property
    def done(self) -> AbstractSet[str]:
        """Names of the files that need not be done again."""
        return self._contents.done

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
        return cls(path, file, _Contents())

    @classmethod
    def resume(cls, path: Path, settings: str) -> "Journal":
        """Go on with a file, or begin it where there is none.

        Only a torn end is dropped here. Done are the files that succeeded and have not changed
        since, and those that cannot be looked at now.

        Raises:
            UsageError: another run is writing to the file, it is no journal, or it was written
                under other settings.
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
            contents = _Contents()
            with path.open("rb") as lines:
                for group in groups(path, lines, settings):
                    contents.add(group)
            file.truncate(contents.end)
            file.seek(contents.end)
        except BaseException:
            file.close()
            raise
        return cls(path, file, contents)

    def append(self, name: str, lines: Iterable[bytes]) -> None:
        """Add the lines of the file ``name``, each without its line end, in one write.

        Raises:
            OSError: the disk is full or broken.
        """
        data = b"".join(line + b"\n" for line in lines)
        while data:
            data = data[self._file.write(data) :]
        self._contents.supersede(name)
        if time.monotonic() - self._synced_at > _SYNC_EVERY_S:
            self._sync()

    def close(self) -> None:
        """Put everything on the disk, leave out what newer lines have replaced, let go of the file.

        Raises:
            OSError: there is no room for a copy without those lines; the journal stays as it was.
        """
        try:
            self._sync()
            if self._contents.superseded:
                _leave_out(self._path, self._file, self._contents.superseded)
        finally:
            self._file.close()

    def _sync(self) -> None:
        with suppress(OSError):  # not every target has a disk behind it
            os.fsync(self._file.fileno())
        self._synced_at = time.monotonic()


def _leave_out(path: Path, file: BinaryIO, ranges: list[Range]) -> None:
    """Put a copy of ``file`` without these ranges in its place, whole or not at all."""
    # A name that others can foresee could be a link of theirs: this one is new and ours alone.
    descriptor, name = tempfile.mkstemp(prefix=".eikona-", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            at = 0
            end = file.seek(0, os.SEEK_END)
            for start, following in (*sorted(ranges), (end, end)):
                _copy(file, at, start, copy)
                at = following
            copy.flush()
            os.fsync(copy.fileno())
        shutil.copymode(path, part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _copy(file: BinaryIO, start: int, end: int, to: BinaryIO) -> None:
    file.seek(start)
    while start < end:
        data = file.read(min(_COPY_BYTES, end - start))
        if not data:
            raise OSError("the journal was cut short by another program meanwhile")
        to.write(data)
        start += len(data)


def _lock(path: Path, file: BinaryIO) -> None:
    """Keep a second run out, where the system has such locks.

    Raises:
        UsageError: another run has the file, or has put a new one in its place meanwhile.
    """
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415  not on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours = os.path.samestat(os.fstat(file.fileno()), path.stat())
    except BlockingIOError:
        ours = False
    except OSError:
        return  # this file system has no locks
    if not ours:
        file.close()
        raise UsageError(f"another run is writing to {path}: wait for it")
