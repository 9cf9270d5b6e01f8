"""The engine for production: etcd keeps the log, and every node applies it to its machine.

One thread adds what waits, all at once; another watches what is added, by whomever, and applies it.
Places are etcd's revisions, so nodes add without waiting for each other.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Sequence

from eikona.adapters.etcd.batch import MAX_BATCH_BYTES, pack_batch, unpack_batch
from eikona.adapters.etcd.client import (
    CompactedError,
    EtcdClient,
    NotSentError,
)
from eikona.adapters.etcd.log import EtcdLog, LogEntry, StoredSnapshot
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
        self._position = 0  # all entries up to this revision are applied
        self._snapshot = StoredSnapshot()
        self._commands_since = 0  # the snapshot
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
            self._catch_up()
        finally:
            self._client.close()
        for name, work in (("add", self._add_on), ("watch", self._watch_on)):
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
            position=self._position,
            committed=self._position,
            lag=0,
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
        id_, data = secrets.token_hex(12), pack_batch(batch)
        was_sent = False
        while not self._is_stopping.is_set() and self._pending.waits_for(tokens):
            try:
                if self._log.add(id_, data, self._snapshot):
                    self._trouble = ""
                    return
                self._note_snapshot(self._log.page(self._position).snapshot)
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

    def _watch_on(self) -> None:
        while not self._is_stopping.is_set():
            try:
                for entries in self._log.watch(self._position + 1):
                    with self._applying:
                        for entry in entries:
                            self._apply(entry)
                    if self._is_stopping.is_set():
                        return
                self._catch_up()
            except CompactedError:
                self._try_to_catch_up()
            except EtcdError as error:
                self._rest(error)
                self._try_to_catch_up()

    def _try_to_catch_up(self) -> None:
        try:
            self._catch_up()
        except EtcdError as error:
            self._rest(error)

    def _catch_up(self) -> None:
        """Apply all that there is."""
        is_behind = True
        while is_behind:
            with self._applying:
                page = self._log.page(self._position)
                self._trouble = ""
                self._note_snapshot(page.snapshot)
                if self._position < page.snapshot.gone_before or (
                    self._position == 0 and page.snapshot.revision
                ):
                    self._restore(page.snapshot)
                    continue
                for entry in page.entries:
                    self._apply(entry)
                self._position = max(self._position, page.revision)
                is_behind = not page.is_last

    def _note_snapshot(self, snapshot: StoredSnapshot) -> None:
        if snapshot.stands_at > self._snapshot.stands_at:
            self._snapshot = snapshot
            self._commands_since = 0

    def _restore(self, snapshot: StoredSnapshot) -> None:
        if self._machine is None:
            return
        try:
            data = self._log.load(snapshot)
        except CompactedError:
            return  # there is a newer one
        self._machine.restore(data)
        self._position = snapshot.revision
        self._snapshot_bytes = len(data)
        self._pending.send_again()
        self._wanted.set()

    def _apply(self, entry: LogEntry) -> None:
        if self._machine is None or entry.revision <= self._position:
            return
        commands = unpack_batch(entry.data)
        for command in commands:
            result = self._machine.apply(command[TOKEN_BYTES:])
            self._pending.answer(command[:TOKEN_BYTES], result)
        self._position = entry.revision
        self._commands_since += len(commands)

    def _save_when_due(self) -> None:
        with self._applying:
            before, position = self._snapshot, self._position
            is_due = self._commands_since >= self._settings.compact_after
            if not is_due or position < before.stands_at or self._machine is None:
                return
            data = self._machine.snapshot()
        try:
            if self._log.save(position, data, before):
                self._snapshot_bytes = len(data)
                self._log.forget_history(position)
            self._note_snapshot(self._log.page(position).snapshot)
        except EtcdError as error:  # the entries stay, and the next snapshot may succeed
            _log.warning("snapshot not stored", extra={"reason": str(error)})

    def _rest(self, error: EtcdError) -> None:
        if not self._trouble:
            _log.warning("etcd", extra={"reason": str(error)})
        self._trouble = str(error)
        self._is_stopping.wait(_AGAIN_S)
