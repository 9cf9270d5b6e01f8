"""Keeps a second writer out of a bank."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eikona.adapters.system_errors import reason
from eikona.domain.errors import BankDeniedError, BankInUseError

LOCK = "lock"


@contextmanager
def writer_lock(bank: Path, *, mode: int) -> Iterator[None]:
    """Be the bank's only writer for a while; the system lets go of the lock when a process dies.

    Raises:
        BankInUseError: another writer is at work.
        BankDeniedError: this user may not write to the folder.
        OSError: the disk is full or broken.
    """
    try:
        descriptor = os.open(bank / LOCK, os.O_CREAT | os.O_RDWR, mode)
    except PermissionError as error:
        raise BankDeniedError(f"{bank} cannot be written: {reason(error)}") from error
    try:
        _lock(descriptor, bank)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, bank: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415  not on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BankInUseError(f"another process is writing to {bank}: wait for it") from error
    except OSError:
        return  # this file system has no locks
