"""The embedded engine: a Raft node in a thread, which stands up again when its disk has room."""

import logging
import threading
import time

from eikona.adapters.raft.address import check_private, parse_address
from eikona.adapters.raft.identity import own_identity
from eikona.adapters.raft.member_change import changed_members, wish_to_add, wish_to_remove
from eikona.adapters.raft.messages import Member
from eikona.adapters.raft.node import Node
from eikona.adapters.raft.pending import Pending
from eikona.adapters.raft.settings import RaftSettings
from eikona.adapters.raft.state import Role
from eikona.balloting.machine import ReplicatedMachine
from eikona.domain.errors import (
    CommandTooLongError,
    EngineStoppedError,
    InvalidKeyError,
    OutcomeUnknownError,
    QuorumUnavailableError,
)
from eikona.services.replication import MAX_COMMAND_BYTES, EngineStatus, PeerStatus

_log = logging.getLogger(__name__)
_ROLES = {
    Role.LEADER: "leader",
    Role.FOLLOWER: "follower",
    Role.CANDIDATE: "candidate",
    Role.TRYING: "candidate",
}
_WISH_AGAIN_S = 0.25
_STATUS_S = 1.0
IDENTITY = "identity"


class RaftEngine:
    """A ``ReplicationEngine`` that needs nothing beside Eikona."""

    def __init__(self, settings: RaftSettings) -> None:
        """Check what the node is told.

        Raises:
            UnsafeAddressError: strangers could reach the address, and that is not allowed.
            InvalidKeyError: the node's own member shows another certificate than its folder.
        """
        if not settings.allows_public:
            check_private(parse_address(settings.listens_on))
        self._settings = settings
        self._identity = own_identity(settings.folder / IDENTITY, settings.name)
        for member in settings.members:
            if member.name == settings.name and member.certificate != self._identity.certificate:
                raise InvalidKeyError(
                    f"the list of members has another certificate for {member.name} than"
                    f" {settings.folder / IDENTITY}"
                )
        self._pending = Pending()
        self._node: Node | None = None
        self._thread: threading.Thread | None = None
        self._is_stopping = threading.Event()
        self._trouble = "not started"
        self._last: EngineStatus | None = None

    def start(self, machine: ReplicatedMachine) -> None:
        """Bring the machine to where this node was, and take part; see ``ReplicationEngine``."""
        if self._thread is not None:
            raise EngineStoppedError("an engine starts once: make another")
        blank = machine.snapshot()
        try:
            self._node = self._open(machine, blank)
        except OSError as error:
            raise EngineStoppedError(
                f"cannot store in {self._settings.folder} or listen on"
                f" {self._settings.listens_on}: {error.strerror}"
            ) from error
        self._trouble = ""
        self._thread = threading.Thread(
            target=self._run, args=(machine, blank), name=f"raft-{self._settings.name}", daemon=True
        )
        self._thread.start()

    def submit(self, command: bytes, *, timeout_s: float) -> bytes:
        """Have a command applied everywhere; see ``ReplicationEngine``."""
        if len(command) > MAX_COMMAND_BYTES:
            raise CommandTooLongError(f"a command has at most {MAX_COMMAND_BYTES} bytes")
        self._check()
        outcome = self._pending.wait(command, timeout_s=timeout_s, call=self._wake)
        if outcome.result is not None:
            return outcome.result
        if outcome.was_sent:
            raise OutcomeUnknownError("no answer in time: it may still be applied; send it again")
        self._check()
        raise QuorumUnavailableError("no leader in time; it was not sent: try again later")

    def leader(self) -> str | None:
        """Return the node that leads, as far as this one knows."""
        node = self._node
        return node.core.state.leader if node is not None else None

    def members(self) -> tuple[Member, ...]:
        """Return the members, as far as this node knows."""
        node = self._node
        return node.core.state.members if node is not None else self._settings.members

    def add_member(self, member: Member, *, timeout_s: float) -> None:
        """Let a node belong to the cluster, or have another address or certificate.

        Raises:
            OutcomeUnknownError: it did not happen in time, and may still.
            EngineStoppedError: this node does not take part now.
        """
        self._change(wish_to_add(member), timeout_s)

    def remove_member(self, name: str, *, timeout_s: float) -> None:
        """Let a node belong to the cluster no longer; it is spoken to no more.

        Raises:
            OutcomeUnknownError: it did not happen in time, and may still.
            EngineStoppedError: this node does not take part now.
        """
        self._change(wish_to_remove(name), timeout_s)

    def status(self) -> EngineStatus:
        """Return how replication stands, as this node sees it."""
        node = self._node
        if node is not None:
            answered = threading.Event()
            found: list[EngineStatus] = []

            def look() -> None:
                found.append(self._status_of(node))
                answered.set()

            node.post(look)
            if answered.wait(_STATUS_S):
                self._last = found[0]
                return self._last
        role = "stopped" if self._thread is None or not self._thread.is_alive() else "stalled"
        last = self._last
        return EngineStatus(
            engine="raft",
            node=self._settings.name,
            role=role,
            term=last.term if last else 0,
            leader=None,
            position=last.position if last else 0,
            committed=last.committed if last else 0,
            lag=0,
            trouble=self._trouble,
        )

    def stop(self) -> None:
        """Take part no longer."""
        self._is_stopping.set()
        node = self._node
        if node is not None:
            node.stop()
        if self._thread is not None:
            self._thread.join()
        self._pending.give_up()

    def _open(self, machine: ReplicatedMachine, blank: bytes) -> Node:
        return Node(
            self._settings,
            identity=self._identity,
            machine=machine,
            blank=blank,
            pending=self._pending,
        )

    def _run(self, machine: ReplicatedMachine, blank: bytes) -> None:
        while not self._is_stopping.is_set():
            try:
                self._run_once(machine, blank)
            except OSError as error:
                self._trouble = f"{self._settings.folder}: {error.strerror}; trying again"
                _log.warning("replication stalls", extra={"reason": error.strerror})
                self._is_stopping.wait(self._settings.retry_s)
            except Exception as error:  # noqa: BLE001 - told in the status and to every caller
                self._trouble = f"{type(error).__name__}: {error}"
                _log.exception("replication ends", extra={"node": self._settings.name})
                break
        self._node = None
        self._pending.give_up()

    def _run_once(self, machine: ReplicatedMachine, blank: bytes) -> None:
        node = self._node or self._open(machine, blank)
        self._node, self._trouble = node, ""
        if self._is_stopping.is_set():
            node.stop()
        try:
            node.run()
        finally:
            self._node = None
            node.close()

    def _check(self) -> None:
        if self._thread is None or not self._thread.is_alive() or self._is_stopping.is_set():
            raise EngineStoppedError(f"this node replicates nothing: {self._trouble or 'stopped'}")

    def _wake(self) -> None:
        node = self._node
        if node is not None:
            node.wake()

    def _change(self, wish: bytes, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            self._check()
            node = self._node
            if node is not None:
                state = node.core.state
                members = state.members
                if state.configurations[-1][0] <= state.commit and (
                    changed_members(members, wish) == members
                ):
                    return
                node.post(lambda: self._wish(wish))
            self._is_stopping.wait(_WISH_AGAIN_S)
        raise OutcomeUnknownError("the members did not change in time: they may still")

    def _wish(self, wish: bytes) -> None:
        if self._node is not None:
            self._node.wish_members(wish)

    def _status_of(self, node: Node) -> EngineStatus:
        state = node.core.state
        reached = node.reached
        positions = {name: progress.matched for name, progress in state.followers.items()}
        applied = node.applier.mark.index
        return EngineStatus(
            engine="raft",
            node=self._settings.name,
            role=_ROLES[state.role],
            term=state.term,
            leader=state.leader,
            position=applied,
            committed=state.commit,
            lag=max(state.commit - applied, 0),
            journal_bytes=node.storage.journal.size,
            snapshot_bytes=node.applier.snapshot_bytes,
            peers=tuple(
                PeerStatus(
                    member.name, member.address, member.name in reached, positions.get(member.name)
                )
                for member in state.members
                if member.name != self._settings.name
            ),
            trouble=self._trouble,
        )
