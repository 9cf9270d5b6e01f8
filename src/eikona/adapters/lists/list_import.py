"""Puts what lists say into a bank: what a line does not say of an entry stays as it is."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.agreement import differing
from eikona.adapters.bank.columns import DECIDED, EntryColumns
from eikona.adapters.bank.names import decode_name
from eikona.adapters.bank.store import BankStore
from eikona.adapters.lists.listed import BadLine, Chunk, Listed
from eikona.adapters.lists.opinions import joint_state
from eikona.adapters.lists.told_names import ToldNames
from eikona.domain.bank import Added, Entry
from eikona.domain.errors import EntryNotFoundError
from eikona.services.ports import HashKey


@dataclass(slots=True)
class ListImport:
    """The import of one list; lines that contradict an earlier one are refused.

    Attributes:
        store: the bank, open for writing.
        added: entries under new names.
        replaced: entries that were there otherwise.
        unchanged: lines that say what the bank has already.
    """

    store: BankStore
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    _told: ToldNames = field(default_factory=ToldNames)

    def put(self, chunk: Chunk) -> list[BadLine]:
        """Add the entries of some lines, and return the lines that are refused.

        Raises:
            BankInUseError: another process is writing.
            OSError: the disk is full or broken.
        """
        refused: list[BadLine] = []
        single, repeated = _parted(chunk.listed)
        for one in single:
            again = self._told.among(one.columns)
            fresh = np.flatnonzero(~again)
            if len(fresh):
                self._count(self.store.add_columns(one.columns.take(fresh)))
            places = np.flatnonzero(again)
            if len(places):
                repeated += self._otherwise(one, places)
        self._put_repeated(repeated, refused)
        for one in chunk.listed:
            self._told.add(one)
        return sorted(refused)

    def _otherwise(self, listed: Listed, places: NDArray[np.intp]) -> list["_Place"]:
        """Return which of these places say something that the bank does not have."""
        columns, snapshot = listed.columns.take(places), self.store.snapshot
        rows = snapshot.find_rows(columns.names, columns.digests)
        said = replace(columns, is_opinion=False)  # what several say is joined
        other = {*differing(snapshot, said, rows), *np.flatnonzero(rows < 0).tolist()}
        self.unchanged += len(columns) - len(other)
        return [one for place in sorted(other) for one in _places(listed, int(places[place]))]

    def _put_repeated(self, places: Sequence["_Place"], refused: list[BadLine]) -> None:
        """Put entries together of which several lines say something."""
        by_name = defaultdict(list)
        for place in sorted(places, key=lambda one: one.line):
            by_name[place.columns.names[place.place]].append(place)
        entries = [
            entry
            for name, several in by_name.items()
            if (entry := self._joined(name, several, refused)) is not None
        ]
        if entries:
            self._count(self.store.add(entries))

    def _joined(
        self, name: bytes, places: Sequence["_Place"], refused: list[BadLine]
    ) -> Entry | None:
        entry = self._there(name)
        is_decided = entry is not None and entry.state in DECIDED
        told: dict[HashKey, tuple[int, bytes]] = {}
        for place in places:
            earlier = self._told_earlier(entry, place)
            reason = _contradiction(place, {**earlier, **told})
            if reason is not None:
                refused.append(BadLine(place.line, reason))
                continue
            columns, new = place.columns, place.entry()
            if entry is not None:
                joint = joint_state((entry.state, new.state))
                new = columns.amended(entry, place.place)
                if columns.is_opinion and (earlier or (told and not is_decided)):
                    new = replace(new, state=joint)
            codes = place.codes()
            if new == entry and told.keys() >= codes.keys():  # the same line once more
                self.unchanged += 1
            entry = new
            told |= {key: (place.line, code) for key, code in codes.items()}
        return entry if told else None

    def _there(self, name: bytes) -> Entry | None:
        try:
            return self.store.entry(decode_name(name))
        except EntryNotFoundError:
            return None

    def _told_earlier(
        self, entry: Entry | None, place: "_Place"
    ) -> dict[HashKey, tuple[int, bytes]]:
        """Return what earlier chunks of the list said of this entry."""
        if entry is None:
            return {}
        picture, digest = entry.fingerprint, place.columns.digests[place.place]
        return {
            key: (line, picture.hashes[key.name])
            for key in place.columns.codes
            if picture.versions.get(key.name) == key.version
            and (line := self._told.line(key, digest)) is not None
        }

    def _count(self, added: Added) -> None:
        self.added += added.added
        self.replaced += added.replaced
        self.unchanged += added.unchanged


@dataclass(frozen=True, slots=True)
class _Place:
    """What one line says of an entry.

    Attributes:
        columns: where it is.
        place: in these.
        line: its number.
    """

    columns: EntryColumns
    place: int
    line: int

    def entry(self) -> Entry:
        """Return the entry as if it were new."""
        return self.columns.entry(self.place)

    def codes(self) -> dict[HashKey, bytes]:
        """Return the entry's hashes."""
        return {key: codes[self.place].tobytes() for key, codes in self.columns.codes.items()}


def _places(listed: Listed, place: int) -> Iterator[_Place]:
    """Yield what each line says of the entry at a place."""
    if not listed.hash_lines:
        yield _Place(listed.columns, place, int(listed.lines[place]))
    for key, lines in listed.hash_lines.items():
        alone = replace(listed.columns, codes={key: listed.columns.codes[key]})
        yield _Place(alone, place, int(lines[place]))


def _contradiction(place: _Place, told: Mapping[HashKey, tuple[int, bytes]]) -> str | None:
    """Return why a line cannot be true if what was told before is."""
    for key, code in place.codes().items():
        line, before = told.get(key, (0, code))
        if before != code:
            name = decode_name(place.columns.names[place.place])
            return f"line {line} gives {name!r} another {key.name}: rename one of them"
    return None


def _parted(listed: Iterable[Listed]) -> tuple[list[Listed], list[_Place]]:
    """Return entries whose names stand there once, and the places of all others."""
    some = list(listed)
    names = [name for one in some for name in one.columns.names]
    if len(set(names)) == len(names):
        return some, []
    seen: set[bytes] = set()
    twice = {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
    single: list[Listed] = []
    repeated: list[_Place] = []
    for one in some:
        is_single = np.array([name not in twice for name in one.columns.names], np.bool_)
        chosen = np.flatnonzero(is_single)
        if len(chosen):
            single.append(one.take(chosen))
        for place in np.flatnonzero(~is_single).tolist():
            repeated += _places(one, place)
    return single, repeated
