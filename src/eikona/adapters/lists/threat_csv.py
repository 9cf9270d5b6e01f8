"""Hashes as ThreatExchange's tables give them.

Source: ``threatexchange dataset -P --csv`` writes the columns ``signal_type``, ``signal_str``,
``collab``, ``category`` and ``tags``, the tags with blanks between them, and a row for each
collaboration that has the signal (facebook/ThreatExchange,
``python-threatexchange/threatexchange/cli/dataset_cmd.py``). Its older state is
``simple.<indicator type>.te`` without a header: the indicator, with HMA its number, then the first
descriptor's number, when it was added, and tags, among them ``true_positive``, ``false_positive``
and ``disputed`` (``cli/dataset/simple_serialization.py``,
``exchanges/clients/fb_threatexchange/descriptor.py``). Tables with the API's own names, ``type``
and ``indicator`` or ``raw_indicator``, are read too.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from eikona.adapters.lists.building import build
from eikona.adapters.lists.entry_csv import CsvRows, CsvTable, csv_header
from eikona.adapters.lists.listed import BadLine, Chunk
from eikona.adapters.lists.opinion_rows import OpinionRows
from eikona.adapters.lists.opinions import (
    DISPUTED,
    NEGATIVE,
    NO_OPINION,
    OF_CATEGORY,
    OF_STATUS,
    POSITIVE,
    SEED,
    state_of,
)
from eikona.domain.errors import InvalidTableError

_TYPES = ("signal_type", "type")
_HASHES = ("signal_str", "raw_indicator", "indicator")
_STATE_FILE = re.compile(r"simple\.(?P<type>[^.]+)\.te")
_STATE_COLUMNS = ("indicator", "descriptor", "added_on", "tags")
_HMA_COLUMNS = ("indicator", "id", "descriptor", "added_on", "tags")
_OF_TAG = MappingProxyType(
    {"true_positive": POSITIVE, "false_positive": NEGATIVE, "disputed": DISPUTED}
)
_TAGS_APART = re.compile(r"[\s,;]+")
_ORIGIN = "threatexchange"


def is_exchange_csv(first: str) -> bool:
    """Whether a file's first line is the header of such a table."""
    columns = {column.lower() for column in csv_header(first)}
    return bool(columns & {*_TYPES}) and bool(columns & {*_HASHES})


def state_file_type(path: str) -> str | None:
    """Return the type of all indicators in a file of this name; None for other names."""
    found = _STATE_FILE.fullmatch(Path(path).name)
    return None if found is None else found["type"]


def read_exchange_csv(file: BinaryIO, kind: str | None, created: datetime) -> Iterator[Chunk]:
    """Yield what the rows say.

    Args:
        file: the table.
        kind: the type of every hash, for a file without a header; None for one with it.
        created: when entries come into their bank.

    Raises:
        InvalidTableError: there is no column of types or none of hashes.
    """
    if kind is not None:
        width = len(csv_header(file.readline().decode("utf-8", "replace")))
        file.seek(0)
        table = CsvTable(file, _HMA_COLUMNS if width == len(_HMA_COLUMNS) else _STATE_COLUMNS)
    else:
        table = CsvTable(file)
    columns = [column.lower() for column in table.columns]
    reader = _Reader(columns, kind)
    for rows in table.chunks():
        yield reader.chunk(rows, created)


class _Reader:
    """Reads rows by what their columns are called."""

    def __init__(self, columns: Sequence[str], kind: str | None) -> None:
        self._kind = kind
        self._type = _first(columns, _TYPES)
        hashes = _first(columns, _HASHES)
        if hashes is None or (kind is None and self._type is None):
            raise InvalidTableError("there is no column of signal types and one of signals")
        self._hash = hashes
        self._tags = _first(columns, ("tags",))
        self._status = _first(columns, ("status",))
        self._category = _first(columns, ("category",))
        self._note = _first(columns, ("description",))
        self._id = _first(columns, ("id", "descriptor"))

    def chunk(self, rows: CsvRows, created: datetime) -> Chunk:
        """Return what some rows say."""
        foreign: Counter[str] = Counter()
        opinions = OpinionRows(foreign)
        for line, row in zip(rows.lines, rows.cells, strict=True):
            tags = [tag for tag in _TAGS_APART.split(_cell(row, self._tags)) if tag]
            number = _cell(row, self._id)
            opinions.add(
                line,
                self._kind or _cell(row, self._type),
                row[self._hash].strip(),
                state=state_of(self._opinion(row, tags)),
                tags=tuple(tag for tag in tags if tag not in _OF_TAG),
                note=_cell(row, self._note) or None,
                source=f"{_ORIGIN}:{number}" if number else None,
            )
        built = [build(one, created) for one in opinions.raw()]
        bad: list[BadLine] = [*rows.bad, *(bad for one in built for bad in one.bad)]
        return Chunk(
            listed=tuple(listed for one in built for listed in one.listed),
            bad=tuple(sorted(bad)),
            foreign=foreign,
            rows=len(rows.lines) + len(rows.bad),
        )

    def _opinion(self, row: Sequence[str], tags: Sequence[str]) -> int:
        opinion = NO_OPINION
        for tag in tags:
            opinion |= _OF_TAG.get(tag, NO_OPINION)
        if self._category is not None:
            opinion |= OF_CATEGORY.get(row[self._category].strip(), SEED)
        if self._status is not None:
            opinion |= OF_STATUS.get(row[self._status].strip(), SEED)
        return opinion


def _first(columns: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in wanted if name in columns), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return "" if place is None else row[place]
