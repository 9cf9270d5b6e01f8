"""What must hold of every schedule, checked against what nodes did and not against the machine."""

from dataclasses import replace

from eikona.balloting import quorum_machine
from eikona.balloting.commands import answer_of
from eikona.balloting.receipts import (
    TrustedKeys,
    receipt_bytes,
    receipt_from,
    root_of,
    verify_receipt,
)
from eikona.domain.case import Submission
from eikona.domain.errors import QuorumError
from eikona.domain.roster import SignedRoster, SignedRotation
from eikona.domain.verdict import Outcome
from tests.unit.balloting.quorum_builder import quick_verify


class Oracle:
    """Watches a log.

    Attributes:
        signed: every ballot that the node of its name has really signed.
        liars: nodes that may lie.
        accepted: cases that were accepted, in order.
        acknowledged: cases of which the gateway heard that they were accepted.
        ruled: outcome by case.
    """

    def __init__(self, builder, liars):
        self._builder = builder
        self._order_of = quorum_machine.order_of  # as schedules have it
        self._trusted = TrustedKeys(builder.administrator.public_key)
        self.liars = liars
        self.signed = set()
        self.accepted, self.acknowledged, self.opened, self.ruled = [], set(), [], {}
        self._carried_out = set()

    def first_applied(self, command, result, changed, machine):
        """Check what the first replica to apply an entry says of it."""
        try:
            answer = answer_of(result)
        except QuorumError:
            assert not changed, "a refused command changed something"
            return
        assert not (changed and command in self._carried_out), "a command was carried out twice"
        self._carried_out.add(command)
        order = self._order_of(command)
        if isinstance(order, Submission) and changed:
            self.accepted.append(order.id)
        if not isinstance(order, SignedRoster | SignedRotation):
            new = [case for case in answer["opened"] if case not in self.opened]
            assert new == answer["opened"], "a case was opened twice"
        self.opened += [case for case in answer["opened"] if case not in self.opened]
        assert self.opened == self.accepted[: len(self.opened)], "cases were opened out of order"
        for one in answer["ruled"]:
            self._check_ruling(one, machine)
        for proof in machine.state.suspects.values():
            assert proof.first.ballot.node in self.liars, "an honest node is called a liar"

    def _check_ruling(self, one, machine):
        case = one["case"]
        assert case not in self.ruled, f"there are two rulings on {case}"
        assert one["position"] == len(self.ruled), "the log has a gap"
        self.ruled[case] = one["outcome"]
        receipt = machine.state.decided.get(case)
        if receipt is None:
            return  # so many fell at once that the oldest are folded
        decision, seats = receipt.decision, len(receipt.enrolment.keys)
        nodes = [signed.ballot.node for signed in decision.ballots]
        assert len(nodes) == len(set(nodes)), "a node's ballots count twice"
        for signed in decision.ballots:
            assert signed in self.signed, f"{signed.ballot.node} never signed this ballot"
        alive = seats - len(decision.absences)
        assert alive * 2 > seats, "fewer nodes than a majority ruled"
        outcomes = [signed.ballot.outcome for signed in decision.ballots]
        assert decision.outcome in _possible(outcomes, alive), "the ruling was not due"
        self._check_receipt(receipt)

    def _check_receipt(self, receipt):
        node = next(iter(receipt.enrolment.keys))
        signer = self._builder.signers[node]
        if signer.public_key != receipt.enrolment.keys[node]:
            return
        head = self._builder.head(node, receipt.decision.position + 1, root_of(receipt))
        receipt = receipt_from(receipt_bytes(replace(receipt, heads=(head,))))
        problems = verify_receipt(receipt, trusted=self._trusted, verify=quick_verify)
        assert not problems, f"the receipt does not verify: {problems[0].message}"

    def at_end(self, log, *, thorough):
        """Check that nothing was lost and that all came to one state, which the log alone gives."""
        lost = self.acknowledged - self.ruled.keys()
        assert not lost, f"acknowledged cases have no ruling: {sorted(lost)}"
        assert len(self.ruled) == len(self.accepted), "an accepted case has no ruling"
        first, *others = [replica.machine for replica in log.replicas.values()]
        if thorough:
            others.append(self._builder.new_machine())
            for command in log.entries:
                others[-1].apply(command)
        whole = first.snapshot()
        for other in others:
            same = other.state == first.state and other.snapshot() == whole
            assert same, "replicas, or the log alone, came to different states"
        for command in log.entries if thorough else ():
            first.apply(command)
        assert first.snapshot() == whole, "applying everything again changed something"


def _possible(outcomes, alive):
    """Return the one outcome that every way of filling in the missing ballots gives, or none."""
    out = alive - len(outcomes)
    found = set()
    for blocks in range(out + 1):
        for reviews in range(out - blocks + 1):
            block = outcomes.count(Outcome.BLOCK) + blocks
            match = block + outcomes.count(Outcome.REVIEW) + reviews
            if 2 * match <= alive:
                found.add(Outcome.CLEAR)
            else:
                found.add(Outcome.BLOCK if 2 * block > alive else Outcome.REVIEW)
    return found if len(found) == 1 else set()
