"""Who belongs to the quorum, as its administrator signs it, and how the nodes come to agree on it.

A change is a description for those who connect, and a roster that the nodes decide on. It is on
the disk before anything follows from it, so that it goes on after a crash. A node that comes gets
a seat only once it has caught up: nobody waits for it before. One that goes loses its seat first.
"""

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.quorum.description import (
    QuorumDescription,
    SignedDescription,
    description_bytes,
    description_from,
    write_description,
    write_whole,
)
from eikona.apps.gateway.nodes import Nodes
from eikona.apps.gateway.quorum_folder import QuorumFolder
from eikona.balloting.canonical import canonical, parse
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.statements import message_of
from eikona.domain.errors import BadSignatureError, OutdatedError, QuorumUnavailableError
from eikona.domain.roster import SignedRoster

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
_CHANGE_BYTES_MOST = 2**21
_LAG_MOST = 100  # entries that a node which comes may be behind


@dataclass(frozen=True, slots=True)
class Change:
    """What the administrator signs when nodes come, go, or have other keys."""

    description: SignedDescription
    roster: SignedRoster


def change_bytes(change: Change) -> bytes:
    """Return a change as it is sent to the gateway."""
    return canonical(record_of(change))


class Membership:
    """For any thread."""

    def __init__(
        self,
        folder: QuorumFolder,
        described: QuorumDescription,
        nodes: Nodes,
    ) -> None:
        """Go on with what the folder holds.

        Args:
            folder: where the quorum is.
            described: who belongs to it.
            nodes: how they are.

        Raises:
            QuorumError: there is no roster.
        """
        self._folder = folder
        self._nodes = nodes
        self._lock = threading.Lock()
        self.described = described
        self._roster = folder.signed_roster()
        self.changed: Callable[[QuorumDescription], None] = lambda _: None

    def newer_than(self, serial: int) -> bytes:
        """Return the signed description, if it is newer; otherwise nothing."""
        signed = self._folder.signed_description
        with self._lock:
            is_newer = self.described.serial > serial and signed.exists()
            return signed.read_bytes() if is_newer else b""

    def take(self, content: bytes) -> None:
        """Begin a change.

        Raises:
            MalformedError: this is none.
            BadSignatureError: the administrator has not signed it.
            OutdatedError: it does not follow what is in force.
            QuorumUnavailableError: no node tells what is in force.
            OSError: it cannot be kept.
        """
        change = noun_from(Change, parse(content, most_bytes=_CHANGE_BYTES_MOST))
        signed = description_bytes(change.description)
        with self._lock:
            self._check(change, signed)
            write_whole(self._folder.roster, canonical(record_of(change.roster)))
            write_whole(self._folder.signed_description, signed)
            write_description(self._folder.description, change.description.description)
            self._roster, self.described = change.roster, change.description.description
        _log.info("membership", extra={"roster": self._roster.roster.serial})
        self.changed(self.described)

    def due(self) -> SignedRoster | None:
        """Return the roster that the nodes are to decide on now, if there is one."""
        with self._lock:
            signed, in_force, sent = self._roster, self._nodes.roster, self._sent()
            serial = signed.roster.serial
            if in_force >= serial or (in_force and self._not_ready(signed)):
                return None
            if not in_force and sent not in (0, serial):
                return None  # there is one, and no node has told of it yet
            if sent < serial:
                write_whole(self._folder.roster_sent, str(serial).encode())
            return signed

    def status(self) -> dict[str, Any]:
        """Return which roster is in force, and which is to be."""
        signed = self._roster.roster
        in_force = self._nodes.roster
        is_coming = in_force < signed.serial
        waits_for = self._not_ready(self._roster) if is_coming and in_force else []
        return {
            "in_force": in_force,
            "seats": next((one.status["seats"] for one in self._nodes.newest()), {}),
            "coming": signed.serial if is_coming else None,
            "waits_for": waits_for,
        }

    def _check(self, change: Change, signed: bytes) -> None:
        described = description_from(
            signed, administrator=self.described.administrator, verify=verify_signature
        )
        roster = change.roster.roster
        message = message_of(roster)
        if not verify_signature(
            key=self.described.administrator, message=message, signature=change.roster.signature
        ):
            raise BadSignatureError("the administrator has not signed this roster")
        in_force = self._nodes.roster
        if not in_force:
            raise QuorumUnavailableError("no node tells which roster is in force: start them first")
        if self._sent() > in_force:
            raise OutdatedError(f"roster {self._sent()} is on its way: try again once it is there")
        follows = (self.described.serial + 1, in_force + 1)
        if (described.serial, roster.serial) != follows:
            raise OutdatedError(f"this does not follow roster {in_force}: try again")
        if {one.node: one.key for one in roster.seats} != {
            one.name: one.key for one in described.nodes
        }:
            raise OutdatedError("description and roster name different nodes")

    def _sent(self) -> int:
        """Return the newest roster that may have reached the nodes."""
        try:
            return int(self._folder.roster_sent.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def _not_ready(self, signed: SignedRoster) -> list[str]:
        """Return the nodes that are to have a seat, have none yet, and are not up to it."""
        seated: set[str] = set()
        newest = list(self._nodes.newest())
        for one in newest:
            seated |= one.status["seats"].keys()
        position = max((one.status["position"] for one in newest), default=0)
        coming = {seat.node for seat in signed.roster.seats} - seated
        return sorted(name for name in coming if not self._has_caught_up(name, position))

    def _has_caught_up(self, name: str, position: int) -> bool:
        node = self._nodes.by_name.get(name)
        if node is None or not node.is_heard or not node.is_connected:
            return False
        status = node.status
        is_near = status["roster"] > 0 and status["position"] + _LAG_MOST >= position
        return bool(is_near and status["bank_version"] > 0)
