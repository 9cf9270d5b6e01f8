"""Times what a node does at its start once its quorum has ruled on many cases; processor time."""

import hashlib
import time

from benchmarks.quorum.measure import Row
from eikona.adapters.keys.ed25519 import NodeKey, new_key, verify_signature
from eikona.apps.node.docket import Docket
from eikona.balloting.commands import command_of
from eikona.balloting.merkle import Frontier
from eikona.balloting.quorum_machine import QuorumMachine
from eikona.balloting.ruling import MAJORITY
from eikona.balloting.signing import sign_ballot, sign_roster
from eikona.balloting.state import Capacities, Remembered
from eikona.balloting.statements import case_digest, key_id, witness
from eikona.domain.ballot import Ballot
from eikona.domain.case import Policy, Subject, Submission
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.roster import Roster, Seat
from eikona.domain.verdict import Outcome
from eikona.services.watched_machine import WatchedMachine

_REPLAYED = 10_000  # entries: as many as a journal holds before the next snapshot


def full_state(*, decisions: int) -> Row:
    """Return how long a machine takes to come back from a snapshot and the journal after it."""
    quorum = _Quorum()
    for number in range(600):
        quorum.rule(0, number)
    _age(quorum.machine, decisions)
    began = time.process_time()
    snapshot = quorum.machine.snapshot()
    took_s = time.process_time() - began
    commands = []
    while len(commands) < _REPLAYED:
        commands += quorum.rule(decisions, len(commands))
    again = WatchedMachine(quorum.new_machine(), Docket("n1"))
    began = time.process_time()
    again.restore(snapshot)
    restored = time.process_time()
    for command in commands:
        again.apply(command)
    replayed = time.process_time()
    if again.digest() != quorum.machine.digest():
        raise RuntimeError("the machine did not come back")
    return {
        "decisions": decisions,
        "snapshot_bytes": len(snapshot),
        "snapshot_s": round(took_s, 2),
        "restore_s": round(restored - began, 2),
        "entries": len(commands),
        "replay_s": round(replayed - restored, 2),
    }


def _age(machine: QuorumMachine, decisions: int) -> None:
    """Make a machine remember as many decisions as one does after so many."""
    state, most = machine.state, Capacities()
    first = max(decisions - most.remembered, 0)
    known = list(state.remembered.items())[-most.decided :]
    for number in range(first, decisions - len(known)):
        case = f"{number}-{hashlib.sha256(str(number).encode()).hexdigest()[:20]}"
        state.remembered[case] = Remembered(number, Outcome.CLEAR, bytes(16))
    for name in list(state.remembered)[: len(state.remembered) - (decisions - first)]:
        del state.remembered[name]
    peaks = tuple(bytes([place]) * 32 for place in range(decisions.bit_count()))
    state.frontier = Frontier(decisions, peaks)


class _Quorum:
    """Four nodes' keys, and a machine that they speak to."""

    def __init__(self) -> None:
        self._administrator = new_key()
        self._keys = {f"n{number}": new_key() for number in range(1, 5)}
        self._name = key_id(self._administrator.public_key)
        self.machine = self.new_machine()

    def new_machine(self) -> QuorumMachine:
        return QuorumMachine(administrator=self._administrator.public_key, verify=verify_signature)

    def rule(self, size: int, number: int) -> list[bytes]:
        """Have one case ruled on; return the commands."""
        if self.machine.state.enrolment is None:
            self.machine.apply(self._roster())
        name = f"{size}-{number:020}"
        subject = Subject(hashlib.sha256(name.encode()).digest(), {})
        policy = Policy("triple-a", MAJORITY)
        commands = [command_of(Submission(name, subject, "gateway", policy, 0, 1))]
        self.machine.apply(commands[0])
        outcome = Outcome.BLOCK if number % 2 else Outcome.CLEAR
        for node, key in self._keys.items():
            if name in self.machine.state.open:
                commands.append(self._ballot(name, node, key, outcome))
                self.machine.apply(commands[-1])
        return commands

    def _roster(self) -> bytes:
        seats = tuple(Seat(node, key.public_key) for node, key in self._keys.items())
        roster = Roster(self._name, self._administrator.public_key, 1, seats, 0)
        return command_of(sign_roster(roster, self._administrator))

    def _ballot(self, case: str, node: str, key: NodeKey, outcome: Outcome) -> bytes:
        digest = case_digest(self.machine.state.open[case].case)
        is_clear = outcome is Outcome.CLEAR
        return command_of(
            sign_ballot(
                Ballot(
                    quorum=self._name,
                    case=case,
                    round=1,
                    case_digest=digest,
                    node=node,
                    key=key_id(key.public_key),
                    outcome=outcome,
                    rule="threshold:ahash=5",
                    algorithms=("ahash@1",),
                    decode=DecodeMode.EXACT,
                    threshold="at most 5",
                    nearest=None if is_clear else "work.jpg",
                    distance=None if is_clear else "3",
                    bank_version=1,
                    bank_digest=None,
                    witness=witness(digest, node, {"ahash@1": "00" * 8}),
                    note="",
                    at_ms=2,
                ),
                key,
            )
        )
