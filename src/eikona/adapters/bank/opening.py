"""Opens what a bank's manifest names, as one consistent state."""

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.log_file import HEAD_BYTES
from eikona.adapters.bank.manifest import (
    FileRow,
    Manifest,
    read_manifest,
    segment_path,
    tombstone_path,
)
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.tail import Tail, TailView, read_changes, sealed_names
from eikona.adapters.bank.tombstones import Rows, read_tombstones
from eikona.domain.errors import BankDamagedError

_CATCH_UPS = 3  # readings of a log that grows, each shorter than the one before


def open_snapshot(bank: Path, before: Snapshot | None = None) -> Snapshot:
    """Open what the manifest names, and read its log.

    Args:
        bank: the folder.
        before: an earlier state, of which what is open already is used.

    Raises:
        FileNotFoundError: there is no manifest.
        NotABankError: this is something else.
        BankDamagedError: a file is torn, changed or missing.
        BankFormatError: a newer version is needed.
    """
    return _opened(bank, before, lambda sealed: sealed.with_tail(_tail(bank, sealed, before)))


def open_sealed(bank: Path, before: Snapshot) -> Snapshot:
    """Open what the manifest names, without its log; for the only writer.

    Args:
        bank: the folder.
        before: the state so far, of which what is open already is used.

    Raises:
        BankDamagedError: a file is torn, changed or missing.
    """
    return _opened(bank, before, lambda sealed: sealed.with_tail(None))


def _opened(
    bank: Path, before: Snapshot | None, finish: Callable[[Snapshot], Snapshot]
) -> Snapshot:
    manifest = read_manifest(bank)
    known = {} if before is None else {one.number: one for one in before.segments}
    while True:
        try:
            segments = [_segment(bank, row, known.get(row.number)) for row in manifest.segments]
            if before is not None and manifest == before.manifest:
                sealed = before
            else:
                sealed = Snapshot(manifest, segments, _removed(bank, manifest))
            return finish(sealed)
        except FileNotFoundError as error:
            newer = read_manifest(bank)  # a writer may have merged the file away meanwhile
            if newer == manifest:
                raise BankDamagedError(f"{Path(error.filename).name} is missing") from error
            manifest = newer


def _segment(bank: Path, row: FileRow, known: Segment | None) -> Segment:
    if known is not None and _is_of(known, row):
        return known
    path = segment_path(bank, row.number)
    segment = Segment.open(path, row.number)
    if not _is_of(segment, row):
        raise BankDamagedError(f"{path.name} is not the file that the manifest names")
    return segment


def _is_of(segment: Segment, row: FileRow) -> bool:
    """Whether this is the file that a manifest names: a number alone may be another bank's."""
    found = (segment.rows, len(segment.data), segment.checksum)
    return found == (row.rows, row.size, row.checksum)


def _removed(bank: Path, manifest: Manifest) -> Rows:
    lists = []
    for row in manifest.tombstones:
        path = tombstone_path(bank, row.number)
        pairs, checksum = read_tombstones(path)
        if (len(pairs), checksum) != (row.rows, row.checksum):
            raise BankDamagedError(f"{path.name} is not the file that the manifest names")
        lists.append(pairs)
    if not lists:
        return {}
    return by_segment(np.concatenate(lists), {row.number for row in manifest.segments})


def _tail(bank: Path, sealed: Snapshot, before: Snapshot | None) -> TailView | None:
    """Read what the log says, or what it says since ``before``."""
    number = sealed.manifest.log
    if number is None:
        return None
    view, start = (
        None if before is None else before.tail,
        max(HEAD_BYTES, sealed.manifest.log_start),
    )
    if view is None or (view.tail.number, view.tail.start) != (number, start):
        view = TailView(Tail(number, start, sealed.manifest.local_features))
    changes = read_changes(bank, view.tail)
    if sealed is before:
        names = list(sealed_names(changes))
        return view.after(changes, list(sealed.find_sealed(names).values()))
    view = view.after(changes, [])
    hidden = sealed.find_sealed(list(view.tail.sealed)).values()
    return view.hiding(np.array(list(hidden), np.int64))


class Rebase:
    """Puts a log under other segments, while it grows; by the only writer.

    Args:
        bank: the folder.
        sealed: the segments.
        tail: the log as it is now, under others.
    """

    def __init__(self, bank: Path, sealed: Snapshot, tail: TailView | None) -> None:
        self._bank = bank
        self._sealed = sealed
        number, start = sealed.manifest.log, max(HEAD_BYTES, sealed.manifest.log_start)
        self._is_read_anew = (
            tail is not None and number is not None and tail.tail.start != start
        )  # as some of it is in segments now
        self._view = tail
        if self._is_read_anew:
            self._view = TailView(Tail(number or 0, start, sealed.manifest.local_features))
        self._hidden: dict[bytes, None] = {}
        self._rows: set[int] = set()

    def catch_up(self) -> None:
        """Do what can be done while the log grows."""
        for _ in range(_CATCH_UPS if self._is_read_anew else 1):
            self._step(self._view)

    def finish(self, tail: TailView | None) -> TailView | None:
        """Return the log as it is now, under the new segments; while nobody appends to it.

        Args:
            tail: the same, under the segments so far.
        """
        if self._sealed.manifest.log is None:
            return None
        view = self._step(self._view if self._is_read_anew else tail)
        return None if view is None else view.hiding(np.array(list(self._rows), np.int64))

    def _step(self, view: TailView | None) -> TailView | None:
        if view is None:
            return None
        if self._is_read_anew:
            view = self._view = view.after(read_changes(self._bank, view.tail), [])
        names = list(view.tail.sealed)[len(self._hidden) :]
        self._hidden |= dict.fromkeys(names)
        self._rows |= set(self._sealed.find_sealed(names).values())
        return view


def by_segment(pairs: NDArray[np.void], numbers: Collection[int]) -> Rows:
    """Return removed rows by their segment, of these segments only."""
    present = np.unique(pairs["segment"]).tolist()
    return {
        number: np.unique(pairs["row"][pairs["segment"] == number])
        for number in present
        if number in numbers
    }
