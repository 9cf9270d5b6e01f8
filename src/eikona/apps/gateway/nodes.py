"""The nodes as the gateway sees them: who is there, how they are, and how to ask them."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from eikona.adapters.quorum.channel import BrokenChannelError, Channel

_ANSWER_S = 1.5
_SILENT_S = 1.5  # without a status, after which a node is asked last


@dataclass(slots=True)
class NodeLine:
    """One node.

    Attributes:
        name: what it is called.
        status: what it said of itself last.
        heard_at: when, on the monotonic clock.
    """

    name: str
    status: dict[str, Any] = field(default_factory=dict)
    heard_at: float = 0.0
    _desk: Channel | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _gone: threading.Event = field(default_factory=threading.Event)

    @property
    def is_connected(self) -> bool:
        """Whether it can be asked."""
        return self._desk is not None

    @property
    def is_heard(self) -> bool:
        """Whether it has said lately how it is."""
        return time.monotonic() - self.heard_at < _SILENT_S

    def attach(self, channel: Channel) -> None:
        """Ask over this connection from now on, and return when it has broken."""
        gone = threading.Event()
        with self._lock:
            self._drop()
            self._desk, self._gone = channel, gone
        gone.wait()

    def ask(self, header: dict[str, Any], body: bytes = b"") -> tuple[dict[str, Any], bytes]:
        """Return the node's answer.

        Raises:
            BrokenChannelError: there is none.
        """
        with self._lock:
            if self._desk is None:
                raise BrokenChannelError(f"{self.name} is not connected")
            try:
                return self._desk.ask(header, body, timeout_s=_ANSWER_S)
            except BrokenChannelError:
                self._drop()
                raise

    def lost(self) -> None:
        """Ask no more over a connection of a node that has ended."""
        if not self._lock.acquire(blocking=False):
            return  # whoever asks at this moment finds out
        try:
            self._drop()
        finally:
            self._lock.release()

    def _drop(self) -> None:
        self._desk = None
        self._gone.set()


class Nodes:
    """All nodes of a quorum."""

    def __init__(self, names: Iterable[str]) -> None:
        """Know their names; none is there yet."""
        self.by_name = {name: NodeLine(name) for name in names}

    def become(self, names: Iterable[str]) -> None:
        """Know these nodes from now on, and no other."""
        before = self.by_name
        self.by_name = {name: before.get(name) or NodeLine(name) for name in names}

    def in_order(self) -> list[NodeLine]:
        """Return those that can be asked, the leader first."""
        leader = self.leader
        there = [one for one in self.by_name.values() if one.is_connected]
        return sorted(there, key=lambda one: (not one.is_heard, one.name != leader))

    def pass_on(self, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Ask a node what another one wants to know of it."""
        node = self.by_name.get(str(asked.get("node")))
        try:
            if node is not None:
                return node.ask(asked)
        except BrokenChannelError:
            pass
        return {"error": "unreachable"}, b""

    @property
    def leader(self) -> str | None:
        """Who leads, as the newest term has it."""
        heard = [one.status for one in self.by_name.values() if one.is_heard and one.status]
        named = [status for status in heard if status["leader"] is not None]
        newest = max(named, key=lambda status: status["term"], default=None)
        return None if newest is None else newest["leader"]

    def newest(self) -> list[NodeLine]:
        """Return those that know the newest roster."""
        serial = self.roster
        return [one for one in self.by_name.values() if one.status.get("roster") == serial > 0]

    def unreadable(self) -> dict[str, list[str]]:
        """Return the reference pictures that nodes cannot decode, each with those nodes."""
        found: dict[str, list[str]] = {}
        for one in self.by_name.values():
            for name in one.status.get("unreadable", ()):
                found.setdefault(name, []).append(one.name)
        return found

    @property
    def connected(self) -> list[str]:
        """Names of those that are there."""
        return [one.name for one in self.by_name.values() if one.is_connected and one.is_heard]

    @property
    def size(self) -> int:
        """How many decisions there are at least."""
        return max((one.status.get("ruled", 0) for one in self.by_name.values()), default=0)

    @property
    def roster(self) -> int:
        """Serial number of the newest roster that a node knows."""
        return max((one.status.get("roster", 0) for one in self.by_name.values()), default=0)
