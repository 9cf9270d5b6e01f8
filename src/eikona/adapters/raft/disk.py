"""Writes that are on the disk when they return."""

import fcntl
import os
import sys
from pathlib import Path

from eikona.domain.errors import ReplicaStorageError


def sync_write(handle: int, data: bytes, *, syncs: bool = True) -> None:
    """Write everything, and wait until it is on the disk.

    Raises:
        OSError: it could not be written: the disk is full, for one.
        ReplicaStorageError: it was written, and nobody knows whether it reached the disk.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
    if not syncs:
        return
    try:
        _sync(handle)
    except OSError as error:  # what the cache then shows need not be what is on the disk
        raise ReplicaStorageError(
            f"the disk lost a write ({error.strerror}): replace it, remove this node from the"
            " quorum and add it anew"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(handle: int) -> None:
    """Wait until a file's bytes are on the disk, and not only in the disk's own memory."""
    if sys.platform == "darwin":
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(handle)
