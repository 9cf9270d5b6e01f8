"""A file that appears whole under its name, or not at all."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from eikona.adapters.system_errors import unwritable
from eikona.domain.errors import UsageError

_PREFIX, _SUFFIX = ".eikona-", ".part"  # of what is not whole yet


@contextmanager
def replacing(target: Path, *, errors: str = "strict") -> Iterator[TextIO]:
    """Yield a file of UTF-8 text that takes the place of ``target`` when all went well.

    Line ends are written as they are given. A link stays a link: what it points at is replaced. A
    device or a pipe stays what it is, too, and gets what is written as it comes.
    ``errors`` says what becomes of letters that are no text.

    Raises:
        UsageError: there is no folder for it, or a folder of that name.
        UnwritableError: it cannot be written.
    """
    with (
        _replacing(target) as descriptor,
        os.fdopen(descriptor, "w", encoding="utf-8", errors=errors, newline="") as file,
    ):
        yield file
        file.flush()
        _sync(descriptor)


@contextmanager
def replacing_bytes(target: Path) -> Iterator[BinaryIO]:
    """Yield a file of bytes that takes the place of ``target`` like that of ``replacing``.

    Raises:
        UsageError: there is no folder for it, or a folder of that name.
        UnwritableError: it cannot be written.
    """
    with _replacing(target) as descriptor, os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        _sync(descriptor)


@contextmanager
def _replacing(target: Path) -> Iterator[int]:
    """Yield the descriptor of a file, which is closed by whoever gets it."""
    asked, target = target, target.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}: make it, or name another place")
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name a file in it")
    if target.exists() and not target.is_file():  # renaming over it would take it from everybody
        with _told_of(asked, target):
            yield os.open(target, os.O_WRONLY)
        return
    # A name that others can foresee could be a link of theirs: this one is new and ours alone.
    with _told_of(asked, target):
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=target.parent)
        part = Path(name)
        try:
            yield descriptor
            part.chmod(target.stat().st_mode & 0o777 if target.exists() else _usual_mode())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def probe(target: Path) -> None:
    """Make sure that ``replacing`` may write a file, and leave no trace of that.

    Raises:
        UnwritableError: it may not.
    """
    asked, target = target, target.resolve()
    with _told_of(asked, target):
        if target.exists() and not target.is_file():
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, "")
            return
        with tempfile.TemporaryFile(prefix=_PREFIX, suffix=_SUFFIX, dir=target.parent):
            pass
        if target.exists() and _is_anothers(target):
            raise PermissionError(errno.EPERM, "")


@contextmanager
def _told_of(asked: Path, target: Path) -> Iterator[None]:
    """Name the file that was asked for where the system refuses it, or what is written for it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        name = error.filename
        ours = name is None or os.fsdecode(name) == str(target)
        if ours or Path(os.fsdecode(name)).name.startswith(_PREFIX):
            raise unwritable(asked, error) from error
        raise


def _is_anothers(target: Path) -> bool:
    """Whether this user may not replace a file in a folder where each has his own, as in /tmp."""
    folder, user = target.parent.stat(), getattr(os, "geteuid", lambda: 0)()
    return bool(
        folder.st_mode & stat.S_ISVTX and user not in (0, folder.st_uid, target.stat().st_uid)
    )


def _sync(descriptor: int) -> None:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):  # devices and pipes know no such thing
        os.fsync(descriptor)


def _usual_mode() -> int:
    """Return the mode that this process gives new files."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
