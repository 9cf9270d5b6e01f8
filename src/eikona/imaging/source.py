"""Reads encoded bytes from a path, a buffer or an open file, never blocking and never too much."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Protocol, cast

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
    UsageError,
)
from eikona.domain.limits import Limits

# Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever; without O_NOCTTY a
# terminal would become ours; without O_BINARY Windows would translate line ends.
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_OPEN |= getattr(os, "O_BINARY", 0)
_NEXT_BYTES = 1 << 20  # asked for at a time where a file is longer than it said


class _Readable(Protocol):
    def read(self, size: int, /) -> object: ...


Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


def read_source(source: Source, limits: Limits) -> bytes:
    """Return the bytes of ``source``.

    Args:
        source: a path, a buffer, or a file opened for reading bytes, which is read to its end.
        limits: ``max_bytes`` bounds what is read.

    Raises:
        SourceError: the bytes cannot be had; the subclass says why.
        TooManyBytesError: more than ``max_bytes``.
        EmptySourceError: no bytes at all.
        UsageError: ``source`` is none of these.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data = _copied(source, limits.max_bytes)
    elif isinstance(source, str | os.PathLike):
        data = _read_path(os.fsdecode(source), limits.max_bytes)
    else:
        data = _read_file(source, limits.max_bytes)
    if len(data) > limits.max_bytes:
        raise _too_many_bytes(limits.max_bytes)
    if not data:
        msg = "the file is empty: it holds no bytes"
        raise EmptySourceError(msg)
    return data


def _copied(buffer: bytes | bytearray | memoryview, max_bytes: int) -> bytes:
    if memoryview(buffer).nbytes > max_bytes:
        raise _too_many_bytes(max_bytes)
    return bytes(buffer)


def _read_file(file: _Readable, max_bytes: int) -> bytes:
    try:
        return _read_all(file, max_bytes, first=max_bytes + 1)
    except OSError as error:
        raise source_error(str(getattr(file, "name", "")), error) from error
    except ValueError as error:  # closed, or detached
        msg = f"the file cannot be read: {error}"
        raise SourceError(msg) from error
    except (AttributeError, TypeError) as error:
        msg = "a source is a path, bytes, or a file opened for reading bytes"
        raise UsageError(msg) from error


def _read_path(path: str, max_bytes: int) -> bytes:
    try:
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        raise source_error(path, error) from error
    except ValueError as error:  # a null character, or none that the file system can encode
        msg = "no such file: no file can have this name"
        raise SourceMissingError(msg) from error
    try:
        size = _size_of_regular(descriptor)
        if size > max_bytes:
            raise _too_many_bytes(max_bytes)
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
            # One more than there should be shows in one call whether that was all.
            return _read_all(file, max_bytes, first=size + 1)
    except OSError as error:
        raise source_error(path, error) from error
    finally:
        os.close(descriptor)


def _size_of_regular(descriptor: int) -> int:
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        msg = "this is a folder: name a file in it, or use a command that takes folders"
        raise IsFolderError(msg)
    if not stat.S_ISREG(status.st_mode):
        msg = "this is a pipe, socket or device, not a file: pass its bytes on standard input"
        raise NotRegularFileError(msg)
    return status.st_size


def _read_all(file: _Readable, max_bytes: int, *, first: int) -> bytes:
    """Read to the end, or one byte past the limit where there is more.

    Args:
        file: may give less than it is asked for before its end.
        max_bytes: the limit.
        first: bytes to ask for at first.
    """
    parts: list[bytes] = []
    left, ask = max_bytes + 1, first
    while left > 0 and (given := file.read(min(left, ask))):
        # What is neither bytes nor a buffer of them, such as a text file's str, is refused here.
        part = given if isinstance(given, bytes) else bytes(memoryview(cast("bytearray", given)))
        parts.append(part)
        left -= len(part)
        ask = _NEXT_BYTES
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
