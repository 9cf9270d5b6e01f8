"""The gateway: nodes connect to it, and whoever holds the operator's key submits cases."""

import contextlib
import hashlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.adapters.quorum.spool import Spool
from eikona.apps.gateway.cases import Cases, Event
from eikona.apps.gateway.membership import Membership
from eikona.apps.gateway.nodes import NodeLine, Nodes
from eikona.apps.gateway.reference_folder import ReferenceFolder
from eikona.apps.node.docket import ruling_event
from eikona.balloting.receipts import receipt_from
from eikona.domain.case import Subject
from eikona.domain.errors import InvalidReceiptError, MalformedError, QuorumError

OPERATOR = "the operator"  # no node can be called so: names have no spaces
_STATUS_S = 5.0  # without any word from a node, after which its connection counts as broken
_ALIVE_EVERY_S = 1.0
_AGAIN_S = 1.0

_log = logging.getLogger(__name__)


class Gateway:
    """Talks with one caller at a time in each thread; see ``adapters.quorum.calls.Listener``."""

    def __init__(
        self,
        *,
        nodes: Nodes,
        cases: Cases,
        spool: Spool,
        reference: ReferenceFolder,
        membership: Membership,
        stop: Callable[[], None],
    ) -> None:
        """Take what it answers from."""
        self._membership = membership
        self._nodes = nodes
        self._cases = cases
        self._spool = spool
        self._reference = reference
        self._stop = stop
        self.pids: Callable[[], dict[str, int]] = dict  # of nodes that were started beside it
        self.reasons: Callable[[], dict[str, str]] = dict  # why such nodes have ended

    def serve(self, name: str, channel: Channel) -> None:
        """Talk with a caller until it leaves.

        Raises:
            BrokenChannelError: it has left.
        """
        if name == OPERATOR:
            self._serve_operator(channel)
            return
        told, _ = channel.receive(_STATUS_S)
        node = self._nodes.by_name.get(name)
        if node is None:
            return  # it has just been removed
        match told.get("as"):
            case "desk":
                node.attach(channel)
            case "events":
                self._hear(node, channel)
            case "ask":
                while True:
                    channel.send(*self._answer(*channel.receive(None)))

    def picture(self, sha256: bytes) -> bytes | None:
        """Return a picture that a case is about, or that is one of the reference."""
        found = self._spool.picture(sha256)
        return self._reference.picture(sha256) if found is None else found

    def status(self) -> dict[str, Any]:
        """Return how everything is."""
        heard_from, pids = self._nodes.by_name.values(), self.pids()
        reasons = self.reasons()
        return {
            "pid": os.getpid(),
            "leader": self._nodes.leader,
            "cases": self._cases.counts(),
            "roster": self._membership.status(),
            "reference": {
                "version": self._reference.version,
                "pictures": len(self._reference),
                "trouble": self._reference.trouble,
                "unreadable": self._nodes.unreadable(),
            },
            "nodes": [
                {
                    **one.status,
                    "node": one.name,
                    "connected": one.is_connected and one.heard_at > 0,
                    "pid": pids.get(one.name),
                    "ended": reasons.get(one.name),
                }
                for one in heard_from
            ],
        }

    def _hear(self, node: NodeLine, channel: Channel) -> None:
        try:
            while True:
                event, body = channel.receive(_STATUS_S)
                if event.get("event") == "status":
                    node.status, node.heard_at = event, time.monotonic()
                else:
                    self._hear_of_case(node, event, body)
        finally:
            node.heard_at = 0.0
            node.lost()
            self._cases.ask_again()

    def _hear_of_case(self, node: NodeLine, event: dict[str, Any], body: bytes) -> None:
        try:
            self._cases.heard(event, body)
        except (InvalidReceiptError, KeyError, ValueError, TypeError) as error:
            _log.warning("node told nonsense", extra={"node": node.name, "reason": str(error)})

    def _answer(self, asked: dict[str, Any], _: bytes) -> tuple[dict[str, Any], bytes]:
        match asked.get("do"):
            case "picture":
                content = self.picture(bytes.fromhex(str(asked.get("sha256"))))
                return ({"error": "unknown_picture"}, b"") if content is None else ({}, content)
            case "reference":
                return {}, self._reference.newer_than(int(asked.get("newer_than", 0)))
            case "receipts":
                return self._nodes.pass_on(asked)
            case "description":
                content = self._membership.newer_than(int(asked.get("newer_than", 0)))
                return {"connected": self._nodes.connected}, content
            case _:
                return {"error": "unknown_question"}, b""

    def _serve_operator(self, channel: Channel) -> None:
        while True:
            asked, body = channel.receive(None)
            match asked.get("do"):
                case "submit":
                    self._submit(channel, asked, body)
                case "follow":
                    self._follow(channel, str(asked.get("case")))
                case "ruling":
                    name = str(asked.get("case"))
                    channel.send(*(self._cases.ruling(name) or self._kept_ruling(name)))
                case "status":
                    channel.send(self.status())
                case "new_key":
                    channel.send(*self._nodes.pass_on(asked))
                case "change":
                    channel.send(self._change(body))
                case "stop":
                    channel.send({"event": "stopping"})
                    self._stop()
                case _:
                    channel.send({"error": "unknown_question"})

    def _change(self, content: bytes) -> dict[str, Any]:
        """Begin to change who belongs to the quorum."""
        try:
            self._membership.take(content)
        except (QuorumError, OSError) as error:
            code = error.code if isinstance(error, QuorumError) else "not_taken"
            return {"error": code, "message": str(error)}
        return {"event": "changing"}

    def _kept_ruling(self, name: str) -> tuple[dict[str, Any], bytes]:
        """Return an older ruling, of which nodes alone have the receipt; nothing where none has."""
        for node in self._nodes.in_order():
            with contextlib.suppress(BrokenChannelError, InvalidReceiptError):
                _, content = node.ask({"do": "receipt", "case": name})
                if content and self._cases.proves(receipt := receipt_from(content), name):
                    return ruling_event(receipt), content
        return {}, b""

    def _submit(self, channel: Channel, asked: dict[str, Any], picture: bytes) -> None:
        hashes = asked.get("hashes") or {}
        digest = None if hashes else hashlib.sha256(picture).digest()
        try:
            _, listener = self._cases.submit(
                Subject(digest, hashes),
                picture,
                bank=self._reference.version,
                size=self._nodes.size,
            )
        except (OSError, MalformedError) as error:
            channel.send({"error": "not_taken", "message": str(error)})
            return
        _tell_all(channel, listener)

    def _follow(self, channel: Channel, name: str) -> None:
        """Go on telling of a case, to somebody whose connection has broken."""
        listener = self._cases.follow(name)
        if listener is not None:
            _tell_all(channel, listener)
            return
        event, receipt = self._cases.ruling(name) or self._kept_ruling(name)
        unknown = {"error": "unknown_case", "message": f"no node has a ruling on case {name}"}
        channel.send(event or unknown, receipt)


def _tell_all(channel: Channel, listener: "queue.SimpleQueue[Event]") -> None:
    """Pass on what becomes known of a case, until it is ruled on."""
    while True:
        try:
            event, body = listener.get(timeout=_ALIVE_EVERY_S)
        except queue.Empty:
            event, body = {"event": "waiting"}, b""
        channel.send(event, body)
        if event["event"] == "ruled":
            return


def run_threads(works: list[Callable[[], object]], stopping: threading.Event) -> None:
    """Begin each of these in a thread of its own; one that fails begins again."""
    for work in works:
        threading.Thread(target=_guarded, args=(work, stopping), daemon=True).start()


def _guarded(work: Callable[[], object], stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            work()
        except Exception:  # noqa: BLE001  a full disk, for one, may have room again
            _log.exception("a part of the gateway has failed, and begins again")
            stopping.wait(_AGAIN_S)
