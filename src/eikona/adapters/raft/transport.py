"""Connections to and from the other nodes: each node calls each other, and speaks on that call.

A stranger gets as far as the TLS handshake, which ends at its missing or unknown certificate.
Nothing that it sends is parsed, and what it holds open is bounded in number and time.
"""

import selectors
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eikona.adapters.raft.address import Address, family_of, parse_address
from eikona.adapters.raft.identity import Identity
from eikona.adapters.raft.link import BrokenLinkError, Link
from eikona.adapters.raft.messages import Member, Message
from eikona.adapters.raft.tls import client_context, server_context, tune
from eikona.adapters.raft.wire import UnreadableError, counted, pack_message, unpack_message

_PROTOCOL = b"eikona-raft-1"
_HANDSHAKE_S = 3.0
_CALL_AGAIN_S = 0.2
_MAX_STRANGERS = 64  # connections that have not shown a certificate yet


@dataclass(frozen=True, slots=True)
class Received:
    """A message came."""

    sender: str
    message: Message


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection on which a node speaks broke."""

    name: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A node can be spoken to, and could not before."""

    name: str


Event = Received | Lost | Reached


class Transport:
    """All connections of a node; for one thread."""

    def __init__(
        self, *, name: str, cluster: str, identity: Identity, bind: Address, now: float
    ) -> None:
        """Listen.

        Raises:
            OSError: the address is in use, or not this machine's.
        """
        self._name = name
        self._hello = _PROTOCOL + counted(cluster.encode())
        self._identity = identity
        self._now = now
        self._members: dict[str, Member] = {}
        self._accepts = server_context(identity, [])
        self._calls: dict[str, Link] = {}
        self._heard: dict[str, Link] = {}
        self._strangers: list[Link] = []
        self._call_at: dict[str, float] = {}
        self._touched: set[Link] = set()
        self._events: list[Event] = []
        self.selector = selectors.DefaultSelector()
        self._listener = socket.socket(family_of(bind), socket.SOCK_STREAM)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((bind.host, bind.port))
            self._listener.listen(128)
            self._listener.setblocking(False)  # noqa: FBT003 - the library's signature
        except BaseException:
            self._listener.close()
            self.selector.close()
            raise
        self.selector.register(self._listener, selectors.EVENT_READ, self._accept)

    @property
    def reached(self) -> frozenset[str]:
        """Return who can be spoken to."""
        return frozenset(name for name, link in self._calls.items() if link.is_open)

    def update(self, members: Sequence[Member]) -> None:
        """Speak with these nodes, and with no other."""
        wanted = {member.name: member for member in members if member.name != self._name}
        if wanted == self._members:
            return
        for name, member in self._members.items():
            if wanted.get(name) != member:
                for link in (self._calls.get(name), self._heard.get(name)):
                    if link is not None:
                        self._drop(link)
        self._members = wanted
        self._call_at = {name: self._call_at.get(name, self._now) for name in wanted}
        self._accepts = server_context(
            self._identity, [member.certificate for member in wanted.values()]
        )

    def send(self, name: str, message: Message) -> bool:
        """Send a message, if the node can be spoken to now; it may be lost all the same."""
        link = self._calls.get(name)
        if link is None or not link.is_open or not link.send(pack_message(message)):
            return False
        self._touched.add(link)
        return True

    def flush(self) -> None:
        """Hand what was sent to the system."""
        for link in self._touched:
            self._try(link, link.flush)
        self._touched.clear()

    def poll(self, timeout_s: float, now: float) -> list[Event]:
        """Wait for something to happen, and return what did."""
        self._now = now
        self._call_who_is_missing()
        for key, _ in self.selector.select(timeout_s):
            key.data()
        events, self._events = self._events, []
        return events

    def tidy(self, now: float) -> None:
        """Give up what takes too long."""
        self._now = now
        for link in [*self._strangers, *self._calls.values()]:
            if not link.is_open and now > link.deadline:
                self._drop(link)

    def close(self) -> None:
        """End everything."""
        for link in [*self._calls.values(), *self._heard.values(), *self._strangers]:
            link.close()
        self._listener.close()
        self.selector.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        while len(self._strangers) >= _MAX_STRANGERS:
            self._drop(self._strangers[0])
        try:
            tune(connection)
        except OSError:
            connection.close()
            return
        deadline = self._now + _HANDSHAKE_S
        link = Link(connection, self._accepts, is_called=True, peer="", deadline=deadline)
        self._strangers.append(link)
        self._watch(link)

    def _call_who_is_missing(self) -> None:
        for name, at in self._call_at.items():
            if name not in self._calls and self._now >= at:
                self._call_at[name] = self._now + _CALL_AGAIN_S
                self._call(self._members[name])

    def _call(self, member: Member) -> None:
        address = parse_address(member.address)
        connection = socket.socket(family_of(address), socket.SOCK_STREAM)
        context = client_context(self._identity, member.certificate)
        try:
            tune(connection)
            connection.connect_ex((address.host, address.port))
        except OSError:  # a name that does not resolve now may do so later
            connection.close()
            return
        deadline = self._now + _HANDSHAKE_S
        link = Link(connection, context, is_called=False, peer=member.name, deadline=deadline)
        self._calls[member.name] = link
        self._watch(link)

    def _watch(self, link: Link) -> None:
        self.selector.register(link, link.events, lambda: self._try(link, lambda: self._on(link)))

    def _try(self, link: Link, action: Callable[[], None]) -> None:
        try:
            action()
            self._rewatch(link)
        except BrokenLinkError:
            self._drop(link)

    def _rewatch(self, link: Link) -> None:
        if link.fileno() < 0:
            return
        key = self.selector.get_key(link)
        if key.events != link.events:
            self.selector.modify(link, link.events, key.data)

    def _on(self, link: Link) -> None:
        if not link.is_open:
            certificate = link.shake_hands()
            if certificate is not None:
                self._opened(link, certificate)
            return
        link.flush()
        for frame in link.read():
            self._take(link, frame)

    def _opened(self, link: Link, certificate: bytes) -> None:
        name = self._owner_of(certificate)
        if link.peer:  # this node has called
            if name != link.peer:
                raise BrokenLinkError
            link.is_open = True
            link.send(self._hello)
            link.flush()
            self._events.append(Reached(name))
            return
        if name is None:
            raise BrokenLinkError
        self._strangers.remove(link)
        link.peer, link.is_open = name, True
        before = self._heard.pop(name, None)
        if before is not None:
            self._forget(before)
        self._heard[name] = link

    def _owner_of(self, certificate: bytes) -> str | None:
        for member in self._members.values():
            if member.certificate == certificate:
                return member.name
        return None

    def _take(self, link: Link, frame: bytes) -> None:
        if self._calls.get(link.peer) is link:
            raise BrokenLinkError  # who is called only listens
        if not link.greeted:
            if frame != self._hello:
                raise BrokenLinkError
            link.greeted = True
            return
        try:
            self._events.append(Received(link.peer, unpack_message(frame)))
        except UnreadableError as error:
            raise BrokenLinkError from error

    def _drop(self, link: Link) -> None:
        """End a connection, and tell of it where it mattered."""
        self._forget(link)
        if link in self._strangers:
            self._strangers.remove(link)
        if self._calls.get(link.peer) is link:
            del self._calls[link.peer]
        if self._heard.get(link.peer) is link:
            del self._heard[link.peer]
            self._events.append(Lost(link.peer))

    def _forget(self, link: Link) -> None:
        if link.fileno() >= 0:
            self.selector.unregister(link)
        link.close()
