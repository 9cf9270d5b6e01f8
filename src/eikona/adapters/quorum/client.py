"""Asks the gateway of a quorum, over a few connections that are kept."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from eikona.adapters.quorum.calls import call
from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.adapters.raft.identity import Identity
from eikona.domain.errors import QuorumError, QuorumUnavailableError
from eikona.domain.ruling import HeardBallot, Ruling
from eikona.domain.verdict import Outcome

_CALL_S = 5.0
_SILENT_S = 15.0  # without a word from the gateway, which speaks every second


class QuorumClient:
    """Implements ``Quorum``; for any thread."""

    def __init__(self, address: str, identity: Identity, certificate: bytes) -> None:
        """Ask the gateway at an address.

        Args:
            address: ``host:port``.
            identity: the operator's.
            certificate: of the gateway, which alone is believed.
        """
        self._address = address
        self._identity = identity
        self._certificate = certificate
        self._lock = threading.Lock()
        self._idle: list[Channel] = []
        self._busy: set[Channel] = set()
        self._is_closed = False

    def __call__(self, picture: bytes, *, heard: Callable[[HeardBallot], None]) -> Ruling:
        """Have a picture ruled on; wait for it as long as it takes.

        Raises:
            QuorumUnavailableError: the gateway is gone, or was.
            QuorumError: it does not take the case.
        """
        channel = self._taken()
        try:
            channel.send({"do": "submit"}, picture)
            ruling = _followed(channel, heard)
        except BrokenChannelError as error:
            self._drop(channel)
            raise QuorumUnavailableError("the quorum's gateway gives no answer") from error
        except BaseException:  # what the gateway says next would be about this case
            self._drop(channel)
            raise
        with self._lock:
            if not self._is_closed:
                self._busy.discard(channel)
                self._idle.append(channel)
                return ruling
        self._drop(channel)
        return ruling

    def status(self) -> dict[str, Any]:
        """Return how the quorum is.

        Raises:
            QuorumUnavailableError: the gateway is gone.
        """
        channel = self._taken()
        try:
            told, _ = channel.ask({"do": "status"}, timeout_s=_CALL_S)
        except BrokenChannelError as error:
            raise QuorumUnavailableError("the quorum's gateway gives no answer") from error
        finally:
            self._drop(channel)
        return told

    def close(self) -> None:
        """End all connections; whoever waits hears that the quorum is gone."""
        with self._lock:
            self._is_closed = True
            for channel in self._busy:
                channel.shut()  # whoever uses it closes it
            for channel in self._idle:
                channel.close()
            self._idle.clear()

    def _taken(self) -> Channel:
        with self._lock:
            if self._is_closed:
                raise QuorumUnavailableError("the server is ending")
            if self._idle:
                channel = self._idle.pop()
                self._busy.add(channel)
                return channel
        try:
            channel = call(self._address, self._identity, self._certificate, timeout_s=_CALL_S)
        except BrokenChannelError as error:
            raise QuorumUnavailableError("the quorum's gateway does not run") from error
        with self._lock:
            self._busy.add(channel)
        return channel

    def _drop(self, channel: Channel) -> None:
        with self._lock:
            self._busy.discard(channel)
        with suppress(OSError):
            channel.close()


def _followed(channel: Channel, heard: Callable[[HeardBallot], None]) -> Ruling:
    ballots: dict[str, HeardBallot] = {}
    while True:
        event, receipt = channel.receive(_SILENT_S)
        match event.get("event"):
            case "ballot":
                ballot = _ballot(event)
                ballots[ballot.node] = ballot
                heard(ballot)
            case "ruled":
                said = tuple(ballots[node] for node in sorted(ballots))
                return Ruling(
                    case=str(event["case"]),
                    outcome=Outcome(event["outcome"]),
                    position=int(event["position"]),
                    ballots=said,
                    receipt=receipt,
                )
            case None:
                raise QuorumError(str(event.get("message", "the gateway refuses the case")))


def _ballot(event: dict[str, Any]) -> HeardBallot:
    return HeardBallot(
        node=str(event["node"]),
        outcome=Outcome(event["outcome"]),
        rule=str(event["rule"]),
        nearest=event["nearest"],
        distance=event["distance"],
        note=str(event["note"]),
    )
