"""Commands and their results in words, for transcripts."""

from eikona.balloting.commands import answer_of, order_of
from eikona.domain.ballot import SignedAnnouncement, SignedArchived, SignedBallot
from eikona.domain.case import Submission
from eikona.domain.errors import MalformedError, QuorumError
from eikona.domain.roster import SignedRoster, SignedRotation, SignedStanding


def told(command, result):
    """Return one line: what was asked, and what came of it."""
    return f"{_asked(command)} -> {_came(result)}"


def _asked(command):
    try:
        order = order_of(command)
    except MalformedError:
        return f"{len(command)} bytes that are no command"
    match order:
        case Submission():
            return f"{order.submitted_by} submits {order.id}"
        case SignedBallot(ballot):
            return f"{ballot.node} ballots {ballot.outcome} on {ballot.case} round {ballot.round}"
        case SignedStanding(standing):
            how = "lost" if standing.lost else "returned"
            return f"{standing.by} calls {standing.node} {how} at epoch {standing.epoch}"
        case SignedRoster(roster):
            nodes = " ".join(seat.node for seat in roster.seats)
            return f"the administrator signs roster {roster.serial}: {nodes}"
        case SignedRotation(rotation):
            return f"{rotation.node} takes a new key, roster {rotation.serial}"
        case SignedAnnouncement(said):
            return f"{said.node} has bank {said.version}"
        case SignedArchived(said):
            return f"{said.node} has archived {said.size}"
    raise AssertionError(order)


def _came(result):
    try:
        answer = answer_of(result)
    except QuorumError as error:
        return f"refused, {error.code}"
    parts = [_stands(answer)]
    if answer.get("equivocation"):
        parts.append("an equivocation")
    if answer["opened"]:
        parts.append(f"opens {' '.join(answer['opened'])}")
    parts += [f"RULED {one['case']} {one['outcome']}" for one in answer["ruled"]]
    return ", ".join(parts)


def _stands(answer):
    if "state" in answer:
        if answer["state"] == "open":
            return f"open, round {answer['round']}, {answer['ballots']} cast"
        if answer["state"] == "ruled":
            return f"ruled {answer['outcome']} at {answer['position']}"
        return f"held as number {answer['number']}"
    if "lost" in answer:
        how = "lost" if answer["lost"] else "not lost"
        return f"{how}, epoch {answer['epoch']}, {answer['said']} said so"
    return ", ".join(
        f"{name} {answer[name]}" for name in sorted(answer) if name not in ("opened", "ruled")
    )
