"""Entries as NDJSON: one object a line with all that is known, so that nothing is lost on the way.

``{"name": …, "hashes": {"pdq": hex, …}, "state": …, "tags": […], …}``; a hash whose version is not
today's is called ``name@version``. All but the hashes may be missing, and what a line does not say
stays as it is. Keys that mean nothing here are passed by.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from typing import Any, BinaryIO, TextIO

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.lists.building import RawRows, build
from eikona.adapters.lists.facts import FACTS, NAME, moment
from eikona.adapters.lists.hash_types import is_label
from eikona.adapters.lists.line_blocks import TOO_LONG, LineBlock, line_blocks
from eikona.adapters.lists.listed import (
    BYTES_AT_ONCE,
    MOST_HASHES,
    ROWS_AT_ONCE,
    BadLine,
    Chunk,
    shortened,
)
from eikona.adapters.lists.stored_facts import NUMBERS, hex_codes, stored_facts, stored_names

_HASHES = "hashes"
_GREY = "forbild_grey"
_MARK = secrets.token_hex(16)
_BETWEEN = f',"{_MARK}",'
_SCAN = json.JSONDecoder().raw_decode
_SAID = (NAME, *(name for name in FACTS if name != _GREY), _GREY)
_WRITTEN = itemgetter(*_SAID[:-1])
_QUOTED = ("state", "owner", "note", "source", "format", "decode")


def is_entry_object(value: object) -> bool:
    """Whether a JSON value is such an entry."""
    hashes = value.get(_HASHES) if isinstance(value, dict) else None
    return isinstance(hashes, dict) and any(map(is_label, hashes))


def read_ndjson(file: BinaryIO, created: datetime) -> Iterator[Chunk]:
    """Yield what the lines say.

    Args:
        file: one object a line.
        created: when entries that do not say it come into their bank.
    """
    labels: set[str] = set()
    rows = _Rows(labels)
    for block in line_blocks(file):
        rows.take(block)
        if rows.count >= ROWS_AT_ONCE or rows.letters >= BYTES_AT_ONCE:
            yield rows.chunk(created)
            rows = _Rows(labels)
    yield rows.chunk(created)


class _Rows:
    """Lines until they are many; their objects become columns some thousands at once."""

    def __init__(self, labels: set[str]) -> None:
        """Begin.

        Args:
            labels: of the hashes that the file has had so far.
        """
        self.count = self.letters = 0
        self._labels = labels
        self._lines: list[int] = []
        self._names: list[Any] = []
        self._hashes: dict[str, list[Any]] = {}
        self._facts: dict[str, list[Any]] = {name: [] for name in FACTS}
        self._bad: list[BadLine] = []

    def take(self, block: LineBlock) -> None:
        """Take some lines."""
        texts: dict[int, str] = {}
        for number, line in enumerate(block.lines, block.first):
            if line is None:
                self._bad.append(BadLine(number, TOO_LONG))
            elif line and not line.isspace():
                texts[number] = line
        self.letters += sum(map(len, texts.values()))
        lines, objects = [], []
        for number, found in zip(texts, _objects(list(texts.values())), strict=True):
            if isinstance(found, str):
                self._bad.append(BadLine(number, found))
            else:
                lines.append(number)
                objects.append(found)
        kept = self._of_few_hashes(lines, objects)
        self._lines += [lines[place] for place in kept]
        self._extend(objects if len(kept) == len(objects) else [objects[at] for at in kept])
        self.count = len(self._lines) + len(self._bad)

    def _of_few_hashes(
        self, lines: Sequence[int], objects: Sequence[dict[str, Any]]
    ) -> Sequence[int]:
        """Return the places of objects whose hashes still are of few kinds in all."""
        labels = {label for one in objects for label in one[_HASHES]}
        if len(self._labels | labels) <= MOST_HASHES:
            self._labels |= labels
            return range(len(objects))
        kept = []
        for place, one in enumerate(objects):
            if len(self._labels | one[_HASHES].keys()) > MOST_HASHES:
                said = f"has a hash beyond the {MOST_HASHES} kinds that one list may have"
                self._bad.append(BadLine(lines[place], said))
            else:
                self._labels |= one[_HASHES].keys()
                kept.append(place)
        return kept

    def _extend(self, objects: Sequence[dict[str, Any]]) -> None:
        hashes: list[Mapping[str, Any]] = [one[_HASHES] for one in objects]
        for label in {label for one in hashes for label in one} - self._hashes.keys():
            self._hashes[label] = [None] * len(self._names)
        for label, cells in self._hashes.items():
            cells += [one.get(label) for one in hashes]
        for name, values in zip(_SAID, _columns_of(objects), strict=True):
            (self._names if name == NAME else self._facts[name]).extend(values)

    def chunk(self, created: datetime) -> Chunk:
        """Return what the lines say."""
        facts = {
            name: cells for name, cells in self._facts.items() if cells.count(None) < len(cells)
        }
        if "tags" in facts:
            facts["tags"] = [tuple(tags) if type(tags) is list else tags for tags in facts["tags"]]
        built = build(RawRows(self._lines, self._hashes, facts, names=self._names), created)
        bad = tuple(sorted((*built.bad, *self._bad)))
        return Chunk(built.listed, bad, rows=self.count)


def _columns_of(objects: Sequence[dict[str, Any]]) -> Sequence[Sequence[Any]]:
    """Return the values of each of ``_SAID``."""
    try:  # what we wrote has nearly all of them
        columns = list(zip(*map(_WRITTEN, objects), strict=True))
    except KeyError:
        return [[one.get(name) for one in objects] for name in _SAID]
    return [*columns, [one.get(_GREY) for one in objects]] if columns else [()] * len(_SAID)


def _objects(lines: Sequence[str]) -> Sequence[dict[str, Any] | str]:
    """Return the object that each line is, or what is wrong with it.

    All are read at once, which takes a third less, with a mark between them that no line can know:
    so a line that is no object by itself shows, and then they are read one by one.
    """
    try:
        found = json.loads(f"[{_BETWEEN.join(lines)}]")
    except (ValueError, RecursionError):
        found = []
    objects: list[dict[str, Any]] = found[::2]
    is_each_one = len(objects) == len(lines) and found[1::2].count(_MARK) == len(found) // 2
    if is_each_one and all(type(one) is dict and type(one.get(_HASHES)) is dict for one in objects):
        return objects
    return [_object(line) for line in lines]


def _object(line: str) -> dict[str, Any] | str:
    """Return the object that a line is, or what is wrong with it."""
    line = line.strip()
    try:
        found, end = _SCAN(line)
    except (ValueError, RecursionError) as error:
        return f"is no JSON: {error}"
    if end < len(line):
        return f"is no JSON: something follows at letter {end + 1}"
    if not isinstance(found, dict):
        return f"{shortened(line)} is no JSON object"
    if not isinstance(found.get(_HASHES), dict):
        return 'has no hashes: write "hashes": {"pdq": …}'
    return found


def write_ndjson(chunks: Iterable[EntryColumns], file: TextIO) -> None:
    """Write entries, one a line, in ASCII."""
    for columns in chunks:
        file.writelines(_lines(columns))


def _lines(columns: EntryColumns) -> Iterator[str]:
    facts = stored_facts(columns)
    parts = [_pairs(NAME, map(quoted, stored_names(columns))), _hash_parts(columns)]
    for name, values in facts.items():
        if name in _QUOTED:
            parts.append(_pairs(name, map(quoted, values)))
        elif name in NUMBERS:
            parts.append(_pairs(name, values))
        elif name == "tags":
            parts.append(_pairs(name, (f"[{','.join(map(quoted, tags))}]" for tags in values)))
        else:
            parts.append(_pairs(name, (f'"{moment(time).isoformat()}"' for time in values)))
    if columns.greys is not None:
        parts.append(_pairs(_GREY, (f'"{grey.tobytes().hex()}"' for grey in columns.greys)))
    for row in zip(*parts, strict=True):
        yield f"{{{','.join(row)}}}\n"


def _hash_parts(columns: EntryColumns) -> list[str]:
    each = [
        [f"{quoted(label)}:{quoted(code)}" for code in codes]
        for label, codes in hex_codes(columns).items()
    ]
    return [f'"{_HASHES}":{{{",".join(row)}}}' for row in zip(*each, strict=True)]


def _pairs(name: str, values: Iterable[object]) -> list[str]:
    return [f'"{name}":{value}' for value in values]
