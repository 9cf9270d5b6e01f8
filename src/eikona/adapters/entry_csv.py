"""Entries of a bank as CSV: one row each, a column for each hash, and all else that is known.

A hash's column is called like its algorithm, with ``@version`` behind it where that is not today's.
Of the other columns any may be missing; what a row does not say stays as it is.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TextIO

from eikona.adapters.bank.names import encode_name
from eikona.adapters.hash_lists import BadLine, Listed, parse_hash
from eikona.domain.bank import Entry, EntryState
from eikona.domain.errors import EikonaError, InvalidTableError, UsageError
from eikona.domain.fingerprint import DecodeMode
from eikona.hashing.registry import ALGORITHMS
from eikona.services.ports import HashKey

_NAME = "name"
_DELIMITERS = ",;\t"
_TAGS_APART = ";"
_TAGS_AS_JSON = "["


def is_entry_csv(first: str) -> bool:
    """Whether a file's first line is the header of such a table."""
    return any(_is_hash(column) for column in _header(first))


def read_entries(file: TextIO) -> Iterator[Listed | BadLine]:
    """Yield what each row says.

    Raises:
        InvalidTableError: there is no header with a hash in it, or what follows is no CSV.
    """
    first = file.readline()
    columns = _header(first)
    if len(set(columns)) < len(columns):
        raise InvalidTableError("two columns have one name: rename one of them")
    hashes = [(place, column) for place, column in enumerate(columns) if _is_hash(column)]
    if not hashes:
        raise InvalidTableError(
            f"no column is a hash's: there are {', '.join(columns)}, and hashes are"
            f" {', '.join(ALGORITHMS)}"
        )
    facts = [(place, column) for place, column in enumerate(columns) if column in _FACTS]
    name = columns.index(_NAME) if _NAME in columns else None
    rows = csv.reader(file, delimiter=_delimiter(first))
    try:
        for row in rows:
            line = rows.line_num + 1
            if not row:
                continue
            if len(row) != len(columns):
                yield BadLine(line, f"has {len(row)} cells where the header has {len(columns)}")
                continue
            try:
                found = dict(_hash(column, row[place]) for place, column in hashes if row[place])
                given = {column: _FACTS[column](row[place]) for place, column in facts}
                yield Listed(line, _name(row, name, found), found, given)
            except EikonaError as error:
                yield BadLine(line, str(error))
            except ValueError as error:
                yield BadLine(line, f"a cell makes no sense: {error}")
    except csv.Error as error:
        raise InvalidTableError(f"line {rows.line_num + 1} is no CSV: {error}") from error


def write_entries(entries: Iterable[Entry], keys: Sequence[HashKey], file: TextIO) -> None:
    """Write a table of ``entries`` with a column for each of ``keys``."""
    writer = csv.writer(file)  # with CR LF, so that either alone is quoted within a cell
    writer.writerow([_NAME, *_FACTS, *map(_column, keys)])
    for entry in entries:
        picture = entry.fingerprint
        writer.writerow(
            [
                entry.name,
                entry.state.value,
                _tags_text(entry.tags),
                entry.owner,
                entry.note,
                entry.source,
                entry.created.isoformat(),
                picture.width,
                picture.height,
                picture.frames,
                picture.frame,
                picture.quality,
                picture.image_format,
                picture.decode.value,
                *(
                    picture.hashes[key.name].hex()
                    if picture.versions.get(key.name) == key.version
                    else ""
                    for key in keys
                ),
            ]
        )


def _header(line: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], delimiter=_delimiter(line))
    except (csv.Error, ValueError):
        return []
    return [cell.strip() for cell in cells]


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _is_hash(column: str) -> bool:
    return column.partition("@")[0] in ALGORITHMS


def _column(key: HashKey) -> str:
    known = ALGORITHMS.get(key.name)
    is_current = known is not None and known.id.version == key.version
    return key.name if is_current else f"{key.name}@{key.version}"


def _hash(column: str, cell: str) -> tuple[HashKey, bytes]:
    name, _, version = column.partition("@")
    key, code = parse_hash(name, cell.strip())
    return (key._replace(version=int(version)) if version else key), code


def _name(row: Sequence[str], place: int | None, hashes: Mapping[HashKey, bytes]) -> str:
    if not hashes:
        raise UsageError("has no hash: fill in one at least")
    if place is not None and row[place]:
        encode_name(row[place])
        return row[place]
    key, code = next(iter(hashes.items()))
    return f"{key.name}:{code.hex()}"


def _tags_text(tags: Sequence[str]) -> str:
    joined = _TAGS_APART.join(tags)
    is_plain = not joined.startswith(_TAGS_AS_JSON) and _tags(joined) == tuple(tags)
    return joined if is_plain else json.dumps(list(tags))


def _tags(cell: str) -> tuple[str, ...]:
    if cell.startswith(_TAGS_AS_JSON):
        listed = json.loads(cell)
        return tuple(str(tag) for tag in listed)
    return tuple(tag for tag in (part.strip() for part in cell.split(_TAGS_APART)) if tag)


def _created(cell: str) -> datetime:
    time = datetime.fromisoformat(cell)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _count(cell: str) -> int:
    number = int(cell)
    if number < 0:
        raise UsageError(f"{cell!r} is below zero")
    return number


_FACTS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "state": EntryState,
        "tags": _tags,
        "owner": str,
        "note": str,
        "source": str,
        "created": _created,
        "width": _count,
        "height": _count,
        "frames": _count,
        "frame": _count,
        "quality": _count,
        "format": str,
        "decode": DecodeMode,
    }
)
