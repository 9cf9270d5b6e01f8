"""Cases from their submission to their ruling, and whoever waits for that."""

import logging
import queue
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from eikona.adapters.quorum.spool import Spool, Waiting
from eikona.apps.node.docket import ruling_event
from eikona.balloting.cases import check_subject
from eikona.balloting.receipts import receipt_from
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.ruling import MAJORITY
from eikona.domain.case import Policy, Subject, Submission
from eikona.domain.receipt import Receipt

_ID_BYTES = 10
_REMEMBERED = 1000  # rulings whose receipts are at hand
_AGAIN_S = (0.5, 1.0, 2.0, 5.0)  # until a case that was sent is asked for once more

_log = logging.getLogger(__name__)

Event = tuple[dict[str, Any], bytes]


@dataclass(slots=True)
class _Case:
    waiting: Waiting
    state: str = "taken"
    tries: int = 0
    due: float = 0.0
    taken_at: float = field(default_factory=time.monotonic)
    heard: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    listeners: list["queue.SimpleQueue[Event]"] = field(default_factory=list)


class Cases:
    """For any thread."""

    def __init__(
        self,
        spool: Spool,
        *,
        policy: str,
        gateway: str,
        notice: Callable[[dict[str, Any]], None],
        proves: Callable[[Receipt], bool],
    ) -> None:
        """Go on with what the spool holds.

        Args:
            spool: where cases outlive the gateway.
            policy: what the quorum was set up as.
            gateway: name that cases are submitted by.
            notice: told of everything that becomes known of a case.
            proves: whether a receipt proves its ruling: the node that tells of it may lie.
        """
        self._proves = proves
        self._spool = spool
        self._policy = Policy(policy, MAJORITY)
        self._gateway = gateway
        self._notice = notice
        self._changed = threading.Condition()
        self._cases = {one.submission.id: _Case(one) for one in spool.waiting()}
        self._ruled: OrderedDict[str, Event] = OrderedDict()
        self._renamed: OrderedDict[str, str] = OrderedDict()

    def submit(
        self, subject: Subject, picture: bytes, *, bank: int, size: int
    ) -> tuple[str, "queue.SimpleQueue[Event]"]:
        """Take a case in; when this returns, it will be ruled on, whatever ends meanwhile.

        Args:
            subject: what it is about.
            picture: its bytes, if it is about one.
            bank: version of the bank that nodes must have.
            size: how many decisions there are at least.

        Returns:
            Its id, and a queue of what becomes known of it.

        Raises:
            MalformedError: the quorum would refuse it.
            OSError: it cannot be kept, and is not taken.
        """
        submission = Submission(
            id=_new_id(size),
            subject=subject,
            submitted_by=self._gateway,
            policy=self._policy,
            bank_at_least=bank,
            at_ms=time.time_ns() // 1_000_000,
        )
        noun_from(Submission, record_of(submission))
        check_subject(subject)
        case = _Case(self._spool.put(submission, picture))
        listener: queue.SimpleQueue[Event] = queue.SimpleQueue()
        case.listeners.append(listener)
        with self._changed:
            self._cases[submission.id] = case
            self._changed.notify_all()
        self._tell(case, {"event": "taken", "case": submission.id})
        return submission.id, listener

    def follow(self, name: str) -> "queue.SimpleQueue[Event] | None":
        """Return a queue of what is known of a case that waits, and of what becomes known."""
        with self._changed:
            case = self._cases.get(self._renamed.get(name, name))
            if case is None:
                return None
            listener: queue.SimpleQueue[Event] = queue.SimpleQueue()
            for event in (
                {"event": case.state, "case": case.waiting.submission.id},
                *list(case.heard.values()),
            ):
                listener.put((event, b""))
            case.listeners.append(listener)
        return listener

    def due(self, timeout_s: float) -> list[Waiting]:
        """Return the cases that are to be sent, in order; wait for one if there is none."""
        with self._changed:
            found = self._due()
            if not found:
                self._changed.wait(timeout_s)
                found = self._due()
            return found

    def sent(self, one: Waiting, state: str) -> None:
        """Note that the quorum has a case now, or still has."""
        with self._changed:
            case = self._cases.get(one.submission.id)
            if case is None:
                return
            case.due = time.monotonic() + _AGAIN_S[min(case.tries, len(_AGAIN_S) - 1)]
            case.tries += 1
        self._become(case, state)

    def renamed(self, one: Waiting, size: int) -> None:
        """Ask a case under a new id, since the quorum may have forgotten the old one."""
        submission = replace(one.submission, id=_new_id(size))
        changed = self._spool.rename(one, submission)
        with self._changed:
            case = self._cases.pop(one.submission.id)
            case.waiting = changed
            self._cases[submission.id] = case
            self._renamed[one.submission.id] = submission.id
            while len(self._renamed) > _REMEMBERED:
                self._renamed.popitem(last=False)
        self._tell(case, {"event": "renamed", "case": one.submission.id, "to": submission.id})

    def hold(self) -> None:
        """Note that the quorum cannot be reached: what waits is held."""
        with self._changed:
            waiting = list(self._cases.values())
        for case in waiting:
            self._become(case, "held")

    def ask_again(self) -> None:
        """Ask for all cases once more: who would have told of them may be gone."""
        with self._changed:
            for case in self._cases.values():
                case.due, case.tries = 0.0, 0
            self._changed.notify_all()

    def heard(self, event: dict[str, Any], body: bytes) -> None:
        """Take what a node tells of a case.

        Ballots are passed on as they are told; a ruling counts only with a receipt that proves it.

        Raises:
            InvalidReceiptError: what should be a receipt is none.
        """
        with self._changed:
            case = self._cases.get(str(event.get("case")))
        if case is None:
            return
        if event["event"] == "ballot":
            self._ballot(case, event)
        elif event["event"] == "ruled" and body:
            receipt = receipt_from(body)
            asked = receipt.decision.case.submission == case.waiting.submission
            if asked and self._proves(receipt):
                self._finish(case, ruling_event(receipt), body)
            else:
                _log.warning("receipt proves nothing", extra={"case": case.waiting.submission.id})

    def ruling(self, name: str) -> Event | None:
        """Return the ruling on a case, if it is one of the newest."""
        return self._ruled.get(self._renamed.get(name, name))

    def proves(self, receipt: Receipt, name: str) -> bool:
        """Return whether a receipt proves the ruling on a case."""
        return receipt.decision.case.submission.id == name and self._proves(receipt)

    def counts(self) -> dict[str, int]:
        """Return how many cases stand how."""
        with self._changed:
            states = [case.state for case in self._cases.values()]
        return {"waiting": len(states), "held": states.count("held"), "ruled": len(self._ruled)}

    def _due(self) -> list[Waiting]:
        now = time.monotonic()
        found = [case.waiting for case in self._cases.values() if case.due <= now]
        return sorted(found, key=lambda one: one.number)

    def _ballot(self, case: _Case, event: dict[str, Any]) -> None:
        place = (str(event["node"]), int(event["round"]))
        if place not in case.heard:
            case.heard[place] = event
            self._tell(case, event)

    def _become(self, case: _Case, state: str) -> None:
        if case.state != state:
            case.state = state
            self._tell(case, {"event": state, "case": case.waiting.submission.id})

    def _finish(self, case: _Case, event: dict[str, Any], receipt: bytes) -> None:
        name = case.waiting.submission.id
        with self._changed:
            if self._cases.pop(name, None) is None:
                return
            took_ms = (time.monotonic() - case.taken_at) * 1000
            known = {**event, "took_ms": round(took_ms, 1)}
            ballots = known.pop("ballots", [])
            self._ruled[name] = known, receipt
            while len(self._ruled) > _REMEMBERED:
                self._ruled.popitem(last=False)
        for ballot in ballots:
            self._ballot(case, ballot)
        self._tell(case, known, receipt)
        self._spool.drop(case.waiting)

    def _tell(self, case: _Case, event: dict[str, Any], body: bytes = b"") -> None:
        self._notice(event)
        for listener in case.listeners:
            listener.put((event, body))


def _new_id(size: int) -> str:
    return f"{size}-{secrets.token_hex(_ID_BYTES)}"
