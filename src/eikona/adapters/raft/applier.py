"""The thread that applies committed entries to the machine, and takes its snapshots."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from eikona.adapters.raft.messages import Entry, EntryKind, Mark
from eikona.adapters.raft.pending import TOKEN_BYTES, Pending
from eikona.adapters.raft.settings import Compaction
from eikona.adapters.raft.snapshot_file import Snapshot
from eikona.adapters.raft.storage import Storage
from eikona.adapters.raft.wire import unpack_members
from eikona.balloting.machine import ReplicatedMachine

_log = logging.getLogger(__name__)


class Applier:
    """Owns the machine while a node runs."""

    def __init__(
        self,
        machine: ReplicatedMachine,
        *,
        storage: Storage,
        pending: Pending,
        compaction: Compaction,
        on_saved: Callable[[Mark], None],
        on_restored: Callable[[], None],
        on_failed: Callable[[BaseException], None],
    ) -> None:
        self._machine = machine
        self._storage = storage
        self._pending = pending
        self._compaction = compaction
        self._on_saved = on_saved
        self._on_restored = on_restored
        self._on_failed = on_failed
        self.mark = storage.stored.mark
        self.snapshot_bytes = 0
        self._snapshot_index = self.mark.index
        self._saving: threading.Thread | None = None
        self._queue: queue.SimpleQueue[Sequence[Entry] | Snapshot | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="raft-applier", daemon=True)

    def start(self) -> None:
        """Begin; the machine is where the storage's snapshot left it."""
        snapshot = self._storage.stored.snapshot
        self.snapshot_bytes = len(snapshot.state) if snapshot is not None else 0
        self._thread.start()

    def apply(self, entries: Sequence[Entry]) -> None:
        """Apply committed entries, after those before them."""
        self._queue.put(entries)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot that another node sent."""
        self._queue.put(snapshot)

    def stop(self) -> None:
        """Apply what was given, then end; wait for a snapshot that is being written."""
        self._queue.put(None)
        self._thread.join()
        if self._saving is not None:
            self._saving.join()

    def _run(self) -> None:
        try:
            while (work := self._queue.get()) is not None:
                if isinstance(work, Snapshot):
                    self._restore(work)
                else:
                    for entry in work:
                        self._apply(entry)
                    self._save_when_due()
        except Exception as error:  # noqa: BLE001 - whatever a machine raises ends the engine
            self._on_failed(error)

    def _apply(self, entry: Entry) -> None:
        members = self.mark.members
        if entry.kind is EntryKind.MEMBERS:
            members = unpack_members(entry.data)
        self.mark = Mark(entry.index, entry.term, members)
        if entry.kind is EntryKind.COMMAND:
            result = self._machine.apply(entry.data[TOKEN_BYTES:])
            self._pending.answer(entry.data[:TOKEN_BYTES], result)

    def _restore(self, snapshot: Snapshot) -> None:
        if snapshot.mark.index <= self.mark.index:
            return
        self._machine.restore(snapshot.state)
        self.mark = snapshot.mark
        self.snapshot_bytes = len(snapshot.state)
        self._snapshot_index = snapshot.mark.index
        self._on_restored()

    def _save_when_due(self) -> None:
        grown = self.mark.index - self._snapshot_index
        is_saving = self._saving is not None and self._saving.is_alive()
        is_long = self._storage.journal.size * 2 >= self.snapshot_bytes
        if grown < self._compaction.entries or is_saving or not is_long:
            return
        snapshot = Snapshot(self.mark, self._machine.snapshot())
        self._snapshot_index = self.mark.index
        self._saving = threading.Thread(
            target=self._save, args=(snapshot,), name="raft-snapshot", daemon=True
        )
        self._saving.start()

    def _save(self, snapshot: Snapshot) -> None:
        try:
            self._storage.snapshots.save(snapshot)
        except OSError as error:  # the journal stays, and the next one may succeed
            _log.warning("snapshot not written", extra={"reason": error.strerror})
            return
        except Exception as error:  # noqa: BLE001 - the disk may have lost a write
            self._on_failed(error)
            return
        self.snapshot_bytes = len(snapshot.state)
        self._on_saved(snapshot.mark)
