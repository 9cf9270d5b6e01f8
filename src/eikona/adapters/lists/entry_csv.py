"""Entries of a bank as CSV: one row each, a column for each hash, and all else that is known.

A hash's column is called like its algorithm, with ``@version`` behind it where that is not today's.
Of the other columns any may be missing; what a row does not say stays as it is. An empty cell says
nothing, except of text, which it empties.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, TextIO

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.lists.building import RawRows, build
from eikona.adapters.lists.facts import FACTS, NAME, TEXTS, moment, tags_text
from eikona.adapters.lists.hash_types import is_label, key_label
from eikona.adapters.lists.line_blocks import MOST_LINE_BYTES, TOO_LONG, numbered_lines
from eikona.adapters.lists.listed import BYTES_AT_ONCE, MOST_HASHES, ROWS_AT_ONCE, BadLine, Chunk
from eikona.adapters.lists.stored_facts import hex_codes, stored_facts, stored_names
from eikona.domain.errors import InvalidTableError
from eikona.hashing.registry import ALGORITHMS
from eikona.services.ports import HashKey

_DELIMITERS = ",;\t"
_UNWRITTEN = frozenset({"forbild_grey"})  # 512 digits a row: NDJSON and Parquet have them


def is_entry_csv(first: str) -> bool:
    """Whether a file's first line is the header of such a table."""
    return any(is_label(column) for column in csv_header(first))


def read_entries(file: BinaryIO, created: datetime) -> Iterator[Chunk]:
    """Yield what the rows say.

    Args:
        file: the table.
        created: when entries that do not say it come into their bank.

    Raises:
        InvalidTableError: there is no header with a hash in it.
    """
    table = CsvTable(file)
    columns = table.columns
    hashes = [(at, name) for at, name in enumerate(columns) if is_label(name)]
    if not hashes:
        raise InvalidTableError(
            f"no column is a hash's: there are {', '.join(columns)}, and hashes are"
            f" {', '.join(ALGORITHMS)}"
        )
    if len(hashes) > MOST_HASHES:
        raise InvalidTableError(
            f"{len(hashes)} columns are hashes', and one list may have {MOST_HASHES}: part it"
        )
    facts = [(at, name) for at, name in enumerate(columns) if name in FACTS]
    name = columns.index(NAME) if NAME in columns else None
    for rows in table.chunks():
        cells = list(zip(*rows.cells, strict=True)) or [()] * len(columns)
        raw = RawRows(
            rows.lines,
            {label: cells[at] for at, label in hashes},
            {
                label: cells[at] if label in TEXTS else [cell or None for cell in cells[at]]
                for at, label in facts
            },
            names=None if name is None else cells[name],
        )
        built = build(raw, created)
        bad = tuple(sorted((*built.bad, *rows.bad)))
        yield Chunk(built.listed, bad, rows=built.rows + len(rows.bad))


@dataclass(slots=True)
class CsvRows:
    """Some rows of a table.

    Attributes:
        lines: where each ends.
        cells: of each, as many as the header has.
        bad: rows that cannot be read.
        letters: in all of them.
    """

    lines: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)
    letters: int = 0

    @property
    def are_many(self) -> bool:
        """Whether they are enough for a chunk."""
        return len(self.lines) + len(self.bad) >= ROWS_AT_ONCE or self.letters >= BYTES_AT_ONCE


class CsvTable:
    """A CSV file with a header, read without trusting what is in it."""

    def __init__(self, file: BinaryIO, columns: Sequence[str] | None = None) -> None:
        """Read the header.

        Args:
            file: the table.
            columns: what the header would say, of a file without one.

        Raises:
            InvalidTableError: two columns have one name.
        """
        self._lines = _Lines(file)
        self._delimiter = ","
        if columns is None:
            first = next(iter(self._lines), "")
            self._delimiter = csv_delimiter(first)
            columns = csv_header(first)
        self.columns = list(columns)
        if len(set(self.columns)) < len(self.columns):
            raise InvalidTableError("two columns have one name: rename one of them")

    def chunks(self) -> Iterator[CsvRows]:
        """Yield the rows, some thousands at once."""
        csv.field_size_limit(max(csv.field_size_limit(), MOST_LINE_BYTES))  # as in other lists
        reader = csv.reader(self._lines, delimiter=self._delimiter)
        rows, is_more = CsvRows(), True
        while is_more:
            try:
                is_more = self._read(reader, rows)
            except csv.Error as error:
                rows.bad.append(BadLine(self._lines.number, f"is no CSV: {error}"))
            if rows.are_many or not is_more:
                rows.bad += [BadLine(line, TOO_LONG) for line in self._lines.too_long]
                self._lines.too_long.clear()
                self._lines.letters = 0
                yield rows
                rows = CsvRows()

    def _read(self, reader: Iterator[list[str]], rows: CsvRows) -> bool:
        """Read rows until they are many; whether there are more."""
        width, before = len(self.columns), self._lines.number
        for row in reader:
            number = self._lines.number
            if len(row) == width:
                rows.lines.append(number)
                rows.cells.append(row)
            elif row:
                said = f"has {len(row)} cells where the header has {width}"
                if number > before + 1:
                    said += f"; lines {before + 1} to {number} are one row: is a quote missing?"
                rows.bad.append(BadLine(number, said))
            before = number
            rows.letters = self._lines.letters
            if rows.are_many:
                return True
        return False


class _Lines:
    """Lines with their ends for a CSV reader, and the number of the last one."""

    def __init__(self, file: BinaryIO) -> None:
        self.number = self.letters = 0
        self.too_long: list[int] = []
        self._numbered = numbered_lines(file)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = next(self._numbered)
        if line is None:
            self.too_long.append(self.number)
            return "\n"
        self.letters += len(line)
        return f"{line}\n"


def csv_header(line: str) -> list[str]:
    """Return the names of the columns."""
    try:
        (cells,) = csv.reader([line], delimiter=csv_delimiter(line))
    except (csv.Error, ValueError):
        return []
    return [cell.strip() for cell in cells]


def csv_delimiter(line: str) -> str:
    """Return what stands between the cells of a line."""
    return max(_DELIMITERS, key=line.count)


def write_csv(chunks: Iterable[EntryColumns], keys: Sequence[HashKey], file: TextIO) -> None:
    """Write a table of entries with a column for each of ``keys``."""
    writer = csv.writer(file)  # with CR LF, so that either alone is quoted within a cell
    facts = [name for name in FACTS if name not in _UNWRITTEN]
    labels = [key_label(key) for key in keys]
    writer.writerow([NAME, *facts, *labels])
    for columns in chunks:
        values = stored_facts(columns)
        values["tags"] = [tags_text(tags) for tags in values["tags"]]
        values["created"] = [moment(time).isoformat() for time in values["created"]]
        codes, none = hex_codes(columns), [""] * len(columns)
        cells = [values[name] for name in facts] + [codes.get(label, none) for label in labels]
        writer.writerows(zip(stored_names(columns), *cells, strict=True))
