"""What is done beside the changes of a bank held open: its log is sealed, segments are merged."""

import contextlib
import threading
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import numpy as np

from eikona.adapters.bank.additions import by_schema
from eikona.adapters.bank.commit import commit, file_mode
from eikona.adapters.bank.contents import Kept
from eikona.adapters.bank.manifest import FileRow, segment_path
from eikona.adapters.bank.merge_process import (
    Merge,
    Merged,
    is_long,
    merge,
    merge_beside,
    path_for,
)
from eikona.adapters.bank.merging import to_merge
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.turns import short_turns
from eikona.domain.errors import BankError, MergeFailedError


class Changed(Protocol):
    """The writer whose bank it is."""

    path: Path
    snapshot: Snapshot
    changing: threading.RLock
    is_held: bool

    @property
    def reserved(self) -> int:
        """The number that a segment will have which is being merged; 0 where none is."""

    def alone(self, *, sealing: bool = False) -> AbstractContextManager[tuple[Snapshot, int]]:
        """Let nobody else change the files, while entries go on to be logged."""

    def settled(self) -> None:
        """Wait until nobody beside changes the files; while ``changing`` is held."""

    def publish(self) -> None:
        """Take over the files that are the bank now."""

    def merge(self) -> None:
        """Merge segments, where that is needed."""


class Beside:
    """A thread that does one thing and ends, started as often as there is something to do."""

    def __init__(self, writer: Changed) -> None:
        self._writer = writer
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it is at work."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def join(self) -> None:
        """Wait until it has ended."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(OSError, BankError), short_turns():  # the next one tries again
            self.work()

    def work(self) -> None:
        """Do it."""
        raise NotImplementedError


class Sealer(Beside):
    """Makes segments of what is in the log, which goes on meanwhile."""

    def work(self) -> None:
        """Seal what is in the log now.

        Raises:
            OSError: the disk is full or broken; all stays in the log.
            BankError: a file is damaged.
        """
        writer = self._writer
        with writer.alone(sealing=True) as (base, end):
            tail, manifest = base.tail, base.manifest
            if not writer.is_held or tail is None:
                return
            entries = [tail.tail.entries[number] for number in tail.numbers()]
            contents = by_schema(entries, manifest.local_features)
            removed = base.by_segment(set(tail.hidden.tolist()))
            log = None if manifest.log is None else (manifest.log, end)
            commit(writer.path, base, contents, removed, log=log, first=writer.reserved + 1)
            writer.publish()
        with writer.changing:
            if writer.is_held:
                writer.merge()


class Merger(Beside):
    """Merges segments.

    Attributes:
        number: of the segment that is being written; 0 where none is.
        path: where it is written; None where none is.
    """

    def __init__(self, writer: Changed) -> None:
        super().__init__(writer)
        self.number = 0
        self.path: Path | None = None

    def work(self) -> None:
        """Merge as long as there is something to merge, and the bank is held open."""
        self.merge_on(beside=True)

    def merge_on(self, *, beside: bool = False) -> None:
        """Merge as long as there is something to merge.

        Args:
            beside: stop when the bank is not held open any more.

        Raises:
            OSError: the disk is full or broken.
            BankError: a file is damaged.
        """
        writer = self._writer
        damaged: set[int] = set()  # stay as they are: written anew, damage would pass for sound
        while writer.is_held or not beside:
            with writer.changing:
                writer.settled()
                parts = self._parts(damaged)
                if not parts:
                    return
                self.number = writer.snapshot.manifest.following
                self.path = path_for(writer.path, self.number)
            try:
                merged = self.merged(parts)
                if merged.torn:
                    damaged |= merged.torn
                    continue
                with writer.alone() as (base, _):
                    self._swap(base, parts, self._renamed(merged))
                    writer.publish()
            finally:
                with writer.changing:
                    self.path.unlink(missing_ok=True)
                    self.number, self.path = 0, None

    def merged(self, parts: Sequence[Kept]) -> Merged:
        """Write one segment of several, under a name that is nobody's yet."""
        writer = self._writer
        if self.path is None:
            return Merged()
        descriptors, mode = writer.snapshot.manifest.local_features, file_mode(writer.path)
        task = Merge(writer.path, parts, self.path, descriptors, mode)
        if writer.is_held and is_long(parts):
            with contextlib.suppress(MergeFailedError):
                return merge_beside(task)
        return merge(task)

    def _parts(self, damaged: Collection[int]) -> list[Kept]:
        snapshot = self._writer.snapshot
        sound = [one for one in snapshot.segments if one.number not in damaged]
        return [Kept(one, snapshot.live(one)) for one in to_merge(sound, snapshot.live_rows)]

    def _renamed(self, merged: Merged) -> FileRow | None:
        """Give a merged segment its name; None where nothing is left of its parts."""
        file = merged.written
        if file is None or self.path is None:
            return None
        self.path.replace(segment_path(self._writer.path, self.number))
        return FileRow(self.number, merged.rows, file.file_bytes, file.checksum)

    def _swap(self, base: Snapshot, parts: Sequence[Kept], row: FileRow | None) -> None:
        """Put a merged segment in the place of its parts, without what was removed meanwhile."""
        start, gone = 0, [np.zeros(0, np.uint32)]
        for part in parts:
            kept = int(np.count_nonzero(part.live))
            if base.live_rows(part.segment) != kept:
                places = np.cumsum(part.live, dtype=np.uint32) - np.uint32(1) + np.uint32(start)
                gone.append(places[part.live & ~base.live(part.segment)])
            start += kept
        places = np.concatenate(gone)
        commit(
            *(self._writer.path, base, []),
            {row.number: places} if row is not None and len(places) else {},
            without=[part.segment for part in parts],
            ready=[] if row is None else [row],
            log=base.manifest.log_place,
            first=self.number + 1,
        )
