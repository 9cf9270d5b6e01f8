"""A receipt: what the quorum decided on one case, with all that proves it."""

from dataclasses import dataclass
from typing import Annotated

from eikona.domain.ballot import SignedBallot
from eikona.domain.bounds import Count, Digest, KeyId, Many, Milliseconds, Name, Signature, Whole
from eikona.domain.case import Case
from eikona.domain.roster import SEATS_MOST, Absence, Enrolment
from eikona.domain.verdict import Outcome

RECEIPT_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the log of decisions.

    Attributes:
        position: its place in the log, from 0.
        case: as it was opened.
        outcome: the ruling.
        ballots: those that counted, by node.
        absences: nodes of the electorate that were lost and had cast no ballot, by node.
        equivocations: second ballots that differ from the counted one of the same node.
    """

    position: Count
    case: Case
    outcome: Outcome
    ballots: Annotated[tuple[SignedBallot, ...], Many(SEATS_MOST)]
    absences: Annotated[tuple[Absence, ...], Many(SEATS_MOST)]
    equivocations: Annotated[tuple[SignedBallot, ...], Many(SEATS_MOST)]


@dataclass(frozen=True, slots=True)
class Head:
    """What a node says the log of decisions is.

    Attributes:
        quorum: key id of the administrator.
        node: who says so.
        key: id of the key that signs it.
        size: decisions in the log.
        root: Merkle tree hash (RFC 6962) over them.
        at_ms: when it was signed.
    """

    quorum: KeyId
    node: Name
    key: KeyId
    size: Count
    root: Digest
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head of the log, signed by a node."""

    head: Head
    signature: Signature


@dataclass(frozen=True, slots=True)
class Receipt:
    """A decision with all that proves it to somebody who has only public keys.

    Attributes:
        format: version of this form.
        decision: what was decided.
        enrolment: who sat in the quorum, signed by its administrator.
        path: Merkle path from the decision to the log's root right after it, lowest first.
        heads: nodes' signatures on that root.
    """

    format: Annotated[int, Whole(RECEIPT_FORMAT, least=RECEIPT_FORMAT)]
    decision: Decision
    enrolment: Enrolment
    path: Annotated[tuple[Digest, ...], Many(64)]
    heads: Annotated[tuple[SignedHead, ...], Many(SEATS_MOST)] = ()
