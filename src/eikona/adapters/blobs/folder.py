"""A folder of files that are named by the SHA-256 of their content.

A file is written under another name first and flushed, so that one that has its name is whole.
"""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from eikona.adapters.raft.disk import sync_folder
from eikona.domain.errors import NotFoundError, StoreError, TooManyBytesError

_OWNER_ONLY = 0o600
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ABANDONED_S = 24 * 3600  # an upload that has not grown for so long will not end
_SETTLED_S = 3600  # no request takes so long
_SUFFIX = ".part"


class BlobFolder:
    """Implements ``Blobs``; for any thread and any number of processes."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, or begin one.

        Raises:
            StoreError: it cannot be written.
        """
        self._folder = folder
        self._incoming = folder / "incoming"
        try:
            self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(f"{folder} cannot be written: {error.strerror}") from error

    def receive(self, most_bytes: int) -> "Incoming":
        """Begin a blob whose bytes come bit by bit.

        Args:
            most_bytes: how long it may become.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            return Incoming(self, self._incoming / f"{secrets.token_hex(16)}{_SUFFIX}", most_bytes)
        except OSError as error:
            raise _refused(error) from error

    def put(self, content: bytes) -> str:
        """Keep bytes, and return their name once they are on disk.

        Raises:
            StoreError: they cannot be written.
        """
        with self.receive(len(content)) as incoming:
            incoming.write(content)
            return incoming.keep()

    def path(self, digest: str) -> Path:
        """Return the file of a blob.

        Raises:
            NotFoundError: there is none.
        """
        path = self._path(digest)
        if not path.is_file():
            raise NotFoundError("there is no such file")
        return path

    def read(self, digest: str) -> bytes:
        """Return a blob's bytes.

        Raises:
            NotFoundError: there is none.
        """
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFoundError("there is no such file") from None

    def remove(self, digest: str) -> None:
        """Remove a blob, if there is any.

        Raises:
            StoreError: it cannot be removed.
        """
        try:
            self._path(digest).unlink(missing_ok=True)
        except OSError as error:
            raise _refused(error) from error

    def digests(self) -> Iterator[str]:
        """Yield the names of all blobs."""
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            if _DIGEST.fullmatch(path.name):
                yield path.name

    def settled(self) -> Iterator[str]:
        """Yield the names of blobs that were put there an hour ago or earlier.

        A younger one may belong to a request that has not said so in the database yet.
        """
        for digest in self.digests():
            try:
                age_s = time.time() - self._path(digest).stat().st_mtime
            except FileNotFoundError:
                continue
            if age_s > _SETTLED_S:
                yield digest

    def tidy(self) -> None:
        """Remove what was begun and given up, such as uploads at the time of a crash."""
        for path in self._incoming.glob(f"*{_SUFFIX}"):
            try:
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue

    def free_bytes(self) -> int:
        """Return how much room the disk has."""
        return shutil.disk_usage(self._folder).free

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise NotFoundError("there is no such file")
        return self._folder / digest[:2] / digest

    def take(self, part: Path, digest: str) -> None:
        """Let a whole file become the blob that it is."""
        path = self._path(digest)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        part.replace(path)
        sync_folder(path.parent)


class Incoming:
    """A blob that is not whole yet; it is gone unless it is kept. For one thread at a time."""

    def __init__(self, blobs: BlobFolder, part: Path, most_bytes: int) -> None:
        """Begin it."""
        self._blobs = blobs
        self._part = part
        self._most_bytes = most_bytes
        self._hash = hashlib.sha256()
        self.size = 0
        self._file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)

    def write(self, chunk: bytes) -> None:
        """Add bytes.

        Raises:
            TooManyBytesError: it becomes too long.
            StoreError: they cannot be written.
        """
        self.size += len(chunk)
        if self.size > self._most_bytes:
            raise TooManyBytesError(f"more than the {self._most_bytes} bytes that a file may have")
        self._hash.update(chunk)
        view = memoryview(chunk)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise _refused(error) from error

    def keep(self) -> str:
        """Return its name, once it is on disk.

        Raises:
            StoreError: it cannot be written.
        """
        digest = self._hash.hexdigest()
        try:
            os.fsync(self._file)
            self._blobs.take(self._part, digest)
        except OSError as error:
            raise _refused(error) from error
        return digest

    def close(self) -> None:
        """Give it up, unless it was kept."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give it up, unless it was kept."""
        self.close()


def _refused(error: OSError) -> StoreError:
    return StoreError(f"the disk refuses to write: {error.strerror}")
