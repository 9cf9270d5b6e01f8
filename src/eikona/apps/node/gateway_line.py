"""A node's connections to the gateway: to ask it, and to be asked by it."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from eikona.adapters.quorum.calls import call
from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.adapters.quorum.description import GatewayDescription
from eikona.adapters.raft.identity import Identity
from eikona.apps.node.docket import Docket

_log = logging.getLogger(__name__)
_CALL_S = 3.0
_ANSWER_S = 20.0
_AGAIN_S = 0.2
_STATUS_EVERY_S = 0.25

Answer = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


class GatewayLine:
    """Asks the gateway; each thread over a connection of its own."""

    def __init__(self, gateway: GatewayDescription, identity: Identity) -> None:
        """Remember whom to call; nothing is called yet."""
        self._gateway = gateway
        self._certificate = bytes.fromhex(gateway.certificate)
        self._identity = identity
        self._own = threading.local()

    def call(self, purpose: str) -> Channel:
        """Return a new connection.

        Raises:
            BrokenChannelError: the gateway does not answer.
        """
        address = self._gateway.address
        channel = call(address, self._identity, self._certificate, timeout_s=_CALL_S)
        try:
            channel.send({"as": purpose})
        except BrokenChannelError:
            channel.close()
            raise
        return channel

    def ask(self, **what: object) -> tuple[dict[str, Any], bytes]:
        """Return the gateway's answer.

        Raises:
            BrokenChannelError: there is none.
        """
        channel: Channel | None = getattr(self._own, "channel", None)
        try:
            channel = channel or self.call("ask")
            self._own.channel = channel
            return channel.ask(what, timeout_s=_ANSWER_S)
        except BrokenChannelError:
            self._own.channel = None
            if channel is not None:
                channel.close()
            raise


def be_asked(line: GatewayLine, answer: Answer, stopping: threading.Event) -> None:
    """Answer what the gateway asks, until told to stop."""
    while not stopping.is_set():
        with contextlib.suppress(BrokenChannelError), contextlib.closing(line.call("desk")) as desk:
            while not stopping.is_set():
                asked, body = desk.receive(None)
                desk.send(*answer(asked, body))
        stopping.wait(_AGAIN_S)


def tell(
    line: GatewayLine, docket: Docket, status: Callable[[], dict[str, Any]], stop: threading.Event
) -> None:
    """Tell the gateway how this node is, and what happens while it wants to know."""
    while not stop.is_set():
        listener: queue.Queue[Any] | None = None
        try:
            with contextlib.closing(line.call("events")) as channel:
                listener = docket.listen()
                _tell_all(channel, listener, status, stop)
        except BrokenChannelError:
            pass
        finally:
            if listener is not None:
                docket.leave(listener)
        stop.wait(_AGAIN_S)


def _tell_all(
    channel: Channel,
    listener: "queue.Queue[Any]",
    status: Callable[[], dict[str, Any]],
    stop: threading.Event,
) -> None:
    due = 0.0
    while not stop.is_set():
        now = time.monotonic()
        if now >= due:
            channel.send({"event": "status", **status()})
            due = now + _STATUS_EVERY_S
        with contextlib.suppress(queue.Empty):
            channel.send(*listener.get(timeout=max(due - now, 0.001)))
