"""Changes a bank, as its only writer: by new segments, or by the log while the bank is held open.

Few entries go to the log, which costs one ``write``, and into memory. When these are many they
become segments, and the log ends. Segments are merged beside all that, in a thread of its own.
"""

import contextlib
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from eikona.adapters.bank.additions import Additions, by_schema
from eikona.adapters.bank.changes import Change, pack_changes, unpack_changes
from eikona.adapters.bank.commit import commit, file_mode, tidy
from eikona.adapters.bank.contents import Contents, Kept, replacing
from eikona.adapters.bank.log_file import HEAD_BYTES
from eikona.adapters.bank.log_writer import LogWriter
from eikona.adapters.bank.manifest import FileRow, segment_path, write_manifest
from eikona.adapters.bank.merge_process import (
    Merge,
    Merged,
    is_long,
    merge,
    merge_beside,
    path_for,
)
from eikona.adapters.bank.merging import to_merge
from eikona.adapters.bank.names import encode_name
from eikona.adapters.bank.opening import open_snapshot
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.tail import Tail, TailView
from eikona.adapters.bank.tombstones import Rows
from eikona.domain.errors import BankError, MergeFailedError
from eikona.domain.policy import Policy

MOST_LOGGED = 256  # entries of one change; more become a segment at once
MOST_LOGGED_BYTES = 1 << 22  # of one change
TAIL_ROWS = 1024  # entries: reading so many of a log takes some 30 ms
TAIL_BYTES = 1 << 24  # of a log


