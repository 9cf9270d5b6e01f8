"""What receipts prove against nodes: each finding is two statements that no honest node signs.

A node that signed two ballots for one opening of a case, or two heads for one size of the log, has
proved itself a liar, whoever holds the two. A log that rules twice on a case, or says two things at
one place, was tampered with: who signed its heads is to be asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from eikona.balloting.receipts import root_of
from eikona.balloting.statements import Verify, key_id, message_of
from eikona.domain.receipt import Receipt, SignedHead

if TYPE_CHECKING:
    from eikona.domain.ballot import SignedBallot


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that cannot be if all were honest.

    Attributes:
        code: ``two_ballots``, ``two_heads``, ``two_rulings`` or ``two_decisions``.
        node: who is proved a liar; None where the log is at odds with itself.
        case: id of the case; None where it is about the log.
        message: one sentence.
    """

    code: str
    node: str | None
    case: str | None
    message: str


def findings(receipts: Sequence[Receipt], *, verify: Verify) -> list[Finding]:
    """Return what some receipts of one quorum, taken together, prove; each once."""
    found = [
        *_two_ballots(receipts, verify),
        *_two_heads(receipts, verify),
        *(one for pair in combinations(receipts, 2) for one in _at_odds(*pair)),
    ]
    return list(dict.fromkeys(found))


def _two_ballots(receipts: Sequence[Receipt], verify: Verify) -> Iterator[Finding]:
    first: dict[tuple[str, str, str, int], SignedBallot] = {}
    for receipt in receipts:
        decision = receipt.decision
        for one in (*decision.ballots, *decision.equivocations):
            ballot = one.ballot
            key = _key_of(receipt, ballot.node)
            if key is None or key_id(key) != ballot.key:
                continue
            if not verify(key=key, message=message_of(ballot), signature=one.signature):
                continue
            place = (ballot.quorum, ballot.key, ballot.case, ballot.round)
            earlier = first.setdefault(place, one).ballot
            if earlier != ballot:
                said = f"{earlier.outcome} and {ballot.outcome}"
                message = f"{ballot.node} signed two ballots for case {ballot.case}: {said}"
                yield Finding("two_ballots", ballot.node, ballot.case, message)


def _two_heads(receipts: Sequence[Receipt], verify: Verify) -> Iterator[Finding]:
    first: dict[tuple[str, str, int], SignedHead] = {}
    for receipt in receipts:
        for one in receipt.heads:
            head = one.head
            key = _key_of(receipt, head.node)
            if key is None or key_id(key) != head.key:
                continue
            if not verify(key=key, message=message_of(head), signature=one.signature):
                continue
            earlier = first.setdefault((head.quorum, head.key, head.size), one).head
            if earlier.root != head.root:
                message = f"{head.node} signed two logs of {head.size} decisions"
                yield Finding("two_heads", head.node, None, message)


def _at_odds(one: Receipt, other: Receipt) -> Iterator[Finding]:
    first, second = one.decision, other.decision
    if first.case.quorum != second.case.quorum or first == second:
        return
    if first.case.submission.id == second.case.submission.id:
        case = first.case.submission.id
        message = f"case {case} was ruled on at {first.position} and at {second.position}"
        if first.position == second.position:
            message = f"there are two rulings on case {case} at {first.position}"
        yield Finding("two_rulings", None, case, message)
    if first.position == second.position and root_of(one) != root_of(other):
        message = f"there are two decisions at {first.position} of the log"
        yield Finding("two_decisions", None, None, message)


def _key_of(receipt: Receipt, node: str) -> bytes | None:
    return receipt.enrolment.keys.get(node)
