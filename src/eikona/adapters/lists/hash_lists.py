"""Lists of hashes as text, one a line: ``<type> <hex> [name]``, or bare ``<hex> [name]``.

Words stand apart by spaces, tabs or a comma; empty lines and lines that begin with ``#`` are passed
by. The types are our algorithms' names, ``imagehash:phash`` and the like for that library's, and
what others call the same hashes. A list of this kind without names is what python-threatexchange
calls a ``local_file``.

Source: a ``local_file`` has a signal type, one space and the signal on each line, or the signal
alone where its collaboration names the type (facebook/ThreatExchange,
``python-threatexchange/threatexchange/exchanges/impl/file_api.py``).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.names import decode_name
from eikona.adapters.lists.building import RawRows, build
from eikona.adapters.lists.hash_types import hash_key, is_foreign, key_label
from eikona.adapters.lists.line_blocks import TOO_LONG, numbered_lines
from eikona.adapters.lists.listed import ROWS_AT_ONCE, BadLine, Chunk, shortened
from eikona.domain.errors import UnknownAlgorithmError
from eikona.services.ports import HashKey

_TYPED = re.compile(r"([^\s,]+)[\s,]+([^\s,]+)(?:[\s,]\s*(.*))?")
_BARE = re.compile(r"([^\s,]+)(?:[\s,]\s*(.*))?")
_TYPE_ONLY = re.compile(r"[^\s,]+")
_COMMENT = "#"
_ByKey = dict[HashKey, tuple[list[int], list[str], list[str]]]
_NO_NAME = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def read_list(file: BinaryIO, kind: str | None, created: datetime) -> Iterator[Chunk]:
    """Yield what the lines say.

    Args:
        file: the list.
        kind: the type of every hash, for bare lists; None where each line begins with its own.
        created: when entries come into their bank.
    """
    gathered = _Gathered(kind)
    for number, line in numbered_lines(file):
        gathered.take(number, line)
        if gathered.rows >= ROWS_AT_ONCE:
            yield gathered.chunk(created)
            gathered = _Gathered(kind)
    yield gathered.chunk(created)


class _Gathered:
    """Lines until they are many."""

    def __init__(self, kind: str | None) -> None:
        self.rows = 0
        self._kind = kind
        self._pattern = _TYPED if kind is None else _BARE
        self._columns: dict[str, tuple[list[int], list[str], list[str]]] = {}
        self._bad: list[BadLine] = []
        self._foreign: Counter[str] = Counter()

    def take(self, number: int, line: str | None) -> None:
        """Take one line."""
        self.rows += 1
        if line is None:
            self._bad.append(BadLine(number, TOO_LONG))
            return
        line = line.strip()
        if not line or line[0] == _COMMENT:
            return
        found = self._pattern.fullmatch(line)
        if found is None:
            self._take_odd(number, line)
            return
        if self._kind is None:
            kind, code, name = found.groups()
        else:
            kind, (code, name) = self._kind, found.groups()
        column = self._columns.get(kind)
        if column is None:
            column = self._columns[kind] = ([], [], [])
        lines, codes, names = column
        lines.append(number)
        codes.append(code)
        names.append(name)

    def _take_odd(self, number: int, line: str) -> None:
        kind = _TYPE_ONLY.match(line)
        if self._kind is None and kind is not None and is_foreign(kind[0]):
            self._foreign[kind[0]] += 1
            return
        said = f"{shortened(line)} has no hash: write a type and its hex"
        self._bad.append(BadLine(number, said))

    def chunk(self, created: datetime) -> Chunk:
        """Return what the lines say."""
        by_key: _ByKey = {}
        for kind, column in self._columns.items():
            if self._kind is None and is_foreign(kind):
                self._foreign[kind] += len(column[0])
                continue
            for line, code, name in zip(*column, strict=True):
                try:
                    key = hash_key(kind.lower(), len(code) // 2)
                except UnknownAlgorithmError as error:
                    self._bad.append(BadLine(line, str(error)))
                    continue
                lines, codes, names = by_key.setdefault(key, ([], [], []))
                lines.append(line)
                codes.append(code)
                names.append(name)
        raw = _united(by_key) if len(by_key) > 1 else _alone(by_key)
        built = [build(one, created) for one in raw]
        return Chunk(
            listed=tuple(listed for one in built for listed in one.listed),
            bad=tuple(sorted([*self._bad, *(bad for one in built for bad in one.bad)])),
            foreign=self._foreign,
            rows=self.rows,
        )


def _alone(by_key: _ByKey) -> list[RawRows]:
    return [
        RawRows(lines, {key_label(key): codes}, names=names if any(names) else None)
        for key, (lines, codes, names) in by_key.items()
    ]


def _united(by_key: _ByKey) -> list[RawRows]:
    """Return rows, the hashes of one name put together where each stands there once."""
    rows: dict[str, dict[HashKey, tuple[int, str]]] = {}
    again: _ByKey = {}
    for key, (lines, codes, names) in by_key.items():
        for line, code, name in zip(lines, codes, names, strict=True):
            called = name or f"{key.name}:{code.lower()}"
            hashes = rows.setdefault(called, {})
            if key not in hashes and _is_sound(key, code):
                hashes[key] = (line, code)
                continue
            lines_again, codes_again, names_again = again.setdefault(key, ([], [], []))
            lines_again.append(line)
            codes_again.append(code)
            names_again.append(called)
    ordered = sorted(
        ((name, hashes) for name, hashes in rows.items() if hashes),
        key=lambda row: min(row[1].values()),
    )
    cells = {
        key_label(key): [hashes[key][1] if key in hashes else None for _, hashes in ordered]
        for key in by_key
    }
    hash_lines = {
        key_label(key): [hashes[key][0] if key in hashes else 0 for _, hashes in ordered]
        for key in by_key
    }
    lines = [min(hashes.values())[0] for _, hashes in ordered]
    names = [name for name, _ in ordered]
    return [RawRows(lines, cells, names=names, hash_lines=hash_lines), *_alone(again)]


def _is_sound(key: HashKey, code: str) -> bool:
    try:
        return len(bytes.fromhex(code)) == key.size == len(code) // 2
    except ValueError:
        return False


def list_lines(
    columns: EntryColumns, *, only: str | None, typed: bool = True, named: bool = True
) -> tuple[list[str], list[str]]:
    """Return the lines of some entries, without their ends, and names that no line can hold.

    Args:
        columns: the entries.
        only: the one hash to write; None for all of them.
        typed: whether lines begin with the hash's type.
        named: whether names are written, where they are not the hash's own.
    """
    names = [decode_name(name) for name in columns.names]
    keys = [key for key in columns.codes if only is None or key.name == only]
    unfit = {name for name in names if not _fits_a_line(name)} if named and keys else set()
    per_key = [
        _lines(key, columns, names if named else None, f"{key.name} " if typed else "")
        for key in keys
    ]
    rows = zip(*per_key, strict=True)
    lines = [
        line
        for name, of_entry in zip(names, rows, strict=False)
        if name not in unfit
        for line in of_entry
    ]
    return lines, [name for name in names if name in unfit]


def _lines(
    key: HashKey, columns: EntryColumns, names: Sequence[str] | None, head: str
) -> list[str]:
    digits, each = columns.codes[key].tobytes().hex(), 2 * key.size
    codes = [digits[at : at + each] for at in range(0, len(digits), each)]
    if names is None:
        return [head + code for code in codes]
    own = f"{key.name}:"
    return [
        f"{head}{code}" if name == own + code else f"{head}{code} {name}"
        for code, name in zip(codes, names, strict=True)
    ]


def _fits_a_line(name: str) -> bool:
    """Whether a name comes back from a line as it is: also one that ``own`` lines leave out."""
    return name == name.strip() and name[0] != "," and _NO_NAME.search(name) is None
