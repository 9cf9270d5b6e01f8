"""Cases on their way through the quorum: held, open, decided, remembered."""

from eikona.balloting import merkle
from eikona.balloting.canonical import Json, canonical
from eikona.balloting.records import record_of
from eikona.balloting.ruling import MAJORITY, ruling
from eikona.balloting.speakers import check_seat, check_signature
from eikona.balloting.state import Capacities, Effects, Held, OpenCase, Proof, Remembered, State
from eikona.balloting.statements import (
    Verify,
    case_digest,
    roster_digest,
    submission_digest,
)
from eikona.domain.ballot import Ballot, SignedBallot
from eikona.domain.case import Case, Subject, Submission
from eikona.domain.errors import (
    CaseConflictError,
    CaseTooOldError,
    MalformedError,
    NodeLostError,
    OutdatedError,
    TooManyCasesError,
    UnknownCaseError,
    UnknownNodeError,
)
from eikona.domain.receipt import RECEIPT_FORMAT, Decision, Receipt
from eikona.domain.verdict import Outcome

_SUBJECT_BYTES_MOST = 8192
_SUBMISSION_DIGEST_BYTES = 16  # enough to tell an id used twice; there are many of them
_SUSPECTS_MOST = 256

Answer = dict[str, Json]


def accept(state: State, submission: Submission, hold: Capacities, effects: Effects) -> Answer:
    """Take a case in, once however often it is sent.

    Raises:
        CaseConflictError: there is another case under its id.
        CaseTooOldError: it may have been decided and forgotten.
        MalformedError: it does not say what it is about, or its id is of a longer log.
        OutdatedError: it is to be counted by a rule that this version does not know.
        TooManyCasesError: no more are held.
    """
    known = _digest_known(state, submission.id)
    if known is not None:
        if known != _short_digest(submission):
            raise CaseConflictError(f"case {submission.id} asks something else")
        return how_it_stands(state, submission.id)
    _check_submission(state, submission)
    if len(state.held) >= hold.held:
        raise TooManyCasesError(f"{hold.held} cases wait to be opened: send it again later")
    state.accepted += 1
    state.held[submission.id] = Held(state.accepted, submission)
    effects.changed = True
    open_held(state, hold, effects)
    return how_it_stands(state, submission.id)


def cast(
    state: State, signed: SignedBallot, hold: Capacities, effects: Effects, *, verify: Verify
) -> Answer:
    """Count a ballot, once however often it is sent; a second one is kept as a proof.

    Raises:
        MalformedError: its parts contradict each other.
        NodeLostError: its node counts as lost.
        OutdatedError: it is for another opening of the case or saw too old a bank.
        UnknownCaseError: there is no such case.
        UnknownNodeError: no node of the electorate signed it.
        BadSignatureError: nor did the node that it names.
    """
    ballot = signed.ballot
    if ballot.case in state.remembered:
        return how_it_stands(state, ballot.case)
    opened = _opened(state, ballot)
    key = check_seat(state, ballot.node, ballot)
    earlier = opened.ballots.get(ballot.node)
    if earlier is not None and earlier.ballot == ballot:
        return how_it_stands(state, ballot.case)
    if earlier is None:
        _check_ballot(state, opened, ballot)
    elif ballot.node in opened.equivocations:
        return {**how_it_stands(state, ballot.case), "equivocation": True}
    check_signature(verify, key, ballot, signed.signature)
    effects.changed = True
    if earlier is not None:
        opened.equivocations[ballot.node] = signed
        if len(state.suspects) < _SUSPECTS_MOST:
            state.suspects.setdefault(ballot.key, Proof(earlier, signed))
        return {**how_it_stands(state, ballot.case), "equivocation": True}
    opened.ballots[ballot.node] = signed
    settle(state, [ballot.case], hold, effects)
    return how_it_stands(state, ballot.case)


def how_it_stands(state: State, case: str) -> Answer:
    """Return where a case is on its way.

    Raises:
        UnknownCaseError: there is no such case.
    """
    if case in state.held:
        return {"case": case, "state": "held", "number": state.held[case].number}
    if case in state.open:
        opened = state.open[case]
        answer: Answer = {"case": case, "state": "open", "number": opened.case.number}
        return {**answer, "round": opened.case.round, "ballots": len(opened.ballots)}
    if case in state.remembered:
        ruled = state.remembered[case]
        outcome = str(ruled.outcome)
        return {"case": case, "state": "ruled", "outcome": outcome, "position": ruled.position}
    raise UnknownCaseError(f"no case {case} is held, open or remembered")


def open_held(state: State, hold: Capacities, effects: Effects) -> None:
    """Open cases that wait, in order, as far as there is room."""
    if state.enrolment is None:
        return
    while state.held and len(state.open) < hold.open:
        name = next(iter(state.held))
        waiting = state.held.pop(name)
        _open(state, waiting.submission, waiting.number, 1, effects)


def open_anew(state: State, effects: Effects) -> None:
    """Open every open case once more, for the electorate of a new roster."""
    for opened in list(state.open.values()):
        case = opened.case
        _open(state, case.submission, case.number, case.round + 1, effects)


