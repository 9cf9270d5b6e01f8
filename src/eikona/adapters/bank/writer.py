"""Changes a bank, as its only writer: by new segments, or by the log while the bank is held open.

Few entries go to the log, which costs one ``write``, and into memory. When these are many they
become segments, and segments are merged: beside what goes on, by threads of their own (``beside``).
"""

import contextlib
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from eikona.adapters.bank.additions import Additions, by_schema
from eikona.adapters.bank.beside import Merger, Sealer
from eikona.adapters.bank.changes import Change, pack_changes, unpack_changes
from eikona.adapters.bank.commit import commit, file_mode, tidy
from eikona.adapters.bank.contents import Contents, replacing
from eikona.adapters.bank.log_file import HEAD_BYTES
from eikona.adapters.bank.log_writer import LogWriter
from eikona.adapters.bank.manifest import write_manifest, write_spare
from eikona.adapters.bank.names import encode_name
from eikona.adapters.bank.opening import Rebase, open_sealed, open_snapshot
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.tail import Tail, TailView
from eikona.adapters.bank.tombstones import Rows
from eikona.domain.errors import BankError
from eikona.domain.policy import Policy

MOST_LOGGED = 256  # entries of one change; more become a segment at once
MOST_LOGGED_BYTES = 1 << 22  # of one change
TAIL_ROWS = 1024  # entries: reading so many of a log takes some 30 ms
TAIL_BYTES = 1 << 24  # of a log
LOG_BYTES = 1 << 26  # of a log with all that is sealed already: then another begins
_MOST_TAILS = 8  # as long as the one that is being sealed


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
        self.merger = Merger(self)
        self.sealer = Sealer(self)
        self._free = threading.Condition(self.changing)
        self._alone = False  # whether a thread beside changes the files now
        self._being_sealed = 0  # entries of the log, from its first on

    def put(self, additions: Additions) -> bool:
        """Make additions.

        Returns:
            False where it has waited for files to be changed beside, and did nothing: plan anew.

        Raises:
            OSError: the disk is full or broken; nothing is changed.
        """
        if not additions.rows:
            return True
        replaced = additions.replaced
        if self.is_held and additions.rows <= MOST_LOGGED:
            sealed = {encode_name(self.snapshot.name_at(row)) for row in self._sealed_of(replaced)}
            named = [(encode_name(entry.name), entry) for entry in additions.all_entries()]
            payload = pack_changes([Change(name, entry, name in sealed) for name, entry in named])
            if len(payload) <= MOST_LOGGED_BYTES:
                return self._logged(payload, replaced)
        if self._waited():
            return False
        self.seal(additions.contents(self.snapshot.manifest.local_features), replaced)
        self.merge()
        return True

    def remove(self, rows: Sequence[int]) -> bool:
        """Remove entries by their numbers; False as for ``put``.

        Raises:
            OSError: the disk is full or broken; nothing is changed.
        """
        if self.is_held and len(rows) <= MOST_LOGGED:
            sealed = set(self._sealed_of(rows))
            named = [(encode_name(self.snapshot.name_at(row)), row) for row in rows]
            payload = pack_changes([Change(name, None, row in sealed) for name, row in named])
            return self._logged(payload, rows)
        if self._waited():
            return False
        self.seal([], rows)
        self.merge()
        return True

    def set_policy(self, policy: Policy) -> bool:
        """Put another policy in the place of the one there is; False as for ``put``.

        Raises:
            OSError: the disk is full or broken; nothing is changed.
        """
        if self._waited():
            return False
        changed = self.snapshot.manifest.next(policy=policy)
        try:
            write_manifest(self.path, changed, mode=file_mode(self.path))
            write_spare(self.path, changed, mode=file_mode(self.path))
        except BaseException:
            self._adopt_if_possible()
            raise
        self.adopt()
        return True

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
        self.tidy()

    def tidy(self) -> None:
        """Remove files that belong to no state."""
        spare = set(filter(None, [self.merger.path]))
        tidy(self.path, self.snapshot.manifest, spare=spare)

    def settle(self) -> None:
        """End holding: leave no log behind.

        Raises:
            OSError: the disk is full or broken; the log stays, with all that is in it.
        """
        with self.changing:
            self.is_held = False  # so nothing is begun any more
        self.sealer.join()
        self.merger.join()
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
        if self.is_held:
            self.merger.start()
        else:
            self.merger.merge_on()

    @contextlib.contextmanager
    def alone(self, *, sealing: bool = False) -> Iterator[tuple[Snapshot, int]]:
        """Let nobody else change the files, while entries go on to be logged.

        Yields the state to change, and up to where the log says it.

        Args:
            sealing: whether what is in the log will be in segments then.
        """
        with self.changing:
            self._waited()
            base, tail = self.snapshot, self.snapshot.tail
            self._alone = True
            self._being_sealed = tail.count if sealing and tail is not None else 0
            end = 0 if tail is None else tail.tail.end
        try:
            yield base, end
        except BaseException:
            with self.changing:
                self._adopt_if_possible()
            raise
        finally:
            with self.changing:
                self._alone, self._being_sealed = False, 0
                self._free.notify_all()

    def publish(self) -> None:
        """Take over the files that are the bank now; by whoever is alone.

        Most is done while others go on. What they log meanwhile is caught up with at the end.

        Raises:
            BankDamagedError: a file is torn, changed or missing.
        """
        opened = open_sealed(self.path, self.snapshot)
        rebase = Rebase(self.path, opened, self.snapshot.tail)
        rebase.catch_up()
        with self.changing:
            tail = rebase.finish(self.snapshot.tail)
            self.snapshot = opened.with_tail(tail)
            self._being_sealed = 0
        self.tidy()

    @property
    def reserved(self) -> int:
        """The number that a segment will have which is being merged; 0 where none is."""
        return self.merger.number

    def settled(self) -> None:
        """Wait until no thread beside changes the files; while ``changing`` is held."""
        self._waited()

    def _waited(self) -> bool:
        """Wait until no thread beside changes the files; whether there was one, and time passed."""
        has_to_wait = self._alone
        while self._alone:
            self._free.wait()
        return has_to_wait

    def _sealed_of(self, rows: Sequence[int]) -> list[int]:
        """Return those of some rows that are in a segment, or will be when that is sealed."""
        end = self.snapshot.sealed_rows + self._being_sealed
        return [row for row in rows if row < end]

    def _logged(self, payload: bytes, replaced: Sequence[int]) -> bool:
        """Append changes to the log, and have it sealed where it is long; False as for ``put``."""
        if self._log is None and self._waited():
            return False
        hidden = [row for row in replaced if row < self.snapshot.sealed_rows]
        end = self._open_log().append(payload)
        before = self.snapshot.tail
        view = TailView(Tail(0, 0)) if before is None else before
        view = view.after(unpack_changes(payload), hidden)
        view.tail.end = end
        self.snapshot = self.snapshot.with_tail(view)
        rows, length = max(view.count, len(view.tail.sealed)), end - view.tail.start
        if rows < TAIL_ROWS and length < TAIL_BYTES:
            return True
        if end >= LOG_BYTES and not self._alone:
            with contextlib.suppress(OSError):  # the change is made: the log may go on
                self.seal()
                self.merge()
            return True
        self.sealer.start()
        if rows >= _MOST_TAILS * TAIL_ROWS or length >= _MOST_TAILS * TAIL_BYTES:
            self._waited()  # for a disk that does not keep up
        return True

    def _open_log(self) -> LogWriter:
        if self._log is None:
            if self.snapshot.manifest.log is not None:
                self.seal()  # one that failed half-way
            manifest, mode = self.snapshot.manifest, file_mode(self.path)
            number = max(manifest.following, self.reserved + 1)
            log = LogWriter(self.path, number, mode=mode)
            named = manifest.next(following=number + 1, log=number, log_start=0)
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

    def _commit(self, contents: Sequence[Contents], removed: Rows) -> None:
        try:
            commit(self.path, self.snapshot, contents, removed, first=self.reserved + 1)
        except BaseException:
            self._adopt_if_possible()
            raise
        self.adopt()

    def _adopt_if_possible(self) -> None:
        """See what a change that failed has left: all of it, or nothing."""
        with contextlib.suppress(BankError, OSError):
            self.adopt()
