"""The entries that are in the log alone: kept in memory, and searched linearly."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.changes import Change, unpack_changes
from eikona.adapters.bank.contents import hash_keys, is_vector
from eikona.adapters.bank.log_file import HEAD_BYTES, check_head, log_path, parse_log
from eikona.domain.bank import Entry
from eikona.domain.errors import BankDamagedError
from eikona.matching.linear import word_rows
from eikona.matching.shortlist.probing import SearchedTable
from eikona.matching.shortlist.tail import PostingTail, TailTable
from eikona.services.ports import Block, HashKey

_FIRST_ROOM = 64  # entries
_NOTHING = np.zeros(0, np.int64)


class _Column:
    """One hash of those entries that have it; rows are only ever added."""

    def __init__(self, key: HashKey) -> None:
        self.is_vector = is_vector(key)
        self.numbers = np.zeros(_FIRST_ROOM, np.int64)
        self.count = 0
        first = self._row(bytes(key.size))
        self.values = np.zeros((_FIRST_ROOM, *first.shape), first.dtype)

    def append(self, number: int, code: bytes) -> None:
        if self.count == len(self.numbers):  # readers keep the arrays that they have
            self.numbers = np.concatenate([self.numbers, np.zeros_like(self.numbers)])
            self.values = np.concatenate([self.values, np.zeros_like(self.values)])
        self.numbers[self.count] = number
        self.values[self.count] = self._row(code)
        self.count += 1

    def _row(self, code: bytes) -> NDArray[np.generic]:
        values = np.frombuffer(code, np.uint8)
        return values if self.is_vector else word_rows(values[None])[0]


class Tail:
    """All entries that a log ever put in, numbered from 0; grows, and forgets nothing.

    Attributes:
        number: of the log.
        start: where its changes begin that are in no segment.
        end: up to where the log is in here.
        entries: by number.
        latest: the newest number of each name.
        previous: the number that an entry's name had before; -1 where none.
        sealed: names whose entries in segments do not count any more.
        columns: the entries' hashes.
        postings: of the entries' local features; None where the bank keeps none.
    """

    def __init__(self, number: int, start: int, descriptors: int | None = None) -> None:
        self.number = number
        self.start = max(HEAD_BYTES, start)
        self.end = self.start
        self.entries: list[Entry] = []
        self.latest: dict[bytes, int] = {}
        self.previous: list[int] = []
        self.sealed: dict[bytes, None] = {}
        self.columns: dict[HashKey, _Column] = {}
        kept = descriptors is not None
        self.postings = PostingTail(descriptors=descriptors or 0) if kept else None

    def put(self, name: bytes, entry: Entry) -> None:
        """Put in one entry."""
        number = len(self.entries)
        for key in hash_keys(entry.fingerprint):
            column = self.columns.get(key)
            if column is None:
                column = self.columns[key] = _Column(key)
            column.append(number, entry.fingerprint.hashes[key.name])
        if self.postings is not None:
            self.postings.add(entry.fingerprint.local_features)
        self.previous.append(self.latest.get(name, -1))
        self.entries.append(entry)
        self.latest[name] = number


@dataclass(frozen=True, slots=True)
class TailView:
    """A tail as it was after one change; later ones do not change it.

    Attributes:
        tail: may hold more by now.
        count: how many of its entries are in the view.
        dead: those of them that were replaced or removed, ascending.
        hidden: rows of the sealed segments that do not count any more, ascending, numbered as in
            the snapshot that the view belongs to.
        postings: of those of its entries that have local features; None where none has.
    """

    tail: Tail
    count: int = 0
    dead: NDArray[np.int64] = field(default_factory=lambda: _NOTHING)
    hidden: NDArray[np.int64] = field(default_factory=lambda: _NOTHING)
    postings: TailTable | None = None

    def __len__(self) -> int:
        return self.count - len(self.dead)

    def after(self, changes: Sequence[Change], hidden: Sequence[int]) -> "TailView":
        """Make changes, and return the tail as it is then.

        Args:
            changes: in order.
            hidden: rows of segments that do not count any more, besides those so far.
        """
        dead = []
        for change in changes:
            number = self.tail.latest.get(change.name, -1)
            if number >= 0:
                dead.append(number)
            if change.is_sealed:
                self.tail.sealed[change.name] = None
            if change.entry is not None:
                self.tail.put(change.name, change.entry)
        return TailView(
            self.tail,
            len(self.tail.entries),
            _with(self.dead, dead),
            _with(self.hidden, hidden),
            None if self.tail.postings is None else self.tail.postings.table(),
        )

    def hiding(self, hidden: NDArray[np.int64]) -> "TailView":
        """Return this view over other segments, of which these rows do not count."""
        return replace(self, hidden=np.unique(hidden))

    def find(self, name: bytes) -> int | None:
        """Return the number of the entry of this name."""
        number = self.tail.latest.get(name, -1)
        while number >= self.count:
            number = self.tail.previous[number]
        return number if number >= 0 and not self.is_dead(number) else None

    def is_dead(self, number: int) -> bool:
        """Whether an entry was replaced or removed."""
        return is_among(self.dead, number)

    def numbers(self) -> list[int]:
        """Return the numbers of the entries that count."""
        live = np.ones(self.count, np.bool_)
        live[self.dead] = False
        numbers: list[int] = np.flatnonzero(live).tolist()
        return numbers

    def entries(self) -> Iterator[Entry]:
        """Yield the entries that count, in the order they came."""
        for number in self.numbers():
            yield self.tail.entries[number]

    def holding(self, keys: Collection[HashKey]) -> int:
        """Return how many entries have all of these hashes."""
        live = np.ones(self.count, np.bool_)
        live[self.dead] = False
        for key in keys:
            has = np.zeros(self.count, np.bool_)
            has[self._numbers(key)] = True
            live &= has
        return int(live.sum())

    def featured(self) -> int:
        """Return how many entries have local features."""
        return sum(one.fingerprint.local_features is not None for one in self.entries())

    def searched(self) -> SearchedTable | None:
        """Return the local features of its entries; None where none has any."""
        if self.postings is None:
            return None
        dead = np.zeros(self.count, np.bool_)
        dead[self.dead] = True
        return SearchedTable(self.postings, dead)

    def keys(self) -> Collection[HashKey]:
        """Return the hashes that there are."""
        return list(self.tail.columns)

    def blocks(self, key: HashKey, start: int) -> Iterator[Block]:
        """Yield the hashes of one kind.

        Args:
            key: which.
            start: the bank's number of the tail's first entry.
        """
        numbers = self._numbers(key)
        if not len(numbers):
            return
        column = self.tail.columns[key]
        values = column.values[: len(numbers)]
        yield Block(values if column.is_vector else values.T, numbers + start)

    def _numbers(self, key: HashKey) -> NDArray[np.int64]:
        column = self.tail.columns.get(key)
        if column is None:
            return _NOTHING
        numbers = column.numbers[: column.count]
        return numbers[: np.searchsorted(numbers, self.count)]


def is_among(numbers: NDArray[np.int64], one: int) -> bool:
    """Whether a number is among ascending ones; hands the interpreter to nobody."""
    place = bisect_left(numbers.data, one)
    return place < len(numbers) and int(numbers[place]) == one


def _with(numbers: NDArray[np.int64], more: Sequence[int]) -> NDArray[np.int64]:
    """Return ascending numbers with some more."""
    if len(more) > 1:
        return np.union1d(numbers, np.array(more, np.int64))
    if not more or is_among(numbers, more[0]):
        return numbers
    place = bisect_left(numbers.data, more[0])
    grown = np.empty(len(numbers) + 1, np.int64)
    grown[:place], grown[place], grown[place + 1 :] = numbers[:place], more[0], numbers[place:]
    return grown


def read_changes(bank: Path, tail: Tail) -> list[Change]:
    """Return what a log says that the tail does not hold yet, and note how far that is.

    Raises:
        FileNotFoundError: the log does not exist.
        BankDamagedError: it is damaged. An end that a crash has torn is none: it is left out.
        BankFormatError: a newer version is needed.
    """
    path = log_path(bank, tail.number)
    with path.open("rb") as file:
        if tail.end == tail.start:
            check_head(memoryview(file.read(HEAD_BYTES)), tail.number, path.name)
        file.seek(tail.end)
        parsed = parse_log(memoryview(file.read()), start=tail.end)
    if parsed.damaged is not None:
        start, end = parsed.damaged
        raise BankDamagedError(f"{path.name} is damaged between bytes {start} and {end}")
    tail.end = parsed.end
    return [change for payload in parsed.payloads for change in unpack_changes(payload)]


def sealed_names(changes: Sequence[Change]) -> Mapping[bytes, None]:
    """Return the names whose entries in segments these changes take the place of."""
    return {change.name: None for change in changes if change.is_sealed}
