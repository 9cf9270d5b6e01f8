"""What a node answers the gateway: it takes cases and rosters in, gives receipts and its state."""

import time
from typing import Any

from eikona.adapters.keys.key_ring import KeyRing
from eikona.adapters.quorum.receipt_archive import ReceiptArchive
from eikona.adapters.quorum.replica import Replica
from eikona.balloting.canonical import canonical
from eikona.balloting.commands import answer_of, order_of
from eikona.balloting.records import record_of
from eikona.balloting.signing import sign_rotation
from eikona.balloting.state import State
from eikona.balloting.statements import key_id
from eikona.domain.case import Submission
from eikona.domain.errors import EikonaError, MalformedError
from eikona.domain.roster import Rotation, SignedRoster
from eikona.services.replication import ReplicationEngine
from eikona.services.watched_machine import WatchedMachine

_SUBMIT_S = 1.0
_NAMED_MOST = 20  # reference pictures that do not decode, named in each status
_RECEIPTS_BYTES = 262_144  # that one answer holds, of receipts that a node lacks


class Desk:
    """Answers one gateway."""

    def __init__(
        self,
        rule: str,
        *,
        machine: WatchedMachine,
        engine: ReplicationEngine,
        archive: ReceiptArchive,
        replica: Replica,
        ring: KeyRing,
    ) -> None:
        """Take what it answers from."""
        self._rule = rule
        self._ring = ring
        self._machine = machine
        self._engine = engine
        self._archive = archive
        self._replica = replica

    def answer(self, asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the answer to one question; it never fails."""
        try:
            return self._answer(asked, body)
        except EikonaError as error:
            return {"error": error.code, "message": str(error)}, b""
        except (KeyError, TypeError, ValueError, OverflowError):
            return {"error": "unknown_question"}, b""

    def _answer(self, asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        match asked.get("do"):
            case "submit":
                return {"answer": self._submit(body)}, b""
            case "receipt":
                content = self._archive.of_case(str(asked.get("case")))
                return ({"error": "unknown_case"}, b"") if content is None else ({}, content)
            case "receipts":
                found = self._archive.before(int(asked["before"]), most_bytes=_RECEIPTS_BYTES)
                return {"sizes": [len(one) for one in found]}, b"".join(found)
            case "status":
                return self.status(), b""
            case "new_key":
                return {}, self._new_key(int(asked["serial"]))
            case _:
                return {"error": "unknown_question"}, b""

    def _new_key(self, serial: int) -> bytes:
        """Return the key that is to follow the one in force, signed by both."""
        node = self._engine.status().node
        quorum = self._machine.look(lambda state: state.quorum)
        old = self._ring.settle(self._machine.look(lambda state: state.key_of(node)))
        new = self._ring.propose()
        rotation = Rotation(quorum, serial, node, new.public_key, time.time_ns() // 1_000_000)
        return canonical(record_of(sign_rotation(rotation, old=old, new=new)))

    def status(self) -> dict[str, Any]:
        """Return how this node is."""
        engine = self._engine.status()
        return {
            "node": engine.node,
            "engine": engine.engine,
            "rule": self._rule,
            "role": engine.role,
            "term": engine.term,
            "leader": engine.leader,
            "position": engine.position,
            "committed": engine.committed,
            "lag": engine.lag,
            "reached": [peer.name for peer in engine.peers if peer.is_alive],
            "journal_bytes": engine.journal_bytes,
            "trouble": engine.trouble,
            "bank_version": self._replica.version,
            "hashed": list(self._replica.progress),
            "unreadable": list(self._replica.unreadable[:_NAMED_MOST]),
            "archived": self._archive.whole,
            **self._machine.look(_counts),
        }

    def _submit(self, command: bytes) -> dict[str, Any]:
        """Have a case or a roster carried out: a gateway speaks for nobody else."""
        if not isinstance(order_of(command), Submission | SignedRoster):
            raise MalformedError("a gateway submits cases and rosters alone")
        return dict(answer_of(self._engine.submit(command, timeout_s=_SUBMIT_S)))


def _counts(state: State) -> dict[str, Any]:
    return {
        "roster": 0 if state.enrolment is None else state.enrolment.serial,
        "seats": {node: key_id(key) for node, key in state.enrolment.keys.items()}
        if state.enrolment
        else {},
        "open": len(state.open),
        "held": len(state.held),
        "ruled": state.frontier.size,
        "lost": sorted(state.lost),
        "suspects": sorted({one.first.ballot.node for one in state.suspects.values()}),
    }
