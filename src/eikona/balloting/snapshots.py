"""The quorum's state as bytes and back: a line with their SHA-256, then canonical JSON."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from eikona.balloting.canonical import canonical, parse
from eikona.balloting.merkle import Frontier
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.state import Held, OpenCase, Proof, Remembered, State
from eikona.balloting.statements import case_digest
from eikona.domain.ballot import Announcement, SignedBallot
from eikona.domain.bounds import Count, Digest, KeyId, Length, Many, Name, Whole
from eikona.domain.case import Case, CaseId, Submission
from eikona.domain.errors import InvalidSnapshotError, MalformedError
from eikona.domain.receipt import Receipt
from eikona.domain.roster import SEATS_MOST, Absence, Enrolment, SignedStanding
from eikona.domain.verdict import Outcome

SNAPSHOT_BYTES_MOST = 2**28
_VERSION = 1
_SEAL_BYTES = 65
_ANY = 2**24  # cases of one kind; the bytes bound them before this does


@dataclass(frozen=True, slots=True)
class _Held:
    number: Count
    submission: Submission


@dataclass(frozen=True, slots=True)
class _Open:
    case: Case
    ballots: Annotated[tuple[SignedBallot, ...], Many(SEATS_MOST)]
    equivocations: Annotated[tuple[SignedBallot, ...], Many(SEATS_MOST)]


@dataclass(frozen=True, slots=True)
class _Remembered:
    case: CaseId
    outcome: Outcome
    submission: Annotated[bytes, Length(16)]


@dataclass(frozen=True, slots=True)
class _Proof:
    first: SignedBallot
    second: SignedBallot


@dataclass(frozen=True, slots=True)
class _Archived:
    node: Name
    size: Count


@dataclass(frozen=True, slots=True)
class _Stored:
    version: Annotated[int, Whole(_VERSION, least=_VERSION)]
    quorum: KeyId
    enrolment: Enrolment | None
    epoch: Count
    lost: Annotated[tuple[Absence, ...], Many(SEATS_MOST)]
    motions: Annotated[tuple[SignedStanding, ...], Many(SEATS_MOST**2)]
    banks: Annotated[tuple[Announcement, ...], Many(SEATS_MOST)]
    archived: Annotated[tuple[_Archived, ...], Many(SEATS_MOST)]
    accepted: Count
    held: Annotated[tuple[_Held, ...], Many(_ANY)]
    open: Annotated[tuple[_Open, ...], Many(_ANY)]
    decided: Annotated[tuple[Receipt, ...], Many(_ANY)]
    remembered: Annotated[tuple[_Remembered, ...], Many(_ANY)]
    size: Count
    peaks: Annotated[tuple[Digest, ...], Many(64)]
    suspects: Annotated[tuple[_Proof, ...], Many(1024)]
    history: Digest


def snapshot_of(state: State) -> bytes:
    """Return a state as bytes; equal states give equal bytes."""
    stored = _Stored(
        version=_VERSION,
        quorum=state.quorum,
        enrolment=state.enrolment,
        epoch=state.epoch,
        lost=tuple(state.lost[node] for node in sorted(state.lost)),
        motions=tuple(said[by] for _, said in sorted(state.motions.items()) for by in sorted(said)),
        banks=tuple(state.banks[node] for node in sorted(state.banks)),
        archived=tuple(_Archived(*one) for one in sorted(state.archived.items())),
        accepted=state.accepted,
        held=tuple(_Held(one.number, one.submission) for one in state.held.values()),
        open=tuple(_stored_case(one) for one in state.open.values()),
        decided=tuple(state.decided.values()),
        remembered=tuple(
            _Remembered(name, one.outcome, one.submission) for name, one in state.remembered.items()
        ),
        size=state.frontier.size,
        peaks=state.frontier.peaks,
        suspects=tuple(_Proof(one.first, one.second) for _, one in sorted(state.suspects.items())),
        history=state.history,
    )
    content = canonical(record_of(stored))
    return _seal(content) + content


def state_from(snapshot: bytes, *, quorum: str) -> State:
    """Return the state that a snapshot of this quorum holds.

    Raises:
        InvalidSnapshotError: it is damaged, of a newer version or of another quorum.
    """
    seal, content = snapshot[:_SEAL_BYTES], snapshot[_SEAL_BYTES:]
    if _seal(content) != seal:
        raise InvalidSnapshotError("the snapshot's bytes are not those that were written")
    try:
        record = parse(content, most_bytes=SNAPSHOT_BYTES_MOST, shallow=False)
        stored = noun_from(_Stored, record)
    except MalformedError as error:
        raise InvalidSnapshotError(
            f"this is no snapshot that this version reads: {error}"
        ) from error
    if stored.quorum != quorum:
        raise InvalidSnapshotError(f"this is a snapshot of quorum {stored.quorum}, not of {quorum}")
    if len(stored.peaks) != stored.size.bit_count() or len(stored.remembered) > stored.size:
        raise InvalidSnapshotError("the snapshot's log is not as long as it says")
    return _state(stored)


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"


def _state(stored: _Stored) -> State:
    motions: dict[str, dict[str, SignedStanding]] = {}
    for said in stored.motions:
        motions.setdefault(said.standing.node, {})[said.standing.by] = said
    first = stored.size - len(stored.remembered)
    return State(
        quorum=stored.quorum,
        enrolment=stored.enrolment,
        epoch=stored.epoch,
        lost={one.node: one for one in stored.lost},
        motions=motions,
        banks={one.node: one for one in stored.banks},
        archived={one.node: one.size for one in stored.archived},
        accepted=stored.accepted,
        held={one.submission.id: Held(one.number, one.submission) for one in stored.held},
        open={one.case.submission.id: _open_case(one) for one in stored.open},
        decided={one.decision.case.submission.id: one for one in stored.decided},
        remembered={
            one.case: Remembered(position, one.outcome, one.submission)
            for position, one in enumerate(stored.remembered, first)
        },
        frontier=Frontier(stored.size, stored.peaks),
        suspects={one.first.ballot.key: Proof(one.first, one.second) for one in stored.suspects},
        history=stored.history,
    )


def _stored_case(opened: OpenCase) -> _Open:
    return _Open(
        opened.case,
        tuple(opened.ballots[node] for node in sorted(opened.ballots)),
        tuple(opened.equivocations[node] for node in sorted(opened.equivocations)),
    )


def _open_case(stored: _Open) -> OpenCase:
    return OpenCase(
        stored.case,
        case_digest(stored.case),
        {one.ballot.node: one for one in stored.ballots},
        {one.ballot.node: one for one in stored.equivocations},
    )
