"""Reads encoded bytes from a path, a buffer or an open file, never blocking and never too much."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from eikona.domain.errors import (
    BrokenLinkError,
    EmptySourceError,
    IsFolderError,
    LinkLoopError,
    NotRegularFileError,
    PermissionDeniedError,
    SourceError,
    SourceMissingError,
    TooManyBytesError,
)
from eikona.domain.limits import Limits

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


def read_source(source: Source, limits: Limits) -> bytes:
    """Return the bytes of ``source``.

    Args:
        source: a path, a buffer, or a file opened for reading bytes.
        limits: ``max_bytes`` bounds what is read.

    Raises:
        SourceError: the path cannot be read; the subclass says why.
        TooManyBytesError: more than ``max_bytes``.
        EmptySourceError: no bytes at all.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | os.PathLike):
        data = _read_path(os.fspath(source), limits.max_bytes)
    else:
        data = source.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise _too_many_bytes(limits.max_bytes)
    if not data:
        msg = "the file is empty: it holds no bytes"
        raise EmptySourceError(msg)
    return data


def _read_path(path: str, max_bytes: int) -> bytes:
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    except OSError as error:
        raise source_error(path, error) from error
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            msg = "this is a folder: name a file in it, or use a command that takes folders"
            raise IsFolderError(msg)
        if not stat.S_ISREG(status.st_mode):
            msg = "this is a pipe, socket or device, not a file: pass its bytes on standard input"
            raise NotRegularFileError(msg)
        if status.st_size > max_bytes:
            raise _too_many_bytes(max_bytes)
        try:
            return _read_all(file, max_bytes)
        except OSError as error:
            raise source_error(path, error) from error


def _read_all(file: BinaryIO, max_bytes: int) -> bytes:
    """Read to the end, or one byte past the limit where the file grows meanwhile."""
    parts: list[bytes] = []
    left = max_bytes + 1
    while left > 0 and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def source_error(path: str, error: OSError) -> SourceError:  # noqa: PLR0911  (a table)
    """Return the error of our own that says what ``error`` means for ``path``."""
    if error.errno == errno.ELOOP:
        return LinkLoopError("this symbolic link leads back to itself: remove or repair it")
    if error.errno == errno.ENOENT:
        if Path(path).is_symlink():
            return BrokenLinkError("this symbolic link points at nothing: remove or repair it")
        return SourceMissingError("no such file: check the path")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return PermissionDeniedError("reading is not permitted: check owner and mode")
    if error.errno == errno.ENXIO:
        return NotRegularFileError("this is a socket or device, not a file")
    if error.errno == errno.ENOTDIR:
        return SourceMissingError("no such file: a part of the path is not a folder")
    return SourceError(f"the file cannot be read: {error.strerror or error}")


def _too_many_bytes(max_bytes: int) -> TooManyBytesError:
    return TooManyBytesError(
        f"the file is larger than max_bytes = {max_bytes:,} bytes: raise that limit if you trust it"
    )


_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends
