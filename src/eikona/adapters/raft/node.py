"""One node from the opening of its folder to its closing: core, storage, connections, machine.

A single thread runs it. What other threads want is posted and taken up in its next turn.
"""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable

from eikona.adapters.raft.address import parse_address
from eikona.adapters.raft.applier import Applier
from eikona.adapters.raft.core import MembershipError, RaftCore
from eikona.adapters.raft.identity import Identity
from eikona.adapters.raft.member_change import changed_members
from eikona.adapters.raft.messages import (
    Append,
    Forward,
    Mark,
    Message,
    SnapshotAnswer,
    SnapshotPart,
)
from eikona.adapters.raft.pending import TOKEN_BYTES, Pending
from eikona.adapters.raft.settings import RaftSettings
from eikona.adapters.raft.state import Effects, Role, Sending
from eikona.adapters.raft.storage import Storage
from eikona.adapters.raft.transfer import SnapshotReceiver, SnapshotSender
from eikona.adapters.raft.transport import Lost, Reached, Received, Transport
from eikona.adapters.raft.wakeup import Wakeup
from eikona.balloting.machine import ReplicatedMachine
from eikona.services.replication import MAX_COMMAND_BYTES

_log = logging.getLogger(__name__)
_TIDY_S = 0.5
_JITTER = 1_000_000
_MAX_FORWARDED_BYTES = MAX_COMMAND_BYTES + TOKEN_BYTES


