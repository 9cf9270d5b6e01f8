"""The engine for production: etcd keeps the log, and every node applies it to its machine.

One thread adds what waits; another watches what is added, by whomever, and applies it. Places are
etcd's revisions, so nodes add without waiting for each other.
"""

import logging
import threading
import time
from collections.abc import Callable

from eikona.adapters.etcd.adding import Adder
from eikona.adapters.etcd.batch import unpack_batch
from eikona.adapters.etcd.client import (
    CompactedError,
    EtcdClient,
    NoAnswerError,
    NotSentError,
)
from eikona.adapters.etcd.local_copy import LocalCopy
from eikona.adapters.etcd.log import EtcdLog, LogEntry, StoredSnapshot
from eikona.adapters.etcd.presence import Presence
from eikona.adapters.etcd.settings import EtcdSettings
from eikona.adapters.raft.pending import TOKEN_BYTES, Pending
from eikona.balloting.machine import ReplicatedMachine
from eikona.domain.errors import (
    CommandTooLongError,
    EngineStoppedError,
    EtcdError,
    OutcomeUnknownError,
    QuorumUnavailableError,
    ReplicaDamagedError,
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
        self._presence = Presence(self._client, settings.cluster, settings.name)
        self._copy: LocalCopy | None = None
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
            self._begin(machine)
        except BaseException:
            self._let_go()
            raise
        finally:
            self._client.close()
        works = {
            "add": self._add_on,
            "watch": self._watch_on,
            "present": lambda: self._presence.run(self._is_stopping),
        }
        for name, work in works.items():
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
        """Return the node that tells of what happens; see ``Presence``."""
        return next(iter(self._presence.seen.names), None)

    def status(self) -> EngineStatus:
        """Return how replication stands."""
        seen = self._presence.seen
        leader = next(iter(seen.names), None)
        role = "leader" if leader == self._settings.name else "follower"
        if self._trouble or leader is None:
            role = "stalled" if self._trouble else "candidate"
        if not self._threads or self._is_stopping.is_set():
            role = "stopped"
        return EngineStatus(
            engine="etcd",
            node=self._settings.name,
            role=role,
            term=seen.term,
            leader=leader,
            position=self._position,
            committed=self._position,
            lag=0,
            snapshot_bytes=self._snapshot_bytes,
            peers=tuple(
                PeerStatus(name, "", is_alive=True)
                for name in seen.names
                if name != self._settings.name
            ),
            trouble=self._trouble,
        )

    def stop(self) -> None:
        """Take part no longer; what was applied is copied for the next start."""
        self._is_stopping.set()
        self._wanted.set()
        for thread in self._threads:
            while thread.is_alive():
                self._client.stop_watching()
                thread.join(_AGAIN_S)
        self._pending.give_up()
        if self._copy is not None and self._copy.missing and self._machine is not None:
            self._copy.save(self._position, self._machine.snapshot())
        self._let_go()

    def _let_go(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None

    def _begin(self, machine: ReplicatedMachine) -> None:
        """Go on from the node's own copy, and apply the rest, as soon as etcd answers."""
        if self._settings.folder is not None:
            self._copy = LocalCopy(self._settings.folder, every=self._settings.copy_after)
        log_id = self._identified()
        if self._copy is not None:
            self._copy.check_log(log_id)
            if (found := self._copy.load()) is not None:
                machine.restore(found[1])
                self._position = found[0]
        self._catch_up()

    def _identified(self) -> str:
        until = time.monotonic() + self._settings.start_s
        while True:
            try:
                return self._log.identify()
            except (NotSentError, NoAnswerError):
                if time.monotonic() >= until or self._is_stopping.wait(_AGAIN_S):
                    raise

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
        adder = Adder(
            self._log,
            self._pending,
            newest=lambda: self._snapshot,
            outdated=lambda: self._note_snapshot(self._log.newest_snapshot()),
            rest=self._rest,
            is_stopping=self._is_stopping,
        )
        while not self._is_stopping.is_set():
            self._wanted.wait()
            self._wanted.clear()
            while not self._is_stopping.is_set() and (batch := adder.next_batch()):
                if adder.add(batch):
                    self._trouble = ""
                else:
                    self._wanted.set()
                    break
                self._save_when_due()

    def _watch_on(self) -> None:
        while not self._is_stopping.is_set():
            try:
                for entries in self._log.watch(self._position + 1):
                    with self._applying:
                        for entry in entries:
                            self._apply(entry)
                    self._copy_when_due()
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
                if page.revision < self._position:
                    raise ReplicaDamagedError(
                        f"etcd has gone back from revision {self._position} to {page.revision}:"
                        " restore its newest data"
                    )
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
        if self._copy is not None:
            self._copy.missing += len(commands)

    def _copy_when_due(self) -> None:
        if self._copy is not None and self._copy.is_due and self._machine is not None:
            with self._applying:
                self._copy.save_beside(self._position, self._machine.snapshot())

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
            self._note_snapshot(self._log.newest_snapshot())
        except EtcdError as error:  # the entries stay, and the next snapshot may succeed
            _log.warning("snapshot not stored", extra={"reason": str(error)})

    def _rest(self, error: EtcdError) -> None:
        if not self._trouble:
            _log.warning("etcd", extra={"reason": str(error)})
        self._trouble = str(error)
        self._is_stopping.wait(_AGAIN_S)
