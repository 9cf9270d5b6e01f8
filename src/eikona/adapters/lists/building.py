"""Makes entries of the raw columns of a table, and says of each bad row what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.names import encode_name, name_digests
from eikona.adapters.bank.records import bare_records
from eikona.adapters.lists.facts import FACTS, TEXTS, read_values
from eikona.adapters.lists.hash_types import check_size, key_label, labelled_key
from eikona.adapters.lists.listed import MOST_HASHES, BadLine, Chunk, Listed, shortened
from eikona.domain.errors import EikonaError, UsageError
from eikona.services.ports import HashKey

_GREY, _FORBILD = "forbild_grey", "forbild"


@dataclass(frozen=True, slots=True)
class RawRows:
    """Rows of a table as they were read, by column.

    Attributes:
        lines: where each stands.
        hashes: hex, or bytes; empty or None where a row has none.
        facts: by name; None where a row does not say.
        names: empty or None where a row has none; None where no row has any.
        is_opinion: see ``EntryColumns``.
        hash_lines: where each hash stands; empty where a row is one line.
    """

    lines: Sequence[int]
    hashes: Mapping[str, Sequence[Any]]
    facts: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    names: Sequence[Any] | None = None
    is_opinion: bool = False
    hash_lines: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Codes:
    """A column of hashes that was read; rows that have none are zeros."""

    key: HashKey
    codes: NDArray[np.uint8]
    there: NDArray[np.bool_]


def build(raw: RawRows, created: datetime) -> Chunk:
    """Return what the rows say.

    Args:
        raw: the rows.
        created: when entries that do not say it come into their bank.
    """
    rows = len(raw.lines)
    wrong: dict[int, str] = {}
    hashes = [one for label, cells in raw.hashes.items() for one in _codes(label, cells, wrong)]
    has_hash = np.zeros(rows, np.bool_)
    for one in hashes:
        has_hash |= one.there
    for place in np.flatnonzero(~has_hash).tolist():
        wrong.setdefault(place, "has no hash: fill in one at least")
    facts: dict[str, list[Any]] = {}
    for name, cells in raw.facts.items():
        facts[name], bad = read_values(FACTS[name], cells)
        for place, reason in bad.items():
            wrong.setdefault(place, f"{name}: {reason}")
    names = _names(raw.names, hashes, rows, wrong)
    keep = np.ones(rows, np.bool_)
    keep[list(wrong)] = False
    table = _Table(raw, hashes, facts, names, created)
    return Chunk(
        listed=tuple(table.part(places) for places in _alike(hashes, facts, keep)),
        bad=tuple(sorted(BadLine(raw.lines[place], said) for place, said in wrong.items())),
        rows=rows,
    )


def _codes(label: str, cells: Sequence[Any], wrong: dict[int, str]) -> list[_Codes]:
    """Return a column's codes: one for each length where the hash is not one of ours."""
    lengths = {_size(kind, size) for kind, size in _shapes(cells)}
    if len(lengths) > MOST_HASHES:
        said = f"{label}: one hash has codes of {len(lengths)} lengths in this list"
        wrong |= {place: said for place, cell in enumerate(cells) if cell}
        return []
    try:
        keys = {labelled_key(label, size) for size in lengths if size}
    except EikonaError as error:
        wrong |= {place: str(error) for place, cell in enumerate(cells) if cell}
        return []
    if len(keys) == 1:
        (key,) = keys
        found = _all_alike(key, cells)
        if found is not None:
            return [found]
    columns = {key: _Codes(key, *_empty(key, len(cells))) for key in sorted(keys)}
    for place, cell in enumerate(cells):
        if cell is None or cell == "":
            continue
        try:
            code = _code(cell)
            key = labelled_key(label, len(code))
            check_size(key, len(code), 2 * len(code))
            if key not in columns:
                columns[key] = _Codes(key, *_empty(key, len(cells)))
        except (EikonaError, ValueError) as error:
            hexless = f"{shortened(str(cell))} is no hexadecimal number"
            reason = str(error) if isinstance(error, EikonaError) else hexless
            wrong.setdefault(place, f"{label}: {reason}" if label not in reason else reason)
            continue
        columns[key].codes[place] = np.frombuffer(code, np.uint8)
        columns[key].there[place] = True
    return list(columns.values())


def _all_alike(key: HashKey, cells: Sequence[Any]) -> _Codes | None:
    """Return the codes of cells that all are as they should; None where one is not."""
    kinds = set(map(type, cells))
    if kinds == {str} and set(map(len, cells)) == {2 * key.size}:
        try:
            joined = bytes.fromhex("".join(cells))
        except ValueError:
            return None
    elif kinds == {bytes} and set(map(len, cells)) == {key.size}:
        joined = b"".join(cells)
    else:
        return None
    if len(joined) != key.size * len(cells):  # blanks stand in it
        return None
    codes = np.frombuffer(joined, np.uint8).reshape(len(cells), key.size)
    return _Codes(key, codes, np.ones(len(cells), np.bool_))


def _shapes(cells: Sequence[Any]) -> set[tuple[type, int]]:
    return {(type(cell), len(cell)) for cell in cells if isinstance(cell, str | bytes)}


