"""Turns what stands on the command line into inputs, one at a time."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eikona.adapters.folder_walk import Found, Tally, walk
from eikona.apps.cli.records import counted, printable
from eikona.domain.errors import SourceError

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """One file, or what came in on standard input, or why there is neither.

    Attributes:
        name: the path as one would type it, ``-`` for standard input.
        source: path or bytes.
        error: what is wrong with it, where that is known already.
    """

    name: str
    source: str | bytes
    error: SourceError | None = None


def inputs(paths: Iterable[str], tally: Tally, max_bytes: int) -> Iterator[Input]:
    """Yield each file named and each picture under each folder named, in order.

    Args:
        paths: files, folders and ``-``.
        tally: counts what is passed by in folders.
        max_bytes: most that is read from standard input, and one byte more to show the excess.
    """
    for path in paths:
        if path != STANDARD_INPUT and _is_folder(path):
            for entry in walk(path, tally):
                error = None if isinstance(entry, Found) else entry.error
                yield Input(entry.path, entry.path, error)
        else:
            yield from named_inputs([path], max_bytes)


def named_inputs(paths: Iterable[str], max_bytes: int) -> Iterator[Input]:
    """Yield one input for each of ``paths``, a folder being no picture; see ``inputs``."""
    for path in paths:
        if path == STANDARD_INPUT:
            data = sys.stdin.buffer.read(max_bytes + 1) if sys.stdin is not None else b""
            yield Input(STANDARD_INPUT, data)
        else:
            yield Input(path, path)


def passed_by(tally: Tally) -> Iterator[str]:
    """Yield the parts of a sentence about what was passed by."""
    if tally.other_formats:
        formats = ", ".join(f"{n} {name}" for name, n in sorted(tally.other_formats.items()))
        names = [printable(path) for path in tally.of_other_formats]
        more = ", …" if tally.other_formats.total() > len(names) else ""
        number = counted(tally.other_formats.total(), "picture")
        said = f"{number} passed by for a format that is not read: {formats}"
        yield f"{said} ({', '.join(names)}{more})"
    if tally.not_pictures:
        yield f"{counted(tally.not_pictures, 'other file')} passed by"
    if tally.folder_links:
        yield f"{counted(tally.folder_links, 'link')} to folders not followed"


def has_folder(paths: Iterable[str]) -> bool:
    """Whether any of ``paths`` stands for more than one file."""
    return any(path != STANDARD_INPUT and _is_folder(path) for path in paths)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False  # reading it as a file says what is wrong
