"""The engine for production: etcd keeps the log, and every node applies it to its machine.

One thread adds what waits, all at once, to the end of the log; one watches for what others add.
Whichever learns of the next entry first applies it.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from eikona.adapters.etcd.batch import MAX_BATCH_BYTES, pack_batch, unpack_batch
from eikona.adapters.etcd.client import (
    CompactedError,
    EtcdClient,
    NotSentError,
)
from eikona.adapters.etcd.log import EtcdLog, LogEntry, Page
from eikona.adapters.etcd.settings import EtcdSettings
from eikona.adapters.raft.pending import TOKEN_BYTES, Pending
from eikona.balloting.machine import ReplicatedMachine
from eikona.domain.errors import (
    CommandTooLongError,
    EngineStoppedError,
    EtcdError,
    OutcomeUnknownError,
    QuorumUnavailableError,
)
from eikona.services.replication import MAX_COMMAND_BYTES, EngineStatus, PeerStatus

_log = logging.getLogger(__name__)
_AGAIN_S = 0.1


class EtcdEngine:
    """A ``ReplicationEngine`` on etcd."""

    def __init__(self, settings: EtcdSettings) -> None:
        """Read the certificates.

        Raises:
            InvalidKeyError: they cannot be used.
        """
        self._settings = settings
        self._client = EtcdClient(settings)
        self._log = EtcdLog(self._client, settings.cluster)
        self._pending = Pending()
        self._machine: ReplicatedMachine | None = None
        self._applying = threading.RLock()
        self._applied = 0
        self._tail = 0
        self._snapshot_index = 0
        self._snapshot_bytes = 0
        self._wanted = threading.Event()
        self._is_stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._trouble = ""

    def start(self, machine: ReplicatedMachine) -> None:
        """Bring the machine to where the log is, and take part; see ``ReplicationEngine``."""
        if self._machine is not None:
            raise EngineStoppedError("an engine starts once: make another")
        self._machine = machine
        try:
            revision = self._catch_up()
        finally:
            self._client.close()
        for name, work in (("add", self._add_on), ("watch", lambda: self._watch_on(revision))):
            thread = threading.Thread(
                target=self._run, args=(work,), name=f"etcd-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def submit(self, command: bytes, *, timeout_s: float) -> bytes:
        """Have a command applied everywhere; see ``ReplicationEngine``."""
        if len(command) > MAX_COMMAND_BYTES:
            raise CommandTooLongError(f"a command has at most {MAX_COMMAND_BYTES} bytes")
        if not self._threads or self._is_stopping.is_set():
            raise EngineStoppedError(f"this node replicates nothing: {self._trouble or 'stopped'}")
        outcome = self._pending.wait(command, timeout_s=timeout_s, call=self._wanted.set)
        if outcome.result is not None:
            return outcome.result
        if outcome.was_sent:
            raise OutcomeUnknownError("no answer in time: it may still be applied; send it again")
        raise QuorumUnavailableError(f"it was not sent: {self._trouble or 'no time was left'}")

    def leader(self) -> str | None:
        """Return None: etcd's servers choose a leader among themselves."""
        return None

    def status(self) -> EngineStatus:
        """Return how replication stands."""
        is_running = bool(self._threads) and not self._is_stopping.is_set()
        role = "stalled" if self._trouble else "follower"
        return EngineStatus(
            engine="etcd",
            node=self._settings.name,
            role=role if is_running else "stopped",
            term=0,
            leader=None,
            position=self._applied,
            committed=self._tail,
            lag=max(self._tail - self._applied, 0),
            snapshot_bytes=self._snapshot_bytes,
            peers=tuple(
                PeerStatus(endpoint, endpoint, is_alive=not self._trouble)
                for endpoint in self._settings.endpoints
            ),
            trouble=self._trouble,
        )

    def stop(self) -> None:
        """Take part no longer."""
        self._is_stopping.set()
        self._wanted.set()
        for thread in self._threads:
            while thread.is_alive():
                self._client.stop_watching()
                thread.join(_AGAIN_S)
        self._pending.give_up()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told in the status and to every caller
            _log.exception("replication ends", extra={"node": self._settings.name})
            self._trouble = f"{type(error).__name__}: {error}"
            self._is_stopping.set()
            self._wanted.set()
            self._pending.give_up()
        finally:
            self._client.close()

    def _add_on(self) -> None:
        while not self._is_stopping.is_set():
            self._wanted.wait()
            self._wanted.clear()
            while not self._is_stopping.is_set() and (batch := self._next_batch()):
                self._add(batch)
                self._save_when_due()

    def _next_batch(self) -> list[bytes]:
        batch: list[bytes] = []

        def take(command: bytes) -> bool:
            if batch and sum(map(len, batch)) + len(command) > MAX_BATCH_BYTES:
                return False
            batch.append(command)
            return True

        self._pending.send(take)
        return batch

    def _add(self, batch: Sequence[bytes]) -> None:
        """Add a batch, unless nobody waits for it any more."""
        tokens = [command[:TOKEN_BYTES] for command in batch]
        data = pack_batch(batch)
        was_sent = False
        while not self._is_stopping.is_set() and self._pending.waits_for(tokens):
            try:
                after = self._applied
                added = self._log.add(data, after)
            except NotSentError as error:
                if not was_sent:
                    self._pending.take_back(tokens)
                self._rest(error)
                if not was_sent:
                    self._wanted.set()
                    return
            except EtcdError as error:
                was_sent = True
                self._rest(error)
                self._try_to_catch_up()
            else:
                self._trouble = ""
                self._take(added.entries)
                if added.was_added or any(entry.data == data for entry in added.entries):
                    return
                if not added.entries:
                    self._try_to_catch_up()

    def _watch_on(self, revision: int) -> None:
        while not self._is_stopping.is_set():
            try:
                for entries in self._log.watch(revision + 1):
                    self._take(entries)
                    if self._is_stopping.is_set():
                        return
                revision = self._catch_up()
            except CompactedError:
                revision = self._try_to_catch_up() or revision
            except EtcdError as error:
                self._rest(error)
                revision = self._try_to_catch_up() or revision

    def _take(self, entries: Sequence[LogEntry]) -> None:
        """Apply entries that follow; look up those in between where there is a gap."""
        with self._applying:
            for entry in entries:
                if entry.index > self._applied + 1:
                    self._catch_up()
                if entry.index == self._applied + 1:
                    self._apply(entry)

    def _try_to_catch_up(self) -> int | None:
        try:
            return self._catch_up()
        except EtcdError as error:
            self._rest(error)
            return None

    def _catch_up(self) -> int:
        """Apply all that there is; return etcd's revision by then."""
        while True:
            with self._applying:
                page = self._log.page(self._applied)
                self._trouble = ""
                if page.snapshot is not None and page.snapshot.index > self._applied:
                    self._restore(page)
                    continue
                for entry in page.entries:
                    if entry.index == self._applied + 1:
                        self._apply(entry)
                if self._applied >= page.tail:
                    return page.revision

    def _restore(self, page: Page) -> None:
        snapshot = page.snapshot
        if snapshot is None or self._machine is None:
            return
        try:
            data = self._log.load(snapshot)
        except CompactedError:
            return  # there is a newer one
        self._machine.restore(data)
        self._applied = self._snapshot_index = snapshot.index
        self._snapshot_bytes = len(data)
        self._pending.send_again()
        self._wanted.set()

    def _apply(self, entry: LogEntry) -> None:
        if self._machine is None:
            return
        for command in unpack_batch(entry.data):
            result = self._machine.apply(command[TOKEN_BYTES:])
            self._pending.answer(command[:TOKEN_BYTES], result)
        self._applied = entry.index
        self._tail = max(self._tail, entry.index)

    def _save_when_due(self) -> None:
        with self._applying:
            index = self._applied
            if index - self._snapshot_index < self._settings.compact_after or not self._machine:
                return
            data = self._machine.snapshot()
        try:
            if self._log.save(index, data):
                self._snapshot_bytes = len(data)
                self._log.forget_history(self._log.page(index).revision)
            self._snapshot_index = index
        except EtcdError as error:  # the entries stay, and the next snapshot may succeed
            _log.warning("snapshot not stored", extra={"reason": str(error)})

    def _rest(self, error: EtcdError) -> None:
        if not self._trouble:
            _log.warning("etcd", extra={"reason": str(error)})
        self._trouble = str(error)
        self._is_stopping.wait(_AGAIN_S)