def _size(kind: type, length: int) -> int:
    return length if kind is bytes else length // 2


def _code(cell: Any) -> bytes:  # noqa: ANN401
    if isinstance(cell, bytes):
        return cell
    if not isinstance(cell, str):
        raise UsageError(f"{shortened(str(cell))} is no hexadecimal number")
    return bytes.fromhex(cell.strip())


def _empty(key: HashKey, rows: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    return np.zeros((rows, key.size), np.uint8), np.zeros(rows, np.bool_)


def _names(
    given: Sequence[Any] | None, hashes: Sequence[_Codes], rows: int, wrong: dict[int, str]
) -> list[bytes]:
    """Return the entries' names; one without is called like the first of its hashes."""
    names = [b""] * rows if given is None else _given_names(given, wrong)
    nameless = np.array([not name for name in names], np.bool_)
    for one in hashes:
        places = np.flatnonzero(nameless & one.there)
        if not len(places):
            continue
        digits, head = one.codes[places].tobytes().hex().encode(), f"{one.key.name}:".encode()
        each = 2 * one.key.size
        called = [head + digits[at : at + each] for at in range(0, len(digits), each)]
        if len(places) == rows:
            return called
        for place, name in zip(places.tolist(), called, strict=True):
            names[place] = name
        nameless[places] = False
    return names


def _given_names(given: Sequence[Any], wrong: dict[int, str]) -> list[bytes]:
    names = []
    for place, name in enumerate(given):
        if not name:
            names.append(b"")
            continue
        try:
            names.append(encode_name(name))
        except UsageError as error:
            wrong.setdefault(place, str(error))
            names.append(b"?")
        except (AttributeError, TypeError):
            wrong.setdefault(place, f"{shortened(str(name))} is no name")
            names.append(b"?")
    return names


def _alike(
    hashes: Sequence[_Codes], facts: Mapping[str, Sequence[Any]], keep: NDArray[np.bool_]
) -> list[NDArray[np.intp]]:
    """Return the places of rows that have the same hashes and the same facts."""
    told = [np.array([one is not None for one in values], np.bool_) for values in facts.values()]
    pattern = np.zeros(len(keep), np.int64)
    for said in (*(one.there for one in hashes), *told):
        if said.any() and not said.all():  # numbered anew, lest many columns overflow
            pattern = np.unique(2 * pattern + said, return_inverse=True)[1]
    found = [np.flatnonzero(keep & (pattern == one)) for one in np.unique(pattern[keep]).tolist()]
    return [places for places in found if len(places)]


@dataclass(frozen=True, slots=True)
class _Table:
    """Checked columns, to be parted into rows that are alike."""

    raw: RawRows
    hashes: Sequence[_Codes]
    facts: Mapping[str, Sequence[Any]]
    names: Sequence[bytes]
    created: datetime

    def part(self, places: NDArray[np.intp]) -> Listed:
        """Return rows that are alike."""
        listed, first = places.tolist(), int(places[0])
        is_all = len(listed) == len(self.names)
        facts = {
            name: values if is_all else [values[place] for place in listed]
            for name, values in self.facts.items()
            if values[first] is not None
        }
        codes = {
            one.key: one.codes if is_all else one.codes[places]
            for one in self.hashes
            if one.there[first]
        }
        names = self.names if is_all else [self.names[place] for place in listed]
        greys = facts.pop(_GREY, None) if any(key.name == _FORBILD for key in codes) else None
        facts.pop(_GREY, None)
        columns = EntryColumns(
            names,
            name_digests(names),
            codes,
            self._records(facts, len(listed)),
            _texts(facts),
            None if greys is None else _rows_of(greys),
            frozenset(facts),
            self.raw.is_opinion,
        )
        hash_lines = {
            key: np.array(self.raw.hash_lines[key_label(key)], np.int64)[places]
            for key in (codes if self.raw.hash_lines else ())
        }
        return Listed(columns, np.array(self.raw.lines, np.int64)[places], hash_lines)

    def _records(self, facts: Mapping[str, Sequence[Any]], rows: int) -> NDArray[np.void]:
        records = bare_records(rows, self.created)
        for name, values in facts.items():
            if name not in TEXTS:
                records[name] = values
        return records


def _rows_of(greys: Sequence[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(greys), np.uint8).reshape(len(greys), -1)


def _texts(facts: Mapping[str, Sequence[Any]]) -> list[bytes] | None:
    """Return the texts of entries, byte for byte as ``pack_text`` makes them."""
    parts = [
        [_fragment(name, value) for value in facts[name]]
        if name != "tags"
        else _tag_fragments(facts[name])
        for name in TEXTS
        if name in facts
    ]
    if not any(map(any, parts)):
        return None
    return [
        f"{{{','.join(filter(None, each))}}}".encode("ascii") if any(each) else b""
        for each in zip(*parts, strict=True)
    ]


def _fragment(name: str, value: str) -> str:
    return f'"{name}":{encode_basestring_ascii(value)}' if value else ""


def _tag_fragments(values: Sequence[tuple[str, ...]]) -> list[str]:
    known = {
        tags: f'"tags":[{",".join(map(encode_basestring_ascii, tags))}]' if tags else ""
        for tags in set(values)
    }
    return [known[tags] for tags in values]
