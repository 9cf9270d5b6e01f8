"""Tables of distances between labelled pairs, as CSV: the Unihasher project's columns and our own.

That project's are ``dhash``, ``phash`` and ``whash`` (fractions of 256 bits that differ),
``nmfhash`` (Pearson's correlation) and ``isMatching``. Ours say what they hold: ``pdq_bits``,
``nmf_correlation``, ``forbild_weighted``, ``inliers``, ``reach``, ``quality``.
"""

import contextlib
import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import BinaryIO, TextIO

from eikona.deciding.trees.tree import INLIERS, WEIGHTED
from eikona.domain.alignment import NO_ALIGNMENT
from eikona.domain.errors import InvalidTableError, MissingColumnError
from eikona.domain.fingerprint import Comparison
from eikona.domain.verdict import Distances
from eikona.hashing.registry import ALGORITHMS
from eikona.services.evaluate_rules import LabelledPair

LABEL = "isMatching"
QUALITY = "quality"
ORIGINAL = "original"
REACH = "reach"  # share of a picture that inliers surround
# Their column by the distance it gives. Of a 64-bit hash of that name, the fraction is as good.
PUBLISHED: Mapping[str, str] = MappingProxyType(
    {
        "dhash256": "dhash",
        "phash256": "phash",
        "whash256": "whash",
        "nmf-unihasher": "nmfhash",
        "dhash": "dhash",
        "phash": "phash",
        "whash": "whash",
    }
)
_LABELS: Mapping[str, bool] = MappingProxyType(
    {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
)
_DELIMITERS = ",;\t|"
_ROUNDING = 1e-6  # by which a correlation may pass 1
_MOST_QUALITY = 100.0
_WHOLE = 100.0  # percent
_MOST_INLIERS = 10_000.0  # more than any picture has features
_THEIRS = ("dhash256", "phash256", "whash256", "nmf-unihasher")  # whose columns are ambiguous


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read.

    Attributes:
        line: its number in the file, from 1.
        reason: what is wrong with it.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a cell becomes a distance: factor times number, plus offset.

    Attributes:
        name: of the distance.
        column: what the column is called.
        place: of the cell in its row.
        least: smallest number that may stand there.
        most: largest number that may stand there.
        factor: of the number.
        offset: of the distance.
        span: the distance at which two hashes have nothing in common; None where there is none.
    """

    name: str
    column: str
    place: int
    least: float
    most: float
    factor: float = 1.0
    offset: float = 0.0
    span: float | None = None


class DistanceTable:
    """An open table: knows its columns, reads its rows once."""

    def __init__(self, file: TextIO) -> None:
        """Read the header.

        Args:
            file: opened by ``open_table``, or with ``newline=""``.

        Raises:
            InvalidTableError: there is none, or no table under it could be scored.
        """
        first = file.readline()
        if not first.strip():
            raise InvalidTableError("the table is empty: its first line must name the columns")
        if "\0" in first:
            raise InvalidTableError("this is no UTF-8 text: save the table as CSV in UTF-8")
        self._delimiter = max(_DELIMITERS, key=first.count)
        (head,) = csv.reader([first], delimiter=self._delimiter)
        self.columns = [name.strip() for name in head]
        self._places: dict[str, int] = {}
        for place, name in enumerate(self.columns):
            if self._places.setdefault(name.lower(), place) != place and name:
                raise InvalidTableError(f"two columns are called {name!r}: rename one of them")
        if LABEL.lower() not in self._places:
            raise MissingColumnError(
                f"no column {LABEL}, which says True or False of each pair; there are:"
                f" {', '.join(self.columns)}"
            )
        self._file = file

    def missing(self, needs: Iterable[str]) -> list[str]:
        """Return what columns would have to be there for these distances to be read."""
        return [
            " or ".join(_columns_of(name))
            for name in needs
            if not any(column.lower() in self._places for column in _columns_of(name))
        ]

    def distances(self) -> list[str]:
        """Return every distance that the table has, each once, by our names."""
        own = [name for name in ALGORITHMS if own_column(name).lower() in self._places]
        theirs = [
            name for name in _THEIRS if name not in own and PUBLISHED[name].lower() in self._places
        ]
        others = [name for name in (WEIGHTED, INLIERS) if own_column(name) in self._places]
        return [*own, *theirs, *others]

    def named(self, asked: str) -> str:
        """Return the distance that somebody means by our name or by what a column is called.

        Raises:
            MissingColumnError: the table has no such distance.
        """
        there = self.distances()
        if asked in there:
            return asked
        for name in there:
            if asked.lower() in (column.lower() for column in _columns_of(name)):
                return name
        raise MissingColumnError(
            f"the table has no distance {asked!r}; there are: {', '.join(there) or 'none'}"
        )

    def pairs(self, names: Iterable[str]) -> Iterator[LabelledPair | BadRow]:
        """Yield each row with the distances ``names``, passing over those without a column.

        Raises:
            InvalidTableError: what follows is no CSV.
        """
        readings = [one for name in names for one in self._readings(name)]
        quality = self._places.get(QUALITY)
        label = self._places[LABEL.lower()]
        original = self._places.get(ORIGINAL)
        rows = csv.reader(self._file, delimiter=self._delimiter)
        comma_is_point = self._delimiter != ","
        try:
            for row in rows:
                cells = [cell.replace(",", ".") for cell in row] if comma_is_point else row
                if not cells:
                    continue
                line = rows.line_num + 1  # the header is gone already
                if len(cells) != len(self.columns):
                    yield BadRow(
                        line, f"has {len(cells)} cells where the header has {len(self.columns)}"
                    )
                    continue
                try:
                    pair = _pair(cells, readings, label, quality)
                    yield pair if original is None else replace(pair, original=row[original])
                except InvalidTableError as error:
                    yield BadRow(line, str(error))
        except csv.Error as error:
            raise InvalidTableError(f"line {rows.line_num + 1} is no CSV: {error}") from error

    def _readings(self, name: str) -> Iterator[_Reading]:
        for column in _columns_of(name):
            place = self._places.get(column.lower())
            if place is None:
                continue
            yield _reading(name, column, place)
            if name == INLIERS and REACH in self._places:
                yield _Reading(REACH, REACH, self._places[REACH], 0.0, 1.0)
            return


@contextlib.contextmanager
def open_table(file: BinaryIO) -> Iterator[DistanceTable]:
    """Give the table that a file holds, with or without a byte order mark; the file stays open.

    Raises:
        InvalidTableError: it is no such table.
    """
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield DistanceTable(text)
    finally:
        text.detach()


def own_column(name: str) -> str:
    """Return what our column with this distance is called."""
    plain = name.replace("-", "_")
    if name in (WEIGHTED, INLIERS):
        return plain
    in_bits = ALGORITHMS[name].comparison is Comparison.HAMMING
    return f"{plain}_bits" if in_bits else f"{plain}_correlation"


def _columns_of(name: str) -> Sequence[str]:
    """Return the columns that this distance can be read from, the best first."""
    return (own_column(name), PUBLISHED[name]) if name in PUBLISHED else (own_column(name),)


def _reading(name: str, column: str, place: int) -> _Reading:
    if name == WEIGHTED:
        return _Reading(name, column, place, 0.0, math.inf)
    if name == INLIERS:
        return _Reading(name, column, place, 0.0, _MOST_INLIERS)
    algorithm = ALGORITHMS[name]
    if algorithm.comparison is Comparison.CORRELATION:
        most = 1 + _ROUNDING
        return _Reading(name, column, place, -most, most, factor=-1.0, offset=1.0, span=1.0)
    if column == own_column(name):
        return _Reading(name, column, place, 0, algorithm.bits, span=algorithm.bits)
    return _Reading(name, column, place, 0, 1, factor=algorithm.bits, span=algorithm.bits)


def _pair(
    cells: Sequence[str], readings: Sequence[_Reading], label: int, quality: int | None
) -> LabelledPair:
    by_name: dict[str, float] = {}
    similarity: dict[str, float] = {}
    alignment = None
    for reading in readings:
        cell = cells[reading.place]
        if reading.span is None and not cell.strip():
            continue  # what nothing can be weighed by, or what has no local features
        number = _number(cell, reading.column, reading.least, reading.most)
        if reading.name == INLIERS:
            alignment = replace(NO_ALIGNMENT, inliers=int(number), reach=1.0)
            continue
        if reading.name == REACH:  # which follows them
            alignment = None if alignment is None else replace(alignment, reach=number)
            continue
        distance = max(0.0, number * reading.factor + reading.offset)
        by_name[reading.name] = distance
        if reading.span is not None:
            similarity[reading.name] = max(0.0, _WHOLE * (1 - distance / reading.span))
    is_copy = _LABELS.get(cells[label].strip().lower())
    if is_copy is None:
        raise InvalidTableError(f"{cells[label]!r} under {LABEL}: write True or False, 1 or 0")
    lower = 100 if quality is None else int(_number(cells[quality], QUALITY, 0, _MOST_QUALITY))
    distances = Distances(by_name, similarity, quality=lower, alignment=alignment)
    return LabelledPair(distances, is_copy)


def _number(cell: str, column: str, least: float, most: float) -> float:
    try:
        number = float(cell)
    except ValueError:
        raise InvalidTableError(f"{cell!r} under {column} is no number") from None
    if not least <= number <= most:
        raise InvalidTableError(f"{cell!r} under {column} is not within {least:g} and {most:g}")
    return number
