"""What files of entries there are, and how to tell which one is."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from eikona.domain.errors import InvalidTableError, NotRegularFileError

_SNIFFED_LINES = 1000


class ListFormat(StrEnum):
    """What a file of entries may be."""

    TYPED = "typed"
    HEX = "hex"
    CSV = "csv"
    PICTURES = "pictures"


AsOption = Annotated[
    ListFormat | None,
    typer.Option(
        "--as",
        help="typed: lines of type, hex and perhaps a name. hex: lines of hex and perhaps a name,"
        " all of --type. csv: a header with hashes' names.",
        show_default="what the file looks like",
    ),
]
TypeOption = Annotated[
    str | None,
    typer.Option(
        "--type",
        metavar="HASH",
        help="Which hash a list of bare hex holds: pdq, phash, imagehash:phash …",
    ),
]


def guess(path: str, kind: str | None) -> ListFormat:
    """Return what a file looks like.

    Raises:
        InvalidTableError: like nothing that can be imported.
        NotRegularFileError: looking would take away what is to be read, or wait for ever.
        OSError: it cannot be read.
    """
    from eikona.imaging.sniff import SNIFF_BYTES, sniff  # noqa: PLC0415  imports NumPy

    if Path(path).is_dir():
        return ListFormat.PICTURES
    if Path(path).exists() and not Path(path).is_file():
        raise NotRegularFileError(
            "this is a pipe, socket or device, which can be read but once: name what it is with"
            " --as"
        )
    with Path(path).open("rb") as data:
        if sniff(data.read(SNIFF_BYTES)) is not None:
            return ListFormat.PICTURES
    with opened(path) as file:
        first = list(itertools.islice(file, _SNIFFED_LINES))
    found = _guess_text([line for line in first if line.strip() and not line.startswith("#")], kind)
    if found is None:
        raise InvalidTableError(
            "neither a list of hashes nor a table of entries nor a picture: name what it is with"
            " --as"
        )
    return found


def _guess_text(told: list[str], kind: str | None) -> ListFormat | None:
    """Return what lines look like, None for nothing that is known."""
    from eikona.adapters.entry_csv import is_entry_csv  # noqa: PLC0415  imports NumPy
    from eikona.adapters.hash_lists import Listed, read_list  # noqa: PLC0415  imports NumPy

    if kind is None and any(isinstance(one, Listed) for one in read_list(told[:1], None)):
        return ListFormat.TYPED
    if told and is_entry_csv(told[0]):
        return ListFormat.CSV
    if kind is not None:
        return ListFormat.HEX
    if any(isinstance(one, Listed) for one in read_list(told, None)):
        return ListFormat.TYPED
    return ListFormat.HEX if any(_is_hex(line) for line in told) else None


def _is_hex(line: str) -> bool:
    word = line.replace(",", " ").split()[:1]
    try:
        return bool(word and bytes.fromhex(word[0]))
    except ValueError:
        return False


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """Open a text file whose bytes need not all be text."""
    with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        yield file
