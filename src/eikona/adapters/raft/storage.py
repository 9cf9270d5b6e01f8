"""What one node keeps on its disk: a journal and the newest snapshot, opened as one."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from eikona.adapters.raft.disk import sync_folder
from eikona.adapters.raft.journal import Journal, Recovered
from eikona.adapters.raft.messages import Entry, HardState, Mark, Member
from eikona.adapters.raft.snapshot_file import Snapshot, SnapshotFolder
from eikona.adapters.raft.state import Effects
from eikona.domain.errors import EngineStoppedError, ReplicaDamagedError


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a node was."""

    hard: HardState
    mark: Mark
    entries: tuple[Entry, ...]
    snapshot: Snapshot | None


class Storage:
    """A node's folder. One process at a time may have it open."""

    def __init__(
        self, folder: Path, *, members: tuple[Member, ...], file_bytes: int, syncs: bool
    ) -> None:
        """Open the folder, and read where the node was.

        Args:
            folder: made where it is not there.
            members: those of a new cluster; what is stored goes before it.
            file_bytes: how long one file of the journal may become.
            syncs: whether what is stored must outlive a power cut, not only this process.

        Raises:
            EngineStoppedError: another process has the folder open.
            ReplicaDamagedError: what is stored is not what was written.
            OSError: the disk is full or broken.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(folder)
        try:
            self.snapshots = SnapshotFolder(folder / "snapshots", syncs=syncs)
            snapshot = self.snapshots.load()
            self.journal = Journal(folder / "journal", file_bytes=file_bytes, syncs=syncs)
            if syncs:
                sync_folder(folder)
            recovered = self.journal.recovered
            is_new = not recovered.entries and recovered.hard == HardState()
            if snapshot is None and recovered.mark is None and is_new:
                recovered.begin_at(Mark(members=members))
                self.journal.store(Effects(mark=recovered.mark))
            self.stored = _joined(recovered, snapshot, folder)
            if snapshot is not None and not recovered.entries:
                # or what the journal holds and what it will hold would not meet: a kill may have
                # come after a snapshot was received, before the journal was told
                self.journal.store(Effects(mark=snapshot.mark))
            recovered.entries = []  # the core has them from now on
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Let go of the folder."""
        self.journal.close()
        os.close(self._lock)


def _joined(recovered: Recovered, snapshot: Snapshot | None, folder: Path) -> Stored:
    if snapshot is not None and (
        recovered.mark is None or recovered.mark.index <= snapshot.mark.index
    ):
        recovered.begin_at(snapshot.mark)
    mark = recovered.mark
    lacks_snapshot = mark is not None and mark.index > 0 and snapshot is None
    if mark is None or lacks_snapshot or (snapshot and snapshot.mark.index < mark.index):
        raise ReplicaDamagedError(f"{folder}: the snapshot that the journal goes on from is gone")
    if recovered.entries and recovered.entries[0].index != mark.index + 1:
        raise ReplicaDamagedError(f"{folder}: the journal lacks what follows entry {mark.index}")
    return Stored(recovered.hard, mark, tuple(recovered.entries), snapshot)


def _lock(folder: Path) -> int:
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise EngineStoppedError(f"another process has {folder} open: stop it first") from error
    return handle
