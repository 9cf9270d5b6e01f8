"""A node's own copy of its machine, so that after a restart it applies the rest of the log alone.

The log in etcd is what counts. The copy says which log it is of: a node that took part in one must
not go on with another, in which what it had acknowledged is missing.
"""

import fcntl
import logging
import os
import threading
from pathlib import Path

from eikona.adapters.raft.disk import sync_folder
from eikona.adapters.raft.messages import Mark
from eikona.adapters.raft.snapshot_file import Snapshot, SnapshotFolder
from eikona.domain.errors import EngineStoppedError, QuorumError, ReplicaDamagedError

_log = logging.getLogger(__name__)
_OWNER_ONLY = 0o600


class LocalCopy:
    """What stands in a folder. One process at a time may have it open."""

    def __init__(self, folder: Path, *, every: int) -> None:
        """Open a folder; made where it is not there.

        Args:
            folder: where the copy stands.
            every: commands after which it is written anew.

        Raises:
            EngineStoppedError: another process has it open.
            OSError: it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, _OWNER_ONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise EngineStoppedError(f"another process has {folder} open: stop it first") from error
        self._snapshots = SnapshotFolder(folder / "snapshots", syncs=True)
        self._every = every
        self._writing: threading.Thread | None = None
        self.missing = 0  # commands that were applied since

    @property
    def is_due(self) -> bool:
        """Whether it is to be written anew, and can be now."""
        is_writing = self._writing is not None and self._writing.is_alive()
        return self.missing >= self._every and not is_writing

    def close(self) -> None:
        """Let go of the folder, once what is being written is there."""
        if self._writing is not None:
            self._writing.join()
        os.close(self._lock)

    def check_log(self, log_id: str) -> None:
        """Make sure that etcd's log is the one that this node took part in.

        Raises:
            ReplicaDamagedError: it is another one.
            OSError: the disk is full or broken.
        """
        path = self._folder / "log-id"
        if not path.exists():
            partial = path.with_suffix(".partial")
            partial.write_text(log_id, encoding="ascii")
            partial.replace(path)
            sync_folder(self._folder)
        elif path.read_text(encoding="ascii") != log_id:
            raise ReplicaDamagedError(
                f"etcd holds another log than the one of {self._folder}: restore etcd's data"
            )

    def load(self) -> tuple[int, bytes] | None:
        """Return the revision up to which the copy reaches and the machine's snapshot, if any."""
        try:
            found = self._snapshots.load()
        except ReplicaDamagedError as error:  # the log has it all
            _log.warning("copy not used", extra={"reason": str(error)})
            return None
        return None if found is None else (found.mark.index, found.state)

    def save_beside(self, revision: int, data: bytes) -> None:
        """Put a copy in place of the one before, while others go on."""
        self.missing = 0
        self._writing = threading.Thread(
            target=self.save, args=(revision, data), name="etcd-copy", daemon=True
        )
        self._writing.start()

    def save(self, revision: int, data: bytes) -> None:
        """Put a copy in place of the one before, or leave that where the disk is full."""
        try:
            self._snapshots.save(Snapshot(Mark(revision), data))
        except (OSError, QuorumError) as error:  # the log in etcd has it all
            _log.warning("copy not written", extra={"reason": str(error)})
