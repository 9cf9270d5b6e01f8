"""Follows cases at the gateway, over a connection that may break and a machine that may be slow."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from eikona.apps.cli.quorum_folder import call_gateway
from eikona.apps.cli.records import Record
from eikona.domain.errors import QuorumError, QuorumUnavailableError

if TYPE_CHECKING:
    from eikona.adapters.quorum.channel import Channel

_AGAIN_S = 0.3  # until a gateway that was not reached is called again
_KEPT_S = 5.0  # left of a wait, below which a connection's own time limits are too short to keep it
_UNKNOWN = "unknown_case"


class CaseLine:
    """Puts one case at a time."""

    def __init__(self, folder: Path) -> None:
        """Connect.

        Args:
            folder: where the quorum is.

        Raises:
            QuorumError: there is no quorum, or it does not run.
        """
        self._folder = folder
        self._channel: Channel | None = call_gateway(folder)

    def close(self) -> None:
        """End the connection: what the gateway says next would be of the case before."""
        if self._channel is not None:
            with suppress(OSError):
                self._channel.close()
        self._channel = None

    def put(
        self, header: Record, picture: bytes, *, wait_s: float
    ) -> Iterator[tuple[Record, bytes]]:
        """Submit a case and yield what becomes known of it, until it is ruled on or time is up.

        Where the connection breaks, another is made: the gateway has what it has taken in. One that
        broke before that is submitted anew; at worst it is ruled on twice, alike.

        Raises:
            QuorumUnavailableError: the gateway was not reached in time and has not got the case.
            QuorumError: it does not take the case.
        """
        from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra

        until = time.monotonic() + wait_s
        case = ""
        while time.monotonic() < until:
            try:
                channel = self._connected()
                if case:
                    channel.send({"do": "follow", "case": case})
                else:
                    channel.send(header, picture)
                for event, receipt in _events(channel, until):
                    case = event.get("to") or event.get("case") or case
                    if event.get("error") == _UNKNOWN:
                        break  # the nodes that have it are not there yet
                    yield event, receipt
                    if event.get("event") == "ruled":
                        if until - time.monotonic() < _KEPT_S:
                            self.close()
                        return
            except (BrokenChannelError, QuorumUnavailableError):
                self.close()
            time.sleep(min(_AGAIN_S, max(until - time.monotonic(), 0.0)))
        self.close()
        if not case:
            raise QuorumUnavailableError(
                f"the gateway was not reached within {wait_s:g} s: this one was not submitted"
            )

    def _connected(self) -> "Channel":
        if self._channel is None:
            self._channel = call_gateway(self._folder)
        return self._channel


def _events(channel: "Channel", until: float) -> Iterator[tuple[Record, bytes]]:
    while (left := until - time.monotonic()) > 0:
        event, receipt = channel.receive(left)
        if "event" not in event and event.get("error") != _UNKNOWN:
            raise QuorumError(str(event.get("message")))
        yield event, receipt
