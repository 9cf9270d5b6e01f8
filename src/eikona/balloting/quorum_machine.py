"""The quorum's state machine: the same commands in one order give the same state and results."""

import hashlib
from typing import assert_never

from eikona.balloting import cases, duties, members
from eikona.balloting.canonical import Json, canonical
from eikona.balloting.cases import Answer
from eikona.balloting.commands import Order, order_of, refusal
from eikona.balloting.snapshots import snapshot_of, state_from
from eikona.balloting.state import Capacities, Effects, State
from eikona.balloting.statements import Verify, key_id
from eikona.domain.ballot import SignedAnnouncement, SignedArchived, SignedBallot
from eikona.domain.case import Submission
from eikona.domain.errors import QuorumError
from eikona.domain.roster import SignedRoster, SignedRotation, SignedStanding

_DEFAULT_CAPACITIES = Capacities()


class QuorumMachine:
    """Implements ``ReplicatedMachine``.

    ``state`` is for reading. What it holds after a command is that command's doing alone.
    """

    def __init__(
        self,
        *,
        administrator: bytes,
        verify: Verify,
        capacities: Capacities = _DEFAULT_CAPACITIES,
    ) -> None:
        """Begin a quorum in which nobody sits yet.

        Args:
            administrator: public key of who admits and removes nodes; it names the quorum.
            verify: checks signatures.
            capacities: the same on every node.
        """
        self._verify = verify
        self._capacities = capacities
        self.state = State(quorum=key_id(administrator))

    def apply(self, command: bytes) -> bytes:
        """Carry one command out; see ``ReplicatedMachine``.

        The result is ``{"ok": …}`` with ids of cases ``opened`` and ``ruled`` by it, in order, or
        ``{"error": {"code", "message"}}``.
        """
        effects = Effects()
        try:
            answer = self._carry_out(order_of(command), effects)
        except QuorumError as error:
            return refusal(error)
        opened: list[Json] = [*effects.opened]
        result = canonical({"ok": {**answer, "opened": opened, "ruled": effects.ruled}})
        if effects.changed:
            parts = (self.state.history, hashlib.sha256(command).digest(), result)
            self.state.history = hashlib.sha256(b"".join(parts)).digest()
        return result

    def snapshot(self) -> bytes:
        """Return the whole state as canonical JSON."""
        return snapshot_of(self.state)

    def restore(self, snapshot: bytes) -> None:
        """Take the state of a snapshot.

        Raises:
            InvalidSnapshotError: it is damaged, of a newer version or of another quorum.
        """
        self.state = state_from(snapshot, quorum=self.state.quorum)

    def digest(self) -> bytes:
        """Return the digest of all that changed this state, in order, with the results."""
        return self.state.history

    def _carry_out(self, order: Order, effects: Effects) -> Answer:
        state, hold, verify = self.state, self._capacities, self._verify
        match order:
            case Submission():
                answer = cases.accept(state, order, hold, effects)
            case SignedBallot():
                answer = cases.cast(state, order, hold, effects, verify=verify)
            case SignedStanding():
                answer = members.declare(state, order, hold, effects, verify=verify)
            case SignedRoster():
                answer = members.enrol(state, order, hold, effects, verify=verify)
            case SignedRotation():
                answer = members.rotate(state, order, hold, effects, verify=verify)
            case SignedAnnouncement():
                answer = duties.announce(state, order, effects, verify=verify)
            case SignedArchived():
                answer = duties.archive(state, order, effects, verify=verify)
            case _:
                assert_never(order)
        return answer
