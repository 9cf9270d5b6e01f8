"""Removes a redundant file, by deleting it or by moving it away, and never one that is needed.

Just before it goes, everything that the decision rested on is looked at once more: the file and the
one that is kept in its stead are what they were, are two files and no links.
"""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from eikona.domain.errors import FileChangedError, SourceError
from eikona.imaging.source import source_error


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as it was when it was looked at.

    Attributes:
        path: as it was given.
        size_bytes: of the file; where the path is a link, of what it leads to, as all that follows.
        modified_ns: when it was last changed, nanoseconds since 1970.
        identity: device and number of the file; equal for two names of one file.
        is_link: whether the path is a symbolic link.
    """

    path: str
    size_bytes: int
    modified_ns: int
    identity: tuple[int, int]
    is_link: bool

    @classmethod
    def of(cls, path: str) -> "FileFacts":
        """Look at a file.

        Raises:
            SourceError: it cannot be looked at.
        """
        try:
            is_link = stat.S_ISLNK(os.lstat(path).st_mode)
            status = os.stat(path)  # noqa: PTH116  a Path for each file would cost more than this
        except (OSError, ValueError) as error:
            if isinstance(error, OSError):
                raise source_error(path, error) from error
            raise SourceError(f"the file cannot be looked at: {error}") from error
        identity = (status.st_dev, status.st_ino)
        return cls(path, status.st_size, status.st_mtime_ns, identity, is_link)


def delete(file: FileFacts, *, kept: FileFacts) -> None:
    """Delete a file of which ``kept`` is a copy.

    Raises:
        FileChangedError: one of the two is not what it was; nothing is deleted.
        SourceError: one of them is gone or cannot be looked at.
        OSError: the file cannot be deleted.
    """
    _check(file, kept)
    Path(file.path).unlink()


def move(file: FileFacts, folder: Path, *, kept: FileFacts) -> Path:
    """Move a file of which ``kept`` is a copy into a folder, under its whole path.

    So ``/home/me/a.jpg`` becomes ``FOLDER/home/me/a.jpg``, or ``a (2).jpg`` where that is taken.

    Returns:
        Where it is now.

    Raises:
        FileChangedError: one of the two is not what it was; nothing is moved.
        SourceError: one of them is gone or cannot be looked at.
        OSError: the file cannot be moved; it stays where it is.
    """
    source = Path(os.path.abspath(file.path))  # noqa: PTH100  no link of the path is followed
    drive = [part for part in [source.drive.strip(":\\/")] if part]
    target = folder.joinpath(*drive, *source.parts[1:])
    target.parent.mkdir(parents=True, exist_ok=True)
    _check(file, kept)
    number = 1
    while True:
        try:
            _move(source, target, file)
        except FileExistsError:
            number += 1
            target = target.with_name(f"{source.stem} ({number}){source.suffix}")
        else:
            return target


def _move(source: Path, target: Path, before: FileFacts) -> None:
    """Move a file to a name that must not be taken, to another disk if need be."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # another disk, or a file system without such links
        with target.open("xb") as copy:
            try:
                with source.open("rb") as file:
                    shutil.copyfileobj(file, copy)
                copy.flush()
                os.fsync(copy.fileno())
                shutil.copystat(source, target)
                _check_unchanged(before)  # copying takes its time
            except BaseException:
                target.unlink()
                raise
    try:
        source.unlink()
    except OSError:  # no other one: after an interrupt the target may be all there is
        target.unlink()
        raise


def _check(file: FileFacts, kept: FileFacts) -> None:
    for before in (file, kept):
        _check_unchanged(before)
    if file.is_link or file.identity == kept.identity:
        raise FileChangedError(f"{file.path} is another name of the file that is kept")


def _check_unchanged(before: FileFacts) -> None:
    if FileFacts.of(before.path) != before:
        raise FileChangedError(f"{before.path} has changed since it was compared: run it again")
