"""A node's knowledge of who belongs to the quorum: taken from the administrator's signed word."""

import logging
import threading
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
        self._had_seat = False

    def run(self, stopping: threading.Event) -> None:
        """Take each new description; as the leader, have the engine's members follow.

        A node that had a seat and has none any more ends.
        """
        while not stopping.wait(_LOOK_S):
            has_seat = self._name in self._machine.look(lambda state: state.seats)
            if self._had_seat and not has_seat:
                _log.warning("the administrator has removed this node: it ends")
                stopping.set()
                return
            self._had_seat = has_seat
            try:
                told, content = self._line.ask(do="description", newer_than=self._described.serial)
                if content:
                    self._take(content)
                self._reconcile(told.get("connected", ()))
            except (EikonaError, OSError) as error:
                _log.info("members not looked at", extra={"reason": str(error)})

    def _take(self, content: bytes) -> None:
        described = description_from(
            content, administrator=self._described.administrator, verify=verify_signature
        )
        if described.serial > self._described.serial:
            write_whole(self._folder / _FILE, content)
            self._described = described
            _log.info("description taken", extra={"serial": described.serial})

    def _reconcile(self, connected: Collection[str]) -> None:
        """Add who is to come, once it is there; remove who has no seat any more."""
        if self._engine is None or self._engine.leader() != self._name:
            return
        members = {member.name: member for member in self._engine.members()}
        for one in self._described.nodes:
            wanted = Member(one.name, one.address, bytes.fromhex(one.certificate))
            if members.get(one.name) != wanted and one.name in connected:
                _log.info("member comes", extra={"member": one.name})
                self._engine.add_member(wanted, timeout_s=_CHANGE_S)
        described = {one.name for one in self._described.nodes}
        for name in members.keys() - described - self._machine.look(lambda state: state.seats):
            _log.info("member goes", extra={"member": name})
            self._engine.remove_member(name, timeout_s=_CHANGE_S)