def settle(state: State, cases: list[str], hold: Capacities, effects: Effects) -> None:
    """Rule on those of some open cases that can be ruled on, and open as many that wait."""
    for name in cases:
        opened = state.open[name]
        outcomes = [signed.ballot.outcome for signed in opened.ballots.values()]
        absent = _absent(state, opened)
        outcome = ruling(outcomes, len(opened.case.electorate) - len(absent))
        if outcome is not None:
            _decide(state, opened, outcome, absent, effects)
    _trim(state, hold)
    open_held(state, hold, effects)


def _open(state: State, submission: Submission, number: int, turn: int, effects: Effects) -> None:
    enrolment = state.enrolment
    if enrolment is None:
        raise OutdatedError("no node sits in this quorum yet")
    case = Case(
        quorum=state.quorum,
        submission=submission,
        number=number,
        round=turn,
        roster=enrolment.serial,
        roster_digest=roster_digest(enrolment),
        electorate=tuple(sorted(enrolment.keys)),
    )
    state.open[submission.id] = OpenCase(case, case_digest(case))
    effects.opened.append(submission.id)


def _decide(
    state: State, opened: OpenCase, outcome: Outcome, absent: list[str], effects: Effects
) -> None:
    case = opened.case
    name = case.submission.id
    if state.enrolment is None:
        raise OutdatedError("no node sits in this quorum yet")
    decision = Decision(
        position=state.frontier.size,
        case=case,
        outcome=outcome,
        ballots=tuple(opened.ballots[node] for node in sorted(opened.ballots)),
        absences=tuple(state.lost[node] for node in absent),
        equivocations=tuple(opened.equivocations[node] for node in sorted(opened.equivocations)),
    )
    path = state.frontier.path_of_next
    del state.open[name]
    state.frontier = state.frontier.appended(merkle.leaf_hash(canonical(record_of(decision))))
    state.decided[name] = Receipt(RECEIPT_FORMAT, decision, state.enrolment, path)
    digest = _short_digest(case.submission)
    state.remembered[name] = Remembered(decision.position, outcome, digest)
    effects.ruled.append(how_it_stands(state, name))


def _trim(state: State, hold: Capacities) -> None:
    """Fold what is beyond the quorum's capacity into the log, oldest first."""
    while len(state.decided) > hold.decided:
        del state.decided[next(iter(state.decided))]
    while len(state.remembered) > hold.remembered:
        del state.remembered[next(iter(state.remembered))]


def _absent(state: State, opened: OpenCase) -> list[str]:
    """Return the nodes that a case does not wait for; one that has answered is no such node."""
    electorate = opened.case.electorate
    return [node for node in electorate if node in state.lost and node not in opened.ballots]


def _check_submission(state: State, submission: Submission) -> None:
    made_at, size = int(submission.id.split("-")[0]), state.frontier.size
    if made_at > size:
        raise MalformedError(f"id {submission.id} is of a log longer than {size}")
    if made_at < size - len(state.remembered):
        raise CaseTooOldError(f"case {submission.id} may have been decided and forgotten")
    if submission.policy.rule != MAJORITY:
        raise OutdatedError(f"ballots are counted by {MAJORITY}, not by {submission.policy.rule}")
    check_subject(submission.subject)


def check_subject(subject: Subject) -> None:
    """Make sure that a quorum takes a case about this.

    Raises:
        MalformedError: it is about nothing, about two things, or about too much.
    """
    if (subject.picture is None) == (not subject.hashes):
        raise MalformedError("a case is about a picture or about hashes, one of the two")
    if sum(len(name) + len(code) for name, code in subject.hashes.items()) > _SUBJECT_BYTES_MOST:
        raise MalformedError(f"more than {_SUBJECT_BYTES_MOST} characters of hashes")


def _opened(state: State, ballot: Ballot) -> OpenCase:
    opened = state.open.get(ballot.case)
    if opened is None:
        how_it_stands(state, ballot.case)  # or there is no such case
        raise OutdatedError(f"case {ballot.case} is held, not open")
    if (ballot.round, ballot.case_digest) != (opened.case.round, opened.digest):
        raise OutdatedError(f"case {ballot.case} is open in round {opened.case.round}, anew")
    return opened


def _check_ballot(state: State, opened: OpenCase, ballot: Ballot) -> None:
    if ballot.node not in opened.case.electorate:
        raise UnknownNodeError(f"node {ballot.node} is not of the electorate")
    if ballot.node in state.lost:
        raise NodeLostError(f"node {ballot.node} counts as lost")
    if ballot.bank_version < opened.case.submission.bank_at_least:
        raise OutdatedError(f"the case asks for bank {opened.case.submission.bank_at_least}")
    check_parts(ballot)


def check_parts(ballot: Ballot) -> None:
    """Make sure that the parts of a ballot fit each other.

    Raises:
        MalformedError: they do not.
    """
    if (ballot.nearest is None) != (ballot.distance is None):
        raise MalformedError("a nearest entry and its distance come together")
    if ballot.witness is None and ballot.outcome is not Outcome.REVIEW:
        raise MalformedError("without hashes there is nothing but review")
    if ballot.outcome is Outcome.BLOCK and ballot.nearest is None:
        raise MalformedError("a ballot for block names an entry")


def _digest_known(state: State, case: str) -> bytes | None:
    if case in state.remembered:
        return state.remembered[case].submission
    if case in state.held:
        return _short_digest(state.held[case].submission)
    if case in state.open:
        return _short_digest(state.open[case].case.submission)
    return None


def _short_digest(submission: Submission) -> bytes:
    return submission_digest(submission)[:_SUBMISSION_DIGEST_BYTES]
