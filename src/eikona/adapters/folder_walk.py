"""Finds the pictures under a folder, in a fixed order, one at a time, stopping for nothing.

A regular file counts as a picture when its first bytes are an image's or its name ends like one,
so a text file called ``x.jpg`` is found (and fails to decode, by name) and ``notes.txt`` is not.
Links to files are followed; links to folders are counted and not followed, so there are no cycles.
What cannot be looked into is reported and never opened in a way that could block.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from eikona.domain.errors import NotRegularFileError, SourceError
from eikona.imaging.sniff import SNIFF_BYTES, sniff, sniff_undecodable
from eikona.imaging.source import source_error

_PICTURE_ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".avif", ".avifs"),
    *(".tif", ".tiff", ".bmp", ".dib", ".heic", ".heif", ".hif"),
)
_OTHER_ENDINGS = {  # of pictures that are not decoded here
    **dict.fromkeys((".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"), "jpeg2000"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm", ".pam"), "netpbm"),
    ".jxl": "jpegxl",
    ".ico": "ico",
    ".tga": "tga",
    ".pcx": "pcx",
    ".psd": "psd",
    ".exr": "exr",
    ".xcf": "xcf",
    ".dds": "dds",
    ".qoi": "qoi",
    ".svg": "svg",
    ".eps": "eps",
}
_WEAK = frozenset({"ico", "jpegxl"})  # begin as other files do too: their names tell them
_NAMED = 5  # files of other formats that are told by name
# Opening a pipe that nobody writes to would wait for ever, a terminal would become ours.
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_OPEN |= getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that should be a picture; the path begins with the folder as it was given."""

    path: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that cannot be looked into."""

    path: str
    error: SourceError


@dataclass(slots=True)
class Tally:
    """What a walk passed by.

    Attributes:
        not_pictures: regular files that are no pictures.
        folder_links: symbolic links to folders.
        other_formats: pictures in formats that are not decoded here, by format.
        of_other_formats: the first of their paths.
    """

    not_pictures: int = 0
    folder_links: int = 0
    other_formats: Counter[str] = field(default_factory=Counter)
    of_other_formats: list[str] = field(default_factory=list)

    def pass_by(self, path: str, image_format: str) -> None:
        """Count a picture in a format that is not decoded here."""
        self.other_formats[image_format] += 1
        if len(self.of_other_formats) < _NAMED:
            self.of_other_formats.append(path)


@dataclass(frozen=True, slots=True)
class _Subfolder:
    path: str


def walk(folder: str, tally: Tally) -> Iterator[Found | Unreadable]:
    """Yield the pictures under ``folder``, depth first, each folder sorted by name.

    Memory holds the names of one folder a level, whatever the size of the tree, and depth is
    bounded only by what the system takes for a path.

    Args:
        folder: where to look; may itself be a link to a folder.
        tally: counts what is passed by.
    """
    levels = [_children(folder, tally)]
    while levels:
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
        elif isinstance(entry, _Subfolder):
            levels.append(_children(entry.path, tally))
        else:
            yield entry


def _children(folder: str, tally: Tally) -> Iterator[Found | Unreadable | _Subfolder]:
    names: list[str] = []
    others: dict[str, bool] = {}  # what is not a regular file, and whether it is a folder
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                names.append(entry.name)
                if not entry.is_file(follow_symlinks=False):
                    others[entry.name] = entry.is_dir(follow_symlinks=False)
    except OSError as error:
        yield Unreadable(folder, source_error(folder, error))
    names.sort()
    for name in names:
        path = os.path.join(folder, name)  # noqa: PTH118  pathlib would drop "./"
        if name not in others:
            yield from _regular(path, tally)
        elif others[name]:
            yield _Subfolder(path)
        else:
            yield from _special(path, tally)


def _special(path: str, tally: Tally) -> Iterator[Found | Unreadable]:
    """Follow a link, or say what stands here instead of a file."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  a Path for each file would cost more than this
    except OSError as error:
        yield Unreadable(path, source_error(path, error))
        return
    if stat.S_ISDIR(mode):
        tally.folder_links += 1
    elif stat.S_ISREG(mode):
        yield from _regular(path, tally)
    else:
        yield Unreadable(path, NotRegularFileError("this is a pipe, socket or device, not a file"))


def _regular(path: str, tally: Tally) -> Iterator[Found | Unreadable]:
    if path.lower().endswith(_PICTURE_ENDINGS):
        yield Found(path)
        return
    try:
        head = _head(path)
    except OSError as error:
        yield Unreadable(path, source_error(path, error))
        return
    if sniff(head) is not None:
        yield Found(path)
    elif (other := _other_format(path, head)) is not None:
        tally.pass_by(path, other)
    else:
        tally.not_pictures += 1


def _other_format(path: str, head: bytes) -> str | None:
    """Return the format of a picture that is not decoded here, None for no picture."""
    named = _OTHER_ENDINGS.get(os.path.splitext(path)[1].lower())  # noqa: PTH122  as above
    begun = sniff_undecodable(head)
    return named if begun is None or begun in _WEAK else begun


def _head(path: str) -> bytes:
    descriptor = os.open(path, _OPEN)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""  # it was swapped for something else meanwhile
        return os.read(descriptor, SNIFF_BYTES)
    finally:
        os.close(descriptor)
