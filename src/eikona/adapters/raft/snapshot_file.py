"""A node's snapshots: a file that is either whole or not there, the newest one kept."""

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eikona.adapters.raft.disk import sync_folder, sync_write
from eikona.adapters.raft.messages import Mark
from eikona.adapters.raft.wire import Reader, UnreadableError, counted, pack_mark, unpack_mark
from eikona.domain.errors import ReplicaDamagedError

_MAGIC = b"\x89EIKSNP\n"
_VERSION = 1
_HEAD = struct.Struct("<8sH32s")  # magic, version, SHA-256 of all that follows
_MAX_MARK_BYTES = 8 * 1024 * 1024
_SUFFIX = ".snapshot"
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A machine's whole state after the entry that the mark names."""

    mark: Mark
    state: bytes


class SnapshotFolder:
    """Where a node's snapshots stand."""

    def __init__(self, folder: Path, *, syncs: bool) -> None:
        self._folder = folder
        self._syncs = syncs
        folder.mkdir(parents=True, exist_ok=True)

    def load(self) -> Snapshot | None:
        """Return the newest snapshot; None where there is none.

        Raises:
            ReplicaDamagedError: it is not what was written, and the log before it is gone.
        """
        for path in self._folder.glob(f"*{_PARTIAL}"):
            path.unlink()
        paths = self._paths()
        return unpack_snapshot(paths[-1].read_bytes(), str(paths[-1])) if paths else None

    def save(self, snapshot: Snapshot) -> int:
        """Put a snapshot in place of the one before; return its bytes.

        Raises:
            OSError: the disk is full or broken; the one before stays.
        """
        packed = pack_snapshot(snapshot)
        return self._place(packed, snapshot.mark.index)

    def take_in(self, packed: bytes) -> Snapshot:
        """Put a file that another node sent in place of the one before.

        Raises:
            ReplicaDamagedError: it is no whole snapshot; the one before stays.
            OSError: the disk is full or broken; the one before stays.
        """
        snapshot = unpack_snapshot(packed, "the snapshot that was sent")
        self._place(packed, snapshot.mark.index)
        return snapshot

    def newest(self) -> Path | None:
        """Return the file of the newest snapshot."""
        paths = self._paths()
        return paths[-1] if paths else None

    def _place(self, packed: bytes, index: int) -> int:
        path = self._folder / f"{index:020d}{_SUFFIX}"
        partial = path.with_suffix(_PARTIAL)
        try:
            handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            try:
                sync_write(handle, packed, syncs=self._syncs)
            finally:
                os.close(handle)
            partial.rename(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        if self._syncs:
            sync_folder(self._folder)
        for old in self._older_than(path):
            old.unlink(missing_ok=True)
        return len(packed)

    def _older_than(self, path: Path) -> Iterator[Path]:
        return (other for other in self._paths() if other.name < path.name)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))


def pack_snapshot(snapshot: Snapshot) -> bytes:
    """Return a snapshot as the bytes of its file."""
    body = counted(pack_mark(snapshot.mark)) + snapshot.state
    return _HEAD.pack(_MAGIC, _VERSION, hashlib.sha256(body).digest()) + body


def unpack_snapshot(packed: bytes, name: str) -> Snapshot:
    """Return the snapshot that these bytes are.

    Raises:
        ReplicaDamagedError: they are none, or not all of one.
    """
    if len(packed) < _HEAD.size:
        raise ReplicaDamagedError(f"{name} is cut short")
    magic, version, digest = _HEAD.unpack_from(packed)
    if magic != _MAGIC or version > _VERSION:
        raise ReplicaDamagedError(f"{name} is no snapshot that this version reads")
    body = packed[_HEAD.size :]
    if hashlib.sha256(body).digest() != digest:
        raise ReplicaDamagedError(f"{name} is damaged")
    reader = Reader(body)
    try:
        return Snapshot(unpack_mark(reader.counted(_MAX_MARK_BYTES)), reader.rest())
    except UnreadableError as error:
        raise ReplicaDamagedError(f"{name} is damaged: {error}") from error