class Writer:
    """What the store that has the lock changes a bank by.

    Attributes:
        path: the bank's folder.
        snapshot: the newest state.
        changing: lets one thread at a time change it.
        is_held: whether the lock stays, so that changes may be logged.
    """

    def __init__(self, path: Path, snapshot: Snapshot) -> None:
        self.path = path
        self.snapshot = snapshot
        self.changing = threading.RLock()
        self.is_held = False
        self._log: LogWriter | None = None
        self._merging: threading.Thread | None = None
        self._reserved = 0  # number of the segment that is being merged into
        self._merging_into: Path | None = None

    def put(self, additions: Additions) -> None:
        """Make additions.

        Raises:
            OSError: the disk is full or broken; nothing is changed.
        """
        if not additions.rows:
            return
        replaced = additions.replaced
        if self.is_held and additions.rows <= MOST_LOGGED:
            hidden = [row for row in replaced if row < self.snapshot.sealed_rows]
            sealed = {encode_name(self.snapshot.name_at(row)) for row in hidden}
            named = [(encode_name(entry.name), entry) for entry in additions.all_entries()]
            changes = [Change(name, entry, name in sealed) for name, entry in named]
            if self._logged(changes, hidden):
                return
        self.seal(additions.contents(self.snapshot.manifest.local_features), replaced)
        self.merge()

    def remove(self, rows: Sequence[int]) -> None:
        """Remove entries by their numbers.

        Raises:
            OSError: the disk is full or broken; nothing is changed.
        """
        if self.is_held and len(rows) <= MOST_LOGGED:
            sealed = self.snapshot.sealed_rows
            named = [(encode_name(self.snapshot.name_at(row)), row) for row in rows]
            changes = [Change(name, None, row < sealed) for name, row in named]
            if self._logged(changes, [row for row in rows if row < sealed]):
                return
        self.seal([], rows)
        self.merge()

    def set_policy(self, policy: Policy) -> None:
        """Put another policy in the place of the one there is.

        Raises:
            OSError: the disk is full or broken; nothing is changed.
        """
        changed = self.snapshot.manifest.next(policy=policy)
        try:
            write_manifest(self.path, changed, mode=file_mode(self.path))
        except BaseException:
            self._adopt_if_possible()
            raise
        self.adopt()

    def log(self) -> LogWriter | None:
        """Return the log that the last change went to; None where it is safe already."""
        return self._log

    def seal(self, contents: Sequence[Contents] = (), replaced: Collection[int] = ()) -> None:
        """Make segments of what is in the log, and of what is added, in one step.

        Args:
            contents: to add.
            replaced: numbers of entries that do not count any more.

        Raises:
            OSError: the disk is full or broken; nothing is changed.
        """
        sealed, gone = self.snapshot.sealed_rows, set(replaced)
        tail = self.snapshot.tail
        numbers = [] if tail is None else tail.numbers()
        kept = [number for number in numbers if sealed + number not in gone]
        entries = [] if tail is None else [tail.tail.entries[number] for number in kept]
        hidden = {row for row in gone if row < sealed}
        hidden.update([] if tail is None else tail.hidden.tolist())
        new = [*by_schema(entries, self.snapshot.manifest.local_features), *contents]
        log = self.snapshot.manifest.log
        if log is not None and new:  # the last that is written: then all are there
            new[-1].sections.append(replacing([log]))
        self._commit(new, self.snapshot.by_segment(hidden))

    def adopt(self) -> None:
        """Read the state that is on the disk, and remove what does not belong to it."""
        self.snapshot = open_snapshot(self.path, self.snapshot)
        if self._log is not None and self.snapshot.manifest.log != self._log.number:
            self._log.close()
            self._log = None
        tidy(self.path, self.snapshot.manifest, spare=set(filter(None, [self._merging_into])))

    def settle(self) -> None:
        """End holding: leave no log behind.

        Raises:
            OSError: the disk is full or broken; the log stays, with all that is in it.
        """
        self.is_held = False
        if self._merging is not None:
            self._merging.join()
        with self.changing:
            try:
                if self.snapshot.manifest.log is not None:
                    self.seal()
                    self.merge()
            finally:
                if self._log is not None:
                    self._log.close()
                    self._log = None

    def merge(self) -> None:
        """Merge segments: now, or beside what follows while the bank is held open."""
        if not self.is_held:
            self._merge_on()
        elif self._merging is None or not self._merging.is_alive():
            self._merging = threading.Thread(target=self._merge_beside, daemon=True)
            self._merging.start()

    def _logged(self, changes: Sequence[Change], hidden: Sequence[int]) -> bool:
        """Append changes to the log; False where they are too long for it."""
        payload = pack_changes(changes)
        if len(payload) > MOST_LOGGED_BYTES:
            return False
        end = self._open_log().append(payload)
        before = self.snapshot.tail
        view = TailView(Tail(0, 0)) if before is None else before
        view = view.after(unpack_changes(payload), hidden)
        view.tail.end = end
        self.snapshot = self.snapshot.with_tail(view)
        if max(view.count, len(view.tail.sealed)) >= TAIL_ROWS or end >= TAIL_BYTES:
            with contextlib.suppress(OSError):  # the change is made: the log may go on
                self.seal()
                self.merge()
        return True

    def _open_log(self) -> LogWriter:
        if self._log is None:
            if self.snapshot.manifest.log is not None:
                self.seal()  # one that failed half-way
            manifest, mode = self.snapshot.manifest, file_mode(self.path)
            number = max(manifest.following, self._reserved + 1)
            log = LogWriter(self.path, number, mode=mode)
            named = manifest.next(following=number + 1, log=number)
            try:
                write_manifest(self.path, named, mode=mode)
            except BaseException:
                log.close()
                self._adopt_if_possible()
                raise
            self._log = log
            tail = TailView(Tail(number, HEAD_BYTES, named.local_features))
            self.snapshot = self.snapshot.with_tail(tail, manifest=named)
        return self._log

    def _merge_beside(self) -> None:
        with contextlib.suppress(OSError, BankError):  # the next one tries again
            self._merge_on()

    def _merge_on(self) -> None:
        damaged: set[int] = set()  # stay as they are: written anew, damage would pass for sound
        beside = threading.current_thread() is self._merging
        while self.is_held or not beside:
            with self.changing:
                parts = self._parts(damaged)
                if not parts:
                    return
                self._reserved = self.snapshot.manifest.following
                self._merging_into = path_for(self.path, self._reserved)
            try:
                merged = self._merged(parts)
                if merged.torn:
                    damaged |= merged.torn
                    continue
                with self.changing:
                    self._swap(parts, self._renamed(merged))
            finally:
                with self.changing:
                    self._merging_into.unlink(missing_ok=True)
                    self._reserved, self._merging_into = 0, None

    def _parts(self, damaged: Collection[int]) -> list[Kept]:
        snapshot = self.snapshot
        sound = [one for one in snapshot.segments if one.number not in damaged]
        return [Kept(one, snapshot.live(one)) for one in to_merge(sound, snapshot.live_rows)]

    def _merged(self, parts: Sequence[Kept]) -> Merged:
        """Write one segment of several, under a name that is nobody's yet."""
        if self._merging_into is None:
            return Merged()
        descriptors, mode = self.snapshot.manifest.local_features, file_mode(self.path)
        task = Merge(self.path, parts, self._merging_into, descriptors, mode)
        if self.is_held and is_long(parts):
            with contextlib.suppress(MergeFailedError):
                return merge_beside(task)
        return merge(task)

    def _renamed(self, merged: Merged) -> FileRow | None:
        """Give a merged segment its name; None where nothing is left of its parts."""
        number, file = self._reserved, merged.written
        if file is None or self._merging_into is None:
            return None
        self._merging_into.replace(segment_path(self.path, number))
        return FileRow(number, merged.rows, file.file_bytes, file.checksum)

    def _swap(self, parts: Sequence[Kept], row: FileRow | None) -> None:
        """Put a merged segment in the place of its parts, without what was removed meanwhile."""
        start, gone = 0, [np.zeros(0, np.uint32)]
        for part in parts:
            kept = int(np.count_nonzero(part.live))
            if self.snapshot.live_rows(part.segment) != kept:
                places = np.cumsum(part.live, dtype=np.uint32) - np.uint32(1) + np.uint32(start)
                gone.append(places[part.live & ~self.snapshot.live(part.segment)])
            start += kept
        removed = np.concatenate(gone)
        self._commit(
            [],
            {row.number: removed} if row is not None and len(removed) else {},
            without=[part.segment for part in parts],
            ready=[] if row is None else [row],
            log=self.snapshot.manifest.log,
        )

    def _commit(
        self,
        contents: Sequence[Contents],
        removed: Rows,
        *,
        without: Sequence[Segment] = (),
        ready: Sequence[FileRow] = (),
        log: int | None = None,
    ) -> None:
        try:
            commit(
                *(self.path, self.snapshot, contents, removed),
                without=without,
                log=log,
                ready=ready,
                first=self._reserved + 1,
            )
        except BaseException:
            self._adopt_if_possible()
            raise
        self.adopt()

    def _adopt_if_possible(self) -> None:
        """See what a change that failed has left: all of it, or nothing."""
        with contextlib.suppress(BankError, OSError):
            self.adopt()
