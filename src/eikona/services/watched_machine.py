"""The quorum's machine, with somebody told of what each command brought about.

The engine alone applies commands; others look at the state between two of them.
"""

import json
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from eikona.balloting.quorum_machine import QuorumMachine
from eikona.balloting.state import State
from eikona.domain.ballot import SignedBallot
from eikona.domain.case import Case
from eikona.domain.receipt import Receipt

Value = TypeVar("Value")
_BALLOT = b'{"do":"ballot"'


class Watcher(Protocol):
    """Is told, in the engine's thread, so it must not wait."""

    def opened(self, case: Case, digest: bytes) -> None:
        """A case stands before the nodes, for the first time or anew."""

    def cast(self, signed: SignedBallot) -> None:
        """A ballot counts; that which brings a ruling about stands in the receipt."""

    def ruled(self, receipt: Receipt) -> None:
        """A case is decided."""

    def restored(self, state: State) -> None:
        """The whole state is another one."""


class WatchedMachine:
    """Implements ``ReplicatedMachine``."""

    def __init__(self, machine: QuorumMachine, watcher: Watcher) -> None:
        """Watch a machine that nobody else applies commands to."""
        self._machine = machine
        self._watcher = watcher
        self._lock = threading.Lock()

    def look(self, at: Callable[[State], Value]) -> Value:
        """Return what ``at`` finds in the state, which stands still meanwhile."""
        with self._lock:
            return at(self._machine.state)

    def apply(self, command: bytes) -> bytes:
        """Carry one command out."""
        with self._lock:
            result = self._machine.apply(command)
            if result.startswith(b'{"ok":'):
                self._tell(command, json.loads(result)["ok"])
            return result

    def snapshot(self) -> bytes:
        """Return the whole state."""
        with self._lock:
            return self._machine.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Take the state of a snapshot."""
        with self._lock:
            self._machine.restore(snapshot)
            self._watcher.restored(self._machine.state)

    def digest(self) -> bytes:
        """Return the digest of all that changed this state."""
        with self._lock:
            return self._machine.digest()

    def _tell(self, command: bytes, answer: dict[str, object]) -> None:
        state = self._machine.state
        case = state.open.get(str(answer.get("case")))
        if case is not None and case.ballots and command.startswith(_BALLOT):
            self._watcher.cast(next(reversed(case.ballots.values())))
        ruled, opened = answer["ruled"], answer["opened"]
        for one in ruled if isinstance(ruled, list) else ():
            if (receipt := state.decided.get(one["case"])) is not None:
                self._watcher.ruled(receipt)
        for name in opened if isinstance(opened, list) else ():
            if (case := state.open.get(name)) is not None:
                self._watcher.opened(case.case, case.digest)