class Node:
    """Opened with what is stored; ``run`` until ``stop`` is called, or the disk fails."""

    def __init__(
        self,
        settings: RaftSettings,
        *,
        identity: Identity,
        machine: ReplicatedMachine,
        blank: bytes,
        pending: Pending,
    ) -> None:
        """Open everything.

        Args:
            settings: the node's.
            identity: what it shows to the others.
            machine: what commands are applied to.
            blank: the machine's snapshot before any command.
            pending: the commands that wait.

        Raises:
            QuorumError: what is stored is damaged, or in use.
            OSError: the disk is full, or the address is in use.
        """
        self._settings = settings
        self._pending = pending
        members = () if settings.joins else settings.members
        self.storage = Storage(
            settings.folder,
            members=members,
            file_bytes=settings.compaction.file_bytes,
            syncs=settings.survives_power_cut,
        )
        stored = self.storage.stored
        try:
            machine.restore(stored.snapshot.state if stored.snapshot is not None else blank)
            self._transport = Transport(
                name=settings.name,
                cluster=settings.cluster,
                identity=identity,
                bind=parse_address(settings.listens_on),
                now=time.monotonic(),
            )
        except BaseException:
            self.storage.close()
            raise
        self.core = RaftCore(
            settings.name,
            hard=stored.hard,
            mark=stored.mark,
            entries=stored.entries,
            timing=settings.timing,
            jitter=lambda: secrets.randbelow(_JITTER) / _JITTER,
            now=time.monotonic(),
        )
        self.applier = Applier(
            machine,
            storage=self.storage,
            pending=pending,
            compaction=settings.compaction,
            on_saved=lambda mark: self.post(lambda: self._saved(mark)),
            on_restored=lambda: self.post(self._pending.send_again),
            on_failed=lambda error: self.post(lambda: self._fail(error)),
        )
        self._sender = SnapshotSender(self.storage.snapshots, self._transport.send)
        self._receiver = SnapshotReceiver()
        self._posts: deque[Callable[[], None]] = deque()
        self._wakeup = Wakeup(self._transport.selector)
        self._is_stopping = False
        self._leads: tuple[str | None, int] = (None, 0)
        self._tidy_at = 0.0

    def post(self, work: Callable[[], None]) -> None:
        """Have something done in the node's thread; for any thread."""
        self._posts.append(work)
        self.wake()

    def wake(self) -> None:
        """Let the node look at once for what waits; for any thread."""
        self._wakeup.call()

    def stop(self) -> None:
        """End ``run``; for any thread."""
        self._is_stopping = True
        self.wake()

    @property
    def reached(self) -> frozenset[str]:
        """Return which nodes can be spoken to."""
        return self._transport.reached

    def run(self) -> None:
        """Take part until told to stop.

        Raises:
            OSError: the disk is full or broken.
            QuorumError: the disk has lost something.
            ConflictError: another node has lost something.
        """
        self._update_members()
        self.applier.start()
        while not self._is_stopping:
            self._turn()

    def close(self) -> None:
        """Let go of everything; what is committed and was not applied yet is applied first."""
        self.applier.stop()
        self._sender.end_all()
        self._transport.close()
        self._wakeup.close()
        self.storage.close()

    def _turn(self) -> None:
        now = time.monotonic()
        due = min(self.core.next_deadline, self._tidy_at)
        wait_s = 0.0 if self._posts else max(due - now, 0.0)
        for event in self._transport.poll(wait_s, now):
            self._on(event)
        while self._posts:
            self._posts.popleft()()
        now = time.monotonic()
        if now >= self.core.next_deadline:
            self.core.tick(now)
        if now >= self._tidy_at:
            self._tidy(now)
        self._pass_on()
        self._carry_out()

    def _on(self, event: Received | Lost | Reached) -> None:
        now = time.monotonic()
        match event:
            case Received(sender, message):
                self._receive(sender, message, now)
            case Lost(name):
                self.core.note_lost(name, now)
                self._sender.end(name)
            case Reached(name):
                self.core.note_connected(name, now)
                self._sender.end(name)  # what was sent on an earlier connection may be lost
                if name == self.core.state.leader:
                    self._pending.send_again()

    def _receive(self, sender: str, message: Message, now: float) -> None:
        match message:
            case Forward(data, is_about_members):
                if is_about_members:
                    self.wish_members(data)
                elif len(data) <= _MAX_FORWARDED_BYTES:
                    self.core.propose(data)
            case SnapshotPart():
                self._take_part(sender, message, now)
            case SnapshotAnswer():
                self._sender.on_answer(sender, message, self.core.state.term, now)
            case _:
                self.core.receive(sender, message, now)

    def wish_members(self, wish: bytes) -> None:
        """Change the members, or pass the wish on to the leader."""
        state = self.core.state
        if state.role is not Role.LEADER:
            if state.leader is not None:
                self._transport.send(state.leader, Forward(wish, is_about_members=True))
            return
        try:
            members = changed_members(state.members, wish)
            if members != state.members:
                self.core.change_members(members)
        except MembershipError as error:
            _log.info("members not changed", extra={"reason": str(error)})

    def _take_part(self, sender: str, part: SnapshotPart, now: float) -> None:
        state = self.core.state
        self.core.receive(sender, Append(part.term, 0, 0, 0, ()), now)  # it is a heartbeat as well
        if part.term != state.term or sender != state.leader:
            return
        received, whole = part.size, None
        if part.index > state.commit:
            received, whole = self._receiver.take(sender, part)
        if whole is not None:
            self._carry_out()  # what is stored must be stored before the log begins anew
            snapshot = self.storage.snapshots.take_in(whole)
            if self.core.install(snapshot.mark, sender, now):
                self.applier.restore(snapshot)
            self._carry_out()
        self._transport.send(sender, SnapshotAnswer(part.term, part.index, received))

    def _pass_on(self) -> None:
        """Give commands that wait to the leader, whoever that is."""
        state = self.core.state
        leads = (state.leader, state.term)
        if leads != self._leads:
            self._leads = leads
            self._pending.send_again()
            if state.role is not Role.LEADER:
                self._sender.end_all()
        if state.role is Role.LEADER:
            self._pending.send(lambda data: self.core.propose(data) is not None)
        elif (leader := state.leader) is not None:
            self._pending.send(lambda data: self._transport.send(leader, Forward(data)))

    def _carry_out(self) -> None:
        while effects := self.core.take():
            self._send(effects.send_now)
            if effects.must_store:
                self.storage.journal.store(effects)
            self.core.note_stored()
            self._send(effects.send_after)
            if effects.committed:
                self.applier.apply(effects.committed)
            for name in effects.snapshots:
                self._send_snapshot(name, time.monotonic())
            self._update_members_after(effects)
        self._transport.flush()

    def _send(self, messages: list[tuple[str, Message]]) -> None:
        for name, message in messages:
            self._transport.send(name, message)
        self._transport.flush()

    def _update_members_after(self, effects: Effects) -> None:
        if effects.must_store:
            self._update_members()

    def _update_members(self) -> None:
        self._transport.update(self.core.state.members or self._settings.members)

    def _tidy(self, now: float) -> None:
        self._tidy_at = now + _TIDY_S
        self._transport.tidy(now)
        self._sender.tick(self.core.state.term, now)
        for name, progress in self.core.state.followers.items():
            if progress.sending is Sending.SNAPSHOT:
                self._send_snapshot(name, now)

    def _send_snapshot(self, name: str, now: float) -> None:
        if name in self._transport.reached:
            self._sender.begin(name, self.core.state.term, now)

    def _saved(self, mark: Mark) -> None:
        self.core.note_snapshot(mark.index, keep=self._settings.compaction.keep)
        self.storage.journal.drop_to(mark.index)

    def _fail(self, error: BaseException) -> None:
        raise error
