"""What a node still has to answer and to archive, as its machine tells of it."""

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eikona.balloting.receipts import receipt_bytes
from eikona.balloting.ruling import needed
from eikona.balloting.state import State
from eikona.domain.ballot import SignedBallot
from eikona.domain.case import Case
from eikona.domain.receipt import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

_EVENTS_MOST = 10_000  # that wait for one listener; it is ended when it falls farther behind

Event = tuple[dict[str, Any], bytes]


@dataclass(slots=True)
class Task:
    """A case that is open.

    Attributes:
        case: as it was opened.
        digest: of that.
        since: when this node saw it, on the monotonic clock.
        due: when to try to answer it, on the same clock.
        is_busy: whether a thread is at it.
        is_answered: whether this node's ballot counts.
    """

    case: Case
    digest: bytes
    since: float = field(default_factory=time.monotonic)
    due: float = 0.0
    is_busy: bool = False
    is_answered: bool = False


class Docket:
    """Implements ``Watcher``; its other methods are for any thread."""

    def __init__(self, node: str) -> None:
        """Begin with nothing."""
        self._node = node
        self._tasks: dict[str, Task] = {}
        self._changed = threading.Condition()
        self._listeners: set[queue.Queue[Event]] = set()
        self.decided: queue.SimpleQueue[Receipt] = queue.SimpleQueue()
        self.speaks: Callable[[], bool] = lambda: True  # else somebody else tells the same

    def opened(self, case: Case, digest: bytes) -> None:
        """Put a case on the list."""
        with self._changed:
            self._tasks[case.submission.id] = Task(case, digest)
            self._changed.notify()

    def cast(self, signed: SignedBallot) -> None:
        """Tell listeners of a ballot."""
        ballot = signed.ballot
        if ballot.node == self._node:
            with self._changed:
                task = self._tasks.get(ballot.case)
                if task is not None and task.case.round == ballot.round:
                    task.is_answered = True
        self.publish(ballot_event(signed))

    def ruled(self, receipt: Receipt) -> None:
        """Strike a case off the list and have its receipt archived."""
        with self._changed:
            self._tasks.pop(receipt.decision.case.submission.id, None)
        self.decided.put(receipt)

    def restored(self, state: State) -> None:
        """Begin anew with what is open."""
        with self._changed:
            self._tasks = {
                name: Task(one.case, one.digest, is_answered=self._node in one.ballots)
                for name, one in state.open.items()
            }
            self._changed.notify_all()
        for receipt in state.decided.values():
            self.decided.put(receipt)

    def take(self, timeout_s: float) -> Task | None:
        """Return the oldest case that is to be answered now, and keep others from it."""
        until = time.monotonic() + timeout_s
        with self._changed:
            while True:
                now, next_due = time.monotonic(), until
                for task in self._tasks.values():
                    if task.is_busy or task.is_answered:
                        continue
                    if task.due <= now:
                        task.is_busy = True
                        return task
                    next_due = min(next_due, task.due)
                if now >= until:
                    return None
                self._changed.wait(next_due - now)

    def give_back(self, task: Task, *, wait_s: float | None) -> None:
        """Let a case be, or have it tried again after ``wait_s`` seconds."""
        with self._changed:
            task.is_busy = False
            if wait_s is None:
                task.is_answered = True
            else:
                task.due = time.monotonic() + wait_s

    def waiting(self) -> list[Task]:
        """Return the cases that are open."""
        with self._changed:
            return list(self._tasks.values())

    def listen(self) -> "queue.Queue[Event]":
        """Return a queue of what happens from now on."""
        listener: queue.Queue[Event] = queue.Queue(_EVENTS_MOST)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: "queue.Queue[Event]") -> None:
        """Put nothing into a queue any more."""
        self._listeners.discard(listener)

    def publish(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Tell everybody who listens, if it is this node that speaks."""
        if not self._listeners or not self.speaks():
            return
        for listener in list(self._listeners):
            try:
                listener.put_nowait((header, body))
            except queue.Full:
                self._listeners.discard(listener)

    def publish_ruling(self, receipt: Receipt) -> None:
        """Tell everybody who listens of a ruling."""
        if self._listeners and self.speaks():
            self.publish(ruling_event(receipt), receipt_bytes(receipt))


def ballot_event(signed: SignedBallot) -> dict[str, Any]:
    """Return what is told of a ballot."""
    ballot = signed.ballot
    return {
        "event": "ballot",
        "case": ballot.case,
        "round": ballot.round,
        "node": ballot.node,
        "outcome": str(ballot.outcome),
        "rule": ballot.rule,
        "threshold": ballot.threshold,
        "nearest": ballot.nearest,
        "distance": ballot.distance,
        "bank_version": ballot.bank_version,
        "note": ballot.note,
    }


def ruling_event(receipt: Receipt) -> dict[str, Any]:
    """Return what is told of a ruling."""
    decision = receipt.decision
    alive = len(decision.case.electorate) - len(decision.absences)
    said = [str(one.ballot.outcome) for one in decision.ballots]
    return {
        "event": "ruled",
        "case": decision.case.submission.id,
        "outcome": str(decision.outcome),
        "position": decision.position,
        "ballots": [ballot_event(one) for one in decision.ballots],
        "absent": [one.node for one in decision.absences],
        "count": {
            **{one: said.count(one) for one in ("clear", "review", "block")},
            "alive": alive,
            "needed": needed(alive),
        },
    }
