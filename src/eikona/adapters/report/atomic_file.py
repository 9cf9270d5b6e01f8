"""A file that appears whole under its name, or not at all."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from eikona.domain.errors import UsageError


@contextmanager
def replacing(target: Path, *, errors: str = "strict") -> Iterator[TextIO]:
    """Yield a file of UTF-8 text that takes the place of ``target`` when all went well.

    Line ends are written as they are given. A link stays a link: what it points at is replaced. A
    device or a pipe stays what it is, too, and gets what is written as it comes.
    ``errors`` says what becomes of letters that are no text.

    Raises:
        UsageError: there is no folder for it, or a folder of that name.
        OSError: it cannot be written.
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
        OSError: it cannot be written.
    """
    with _replacing(target) as descriptor, os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        _sync(descriptor)


@contextmanager
def _replacing(target: Path) -> Iterator[int]:
    """Yield the descriptor of a file, which is closed by whoever gets it."""
    target = target.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}: make it, or name another place")
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name a file in it")
    if target.exists() and not target.is_file():  # renaming over it would take it from everybody
        yield os.open(target, os.O_WRONLY)
        return
    # A name that others can foresee could be a link of theirs: this one is new and ours alone.
    descriptor, name = tempfile.mkstemp(prefix=".eikona-", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        yield descriptor
        part.chmod(target.stat().st_mode & 0o777 if target.exists() else _usual_mode())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _sync(descriptor: int) -> None:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):  # devices and pipes know no such thing
        os.fsync(descriptor)


def _usual_mode() -> int:
    """Return the mode that this process gives new files."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
