"""What files of entries there are, and how to tell which one is."""

import io
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from eikona.domain.errors import InvalidTableError, NotRegularFileError

_LOOKED_AT_BYTES = 1 << 20
_HASH_DIGITS = 16  # the fewest of a hash
_LOOKED_AT_LINES = 1000


class ListFormat(StrEnum):
    """What a file of entries may be."""

    TYPED = "typed"
    HEX = "hex"
    LOCAL_FILE = "local-file"
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    THREATEXCHANGE = "threatexchange"
    THREATEXCHANGE_CSV = "threatexchange-csv"
    NCMEC = "ncmec"
    PICTURES = "pictures"


class WrittenFormat(StrEnum):
    """Which of them are written."""

    TYPED = ListFormat.TYPED
    HEX = ListFormat.HEX
    LOCAL_FILE = ListFormat.LOCAL_FILE
    CSV = ListFormat.CSV
    NDJSON = ListFormat.NDJSON
    PARQUET = ListFormat.PARQUET
    THREATEXCHANGE = ListFormat.THREATEXCHANGE


BY_SUFFIX = MappingProxyType(
    {
        ".csv": ListFormat.CSV,
        ".txt": ListFormat.TYPED,
        "": ListFormat.TYPED,
        ".ndjson": ListFormat.NDJSON,
        ".jsonl": ListFormat.NDJSON,
        ".parquet": ListFormat.PARQUET,
    }
)
_TOLD_BY_SUFFIX = frozenset({".ndjson", ".jsonl", ".parquet"})  # even where they hold nothing

AsOption = Annotated[
    ListFormat | None,
    typer.Option(
        "--as",
        help="typed: lines of type, hex and perhaps a name. hex: lines of hex and perhaps a name,"
        " all of --type. local-file: the same without names, as python-threatexchange reads them."
        " csv: a header with hashes' names. ndjson, parquet: all that is known."
        " threatexchange: its JSON, or HMA's. threatexchange-csv: its tables. ncmec: its XML.",
        show_default="what the file looks like",
    ),
]
WrittenAsOption = Annotated[
    WrittenFormat | None,
    typer.Option(
        "--as",
        help="typed: lines of type, hex and name. hex: lines of hex and name, all of --type."
        " local-file: the same without names, as python-threatexchange reads them."
        " csv: a header with hashes' names. ndjson, parquet: all that is known."
        " threatexchange: its JSON.",
        show_default="what the file's ending says",
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
    from eikona.adapters.lists.parquet import MAGIC  # noqa: PLC0415  imports NumPy
    from eikona.adapters.lists.threat_csv import state_file_type  # noqa: PLC0415  imports NumPy
    from eikona.imaging.sniff import SNIFF_BYTES, sniff  # noqa: PLC0415  imports NumPy

    if Path(path).is_dir():
        return ListFormat.PICTURES
    if Path(path).exists() and not Path(path).is_file():
        raise NotRegularFileError(
            "this is a pipe, socket or device, which can be read but once: name what it is with"
            " --as"
        )
    with Path(path).open("rb") as file:
        head = file.read(_LOOKED_AT_BYTES)
    if sniff(head[:SNIFF_BYTES]) is not None:
        return ListFormat.PICTURES
    if head.startswith(MAGIC):
        return ListFormat.PARQUET
    if state_file_type(path) is not None:
        return ListFormat.THREATEXCHANGE_CSV
    found = _guess_text(head, kind)
    suffix = Path(path).suffix.lower()
    if found is None and suffix in _TOLD_BY_SUFFIX:
        found = BY_SUFFIX[suffix]
    if found is None:
        raise InvalidTableError(_why_unknown(head))
    return found


def holds_lists(path: str) -> bool:
    """Whether a path is a folder with files that are called like lists."""
    if not Path(path).is_dir():
        return False
    suffixes = BY_SUFFIX.keys() - {""}
    return any(one.suffix.lower() in suffixes and one.is_file() for one in Path(path).iterdir())


def _why_unknown(head: bytes) -> str:
    """Return why nobody can tell what a file is that begins so, and what to do."""
    if not head.strip():
        return "this is empty"
    first = head.decode("utf-8-sig", "replace").splitlines()[0]
    cells = [cell.strip() for cell in first.replace(";", ",").replace("\t", ",").split(",")]
    if len(cells) > 1 and any(len(cell) >= _HASH_DIGITS and _is_hex(cell) for cell in cells):
        return "a table without a header: begin it with a line of names, such as name,pdq"
    return (
        "neither a list of hashes nor a table of entries nor a picture: name what it is with --as"
    )


def _guess_text(head: bytes, kind: str | None) -> ListFormat | None:
    """Return what text looks like, None for nothing that is known."""
    from eikona.adapters.lists.entry_csv import is_entry_csv  # noqa: PLC0415  imports NumPy
    from eikona.adapters.lists.ncmec_xml import ROOT  # noqa: PLC0415  imports NumPy
    from eikona.adapters.lists.threat_csv import is_exchange_csv  # noqa: PLC0415  imports NumPy

    text = head.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] in ("{", "[", "<"):
        return _guess_json(head) or (ListFormat.NCMEC if f"<{ROOT}" in text else None)
    lines = [line for line in text.split("\n")[:_LOOKED_AT_LINES] if line.strip()]
    told = [line for line in lines if not line.startswith("#")]
    if kind is None and _is_list(told[:1]):
        return ListFormat.TYPED
    if told and is_exchange_csv(told[0]):
        return ListFormat.THREATEXCHANGE_CSV
    if told and is_entry_csv(told[0]):
        return ListFormat.CSV
    if kind is None and _is_list(told):
        return ListFormat.TYPED
    return ListFormat.HEX if kind is not None or any(_is_hex(line) for line in told) else None


def _guess_json(head: bytes) -> ListFormat | None:
    from eikona.adapters.lists.json_stream import Record, read_records  # noqa: PLC0415  as above
    from eikona.adapters.lists.ndjson import is_entry_object  # noqa: PLC0415  imports NumPy
    from eikona.adapters.lists.threatexchange import (  # noqa: PLC0415  imports NumPy
        PAGES,
        is_exchange_record,
    )

    for record in read_records(io.BytesIO(head), PAGES):
        if not isinstance(record, Record):
            continue
        if is_entry_object(record.value):
            return ListFormat.NDJSON
        if is_exchange_record(record.value):
            return ListFormat.THREATEXCHANGE
    return None


def _is_list(lines: list[str]) -> bool:
    from datetime import UTC, datetime  # noqa: PLC0415  only needed here

    from eikona.adapters.lists.hash_lists import read_list  # noqa: PLC0415  imports NumPy

    file = io.BytesIO("\n".join(lines).encode("utf-8", "replace"))
    chunks = read_list(file, None, datetime.now(UTC))
    return any(chunk.listed or chunk.foreign for chunk in chunks)


def _is_hex(line: str) -> bool:
    word = line.replace(",", " ").split()[:1]
    try:
        return bool(word and bytes.fromhex(word[0]))
    except ValueError:
        return False
