"""Cases that the gateway has taken in and that are not ruled on yet, with their pictures, on disk.

One file a case: a line with the submission, then the picture. What ``put`` returned from outlives
the process and a power cut, and comes back in the order in which it was taken.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from eikona.adapters.raft.disk import sync_folder
from eikona.balloting.canonical import canonical, parse
from eikona.balloting.records import noun_from, record_of
from eikona.domain.case import Submission
from eikona.domain.errors import MalformedError, QuorumError

_OWNER_ONLY = 0o600
_LINE_BYTES_MOST = 65536
_SUFFIX = ".case"


@dataclass(slots=True)
class Waiting:
    """A case that is not ruled on.

    Attributes:
        number: place in the order in which cases were taken.
        submission: what is asked.
        file: where it is.
        at: byte of the file at which the picture begins.
    """

    number: int
    submission: Submission
    file: Path
    at: int


class Spool:
    """A folder of waiting cases; for any thread."""

    def __init__(self, folder: Path) -> None:
        """Open a spool, or begin one.

        Raises:
            QuorumError: a file in it is damaged.
            OSError: it cannot be read.
        """
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for torn in folder.glob("*.new"):
            torn.unlink()
        self._waiting = {one.number: one for one in map(_read, sorted(folder.glob(f"*{_SUFFIX}")))}
        self._next = max(self._waiting, default=0) + 1
        self._pictures: dict[bytes, list[Waiting]] = {}
        for one in self._waiting.values():
            self._note(one)

    def waiting(self) -> list[Waiting]:
        """Return all cases, in their order."""
        with self._lock:
            return [self._waiting[number] for number in sorted(self._waiting)]

    def put(self, submission: Submission, picture: bytes) -> Waiting:
        """Take a case in.

        Raises:
            OSError: it cannot be written, and is not taken.
        """
        with self._lock:
            number = self._next
            self._next += 1
        one = self._write(number, submission, picture)
        with self._lock:
            self._waiting[number] = one
            self._note(one)
        return one

    def rename(self, one: Waiting, submission: Submission) -> Waiting:
        """Let a case be asked under another id, in its place.

        Raises:
            OSError: it cannot be written, and stays as it was.
        """
        changed = self._write(one.number, submission, _picture(one))
        with self._lock:
            self._forget(one)
            self._waiting[one.number] = changed
            self._note(changed)
        return changed

    def drop(self, one: Waiting) -> None:
        """Forget a case that is ruled on."""
        with self._lock:
            self._waiting.pop(one.number, None)
            self._forget(one)
        one.file.unlink(missing_ok=True)

    def picture(self, sha256: bytes) -> bytes | None:
        """Return the bytes of a picture that a case is about."""
        with self._lock:
            one = next(iter(self._pictures.get(sha256, ())), None)
        if one is None:
            return None
        try:
            return _picture(one)
        except OSError:
            return None

    def _note(self, one: Waiting) -> None:
        if (digest := one.submission.subject.picture) is not None:
            self._pictures.setdefault(digest, []).append(one)

    def _forget(self, one: Waiting) -> None:
        digest = one.submission.subject.picture
        if digest is not None and one in (left := self._pictures.get(digest, [])):
            left.remove(one)
            if not left:
                del self._pictures[digest]

    def _write(self, number: int, submission: Submission, picture: bytes) -> Waiting:
        path = self._folder / f"{number:012}{_SUFFIX}"
        line = canonical(record_of(submission)) + b"\n"
        partial = self._folder / f"{number:012}.new"
        partial.unlink(missing_ok=True)
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        try:
            with open(file, "wb") as opened:  # noqa: PTH123  a descriptor has no path
                opened.write(line + picture)
                opened.flush()
                os.fsync(opened.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        sync_folder(self._folder)
        return Waiting(number, submission, path, len(line))


def _read(path: Path) -> Waiting:
    with path.open("rb") as file:
        line = file.readline(_LINE_BYTES_MOST)
    try:
        record = parse(line.removesuffix(b"\n"), most_bytes=_LINE_BYTES_MOST)
        return Waiting(int(path.stem), noun_from(Submission, record), path, len(line))
    except (MalformedError, ValueError) as error:
        raise QuorumError(
            f"{path} is no case: move it away, and submit its picture again"
        ) from error


def _picture(one: Waiting) -> bytes:
    with one.file.open("rb") as file:
        file.seek(one.at)
        return file.read()
