"""A node's knowledge of who belongs to the quorum: taken from the administrator's signed word."""

import logging
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.quorum.description import (
    QuorumDescription,
    description_from,
    write_whole,
)
from eikona.adapters.raft.messages import Member
from eikona.apps.node.gateway_line import GatewayLine
from eikona.domain.errors import EikonaError
from eikona.services.replication import ReplicationEngine
from eikona.services.watched_machine import WatchedMachine

_log = logging.getLogger(__name__)
_LOOK_S = 0.5
_CHANGE_S = 2.0
_LEAVE_S = 10.0
_FILE = "quorum.signed"


class MemberEngine(ReplicationEngine, Protocol):
    """An engine whose members are the nodes themselves."""

    def members(self) -> tuple[Member, ...]:
        """Return the members, as far as this node knows."""

    def add_member(self, member: Member, *, timeout_s: float) -> None:
        """Let a node belong to the cluster."""

    def remove_member(self, name: str, *, timeout_s: float) -> None:
        """Let a node belong to the cluster no longer."""


def newest_description(given: QuorumDescription, folder: Path) -> QuorumDescription:
    """Return what a node knows of its quorum: what it was given, or was told since.

    Raises:
        QuorumError: what it was told is damaged.
    """
    try:
        content = (folder / _FILE).read_bytes()
    except FileNotFoundError:
        return given
    told = description_from(content, administrator=given.administrator, verify=verify_signature)
    return told if told.serial > given.serial else given


class Membership:
    """One node's; ``run`` it in a thread of its own."""

    def __init__(
        self,
        name: str,
        described: QuorumDescription,
        folder: Path,
        *,
        line: GatewayLine,
        machine: WatchedMachine,
        engine: MemberEngine | None,
    ) -> None:
        """Take what it works with; no engine where members are not the engine's matter."""
        self._name = name
        self._described = described
        self._folder = folder
        self._line = line
        self._machine = machine
        self._engine = engine
        self._seated: set[str] = set()  # who had a seat at any time
        self._ends_at: float | None = None
        self._is_told = False  # whether the gateway has been heard since the start
        self._is_heard = True  # whether it was the last time

    def run(self, stopping: threading.Event) -> None:
        """Take each new description; as the leader, have the engine's members follow.

        A node that had a seat and has none any more ends.
        """
        while not stopping.wait(_LOOK_S):
            if self.look():
                _log.warning("the administrator has removed this node: it ends")
                stopping.set()

    def look(self) -> bool:
        """Do once what ``run`` does again and again; return whether this node is to end."""
        seats = self._machine.look(lambda state: state.seats)
        try:
            self._remove(seats)
            if self._is_over(seats):
                return True
            told, content = self._line.ask(do="description", newer_than=self._described.serial)
            if content:
                self._take(content)
            self._is_told = self._is_heard = True
            self._add(told.get("connected", ()))
        except (EikonaError, OSError) as error:
            if self._is_heard:
                _log.info("members not looked at", extra={"reason": str(error)})
            self._is_heard = False
        self._seated |= seats
        return False

    def _is_over(self, seats: frozenset[str]) -> bool:
        """Return whether this node had a seat, has none, and has left the engine's members.

        It may never hear that it has left, as it is spoken to no more: then some time is enough.
        """
        if self._name in seats or self._name not in self._seated:
            self._ends_at = None
            return False
        now = time.monotonic()
        self._ends_at = self._ends_at or now + _LEAVE_S
        members = () if self._engine is None else self._engine.members()
        return now >= self._ends_at or self._name not in {one.name for one in members}

    def _take(self, content: bytes) -> None:
        described = description_from(
            content, administrator=self._described.administrator, verify=verify_signature
        )
        if described.serial > self._described.serial:
            write_whole(self._folder / _FILE, content)
            self._described = described
            _log.info("description taken", extra={"serial": described.serial})

    def _leads(self) -> MemberEngine | None:
        """Return the engine, if members are its matter and this node leads."""
        engine = self._engine
        return engine if engine is not None and engine.leader() == self._name else None

    def _add(self, connected: Collection[str]) -> None:
        """Add who is to come, once it is there."""
        if (engine := self._leads()) is None:
            return
        members = {member.name: member for member in engine.members()}
        for one in self._described.nodes:
            wanted = Member(one.name, one.address, bytes.fromhex(one.certificate))
            if members.get(one.name) != wanted and one.name in connected:
                _log.info("member comes", extra={"member": one.name})
                engine.add_member(wanted, timeout_s=_CHANGE_S)

    def _remove(self, seats: frozenset[str]) -> None:
        """Remove who had a seat and has none, and who was to come and is not any more."""
        if (engine := self._leads()) is None or engine.status().lag:
            return
        described = {one.name for one in self._described.nodes}
        for name in {member.name for member in engine.members()} - seats:
            if name in self._seated or (self._is_told and name not in described):
                _log.info("member goes", extra={"member": name})
                engine.remove_member(name, timeout_s=_CHANGE_S)
