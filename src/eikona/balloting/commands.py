"""Commands that the quorum carries out, and the results it gives, as bytes.

A command is ``{"do": <kind>, "with": <noun>}``. What makes each its own, so that it may be sent
any number of times, stands in the noun: a case's id, a ballot's node and case, the epoch of a
standing, the serial of a roster, a version, a size.
"""

from eikona.balloting.canonical import Json, canonical, parse
from eikona.balloting.records import noun_from, record_of
from eikona.domain import errors
from eikona.domain.ballot import SignedAnnouncement, SignedArchived, SignedBallot
from eikona.domain.case import Submission
from eikona.domain.errors import MalformedError, QuorumError, RefusedError
from eikona.domain.roster import SignedRoster, SignedRotation, SignedStanding

COMMAND_BYTES_MOST = 65536
_RESULT_BYTES_MOST = 2**20

Order = (
    Submission
    | SignedBallot
    | SignedStanding
    | SignedRoster
    | SignedRotation
    | SignedAnnouncement
    | SignedArchived
)
_KINDS: dict[str, type[Order]] = {
    "open": Submission,
    "ballot": SignedBallot,
    "standing": SignedStanding,
    "roster": SignedRoster,
    "rotate": SignedRotation,
    "bank": SignedAnnouncement,
    "archived": SignedArchived,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_REFUSALS: dict[str, type[QuorumError]] = {
    one.code: one
    for one in (
        errors.MalformedError,
        errors.UnknownCaseError,
        errors.CaseConflictError,
        errors.CaseTooOldError,
        errors.TooManyCasesError,
        errors.UnknownNodeError,
        errors.NodeLostError,
        errors.OutdatedError,
        errors.BadSignatureError,
    )
}


def command_of(order: Order) -> bytes:
    """Return the command that asks for ``order``."""
    return canonical({"do": _NAMES[type(order)], "with": record_of(order)})


def order_of(command: bytes) -> Order:
    """Return what a command asks for.

    Raises:
        MalformedError: the bytes are no command.
    """
    value = parse(command, most_bytes=COMMAND_BYTES_MOST)
    if not isinstance(value, dict) or value.keys() != {"do", "with"}:
        raise MalformedError('a command is {"do": …, "with": …}')
    kind = value["do"]
    if not isinstance(kind, str) or kind not in _KINDS:
        raise MalformedError(f"a command does one of {', '.join(_KINDS)}")
    return noun_from(_KINDS[kind], value["with"])


def answer_of(result: bytes) -> dict[str, Json]:
    """Return what a command that was carried out answered.

    Raises:
        QuorumError: it was refused; the class says why.
    """
    value = parse(result, most_bytes=_RESULT_BYTES_MOST, shallow=False)
    if isinstance(value, dict) and isinstance(value.get("ok"), dict):
        return value["ok"]  # type: ignore[return-value]
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        raise MalformedError("these bytes are no result")
    raise _REFUSALS.get(str(error.get("code")), RefusedError)(str(error.get("message")))


def refusal(error: QuorumError) -> bytes:
    """Return the result of a command that was refused."""
    return canonical({"error": {"code": error.code, "message": str(error)}})
