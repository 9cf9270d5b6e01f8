"""Files that appear under their names whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
PART = ".part"


@contextmanager
def new_file(path: Path, *, mode: int) -> Iterator[BinaryIO]:
    """Give a file to write that stands at ``path``, and on the disk, once all went well.

    Args:
        path: where it will stand, in place of what stands there now.
        mode: its permissions, whatever the umask says.

    Raises:
        OSError: the disk is full or broken.
    """
    part = path.with_suffix(PART)
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, _NEW, mode), "w+b") as file:
            part.chmod(mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sync_folder(path: Path) -> None:
    """Make what was created, renamed or removed in a folder last."""
    if not hasattr(os, "O_DIRECTORY"):
        return  # this system does not open folders
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
