"""Whether who signed a statement may speak: a seat, its key in force, a signature that holds."""

from typing import Protocol

from eikona.balloting.state import State
from eikona.balloting.statements import Statement, Verify, key_id, message_of
from eikona.domain.errors import BadSignatureError, OutdatedError, UnknownNodeError
from eikona.domain.roster import Enrolment


class _Spoken(Protocol):
    @property
    def quorum(self) -> str: ...
    @property
    def key(self) -> str: ...


def check_quorum(state: State, quorum: str) -> Enrolment:
    """Return who sits in the quorum, which must be the one that a statement is for.

    Raises:
        OutdatedError: it is for another quorum, or nobody sits in this one yet.
    """
    if quorum != state.quorum:
        raise OutdatedError(f"this is quorum {state.quorum}, not {quorum}")
    if state.enrolment is None:
        raise OutdatedError("no node sits in this quorum yet: its administrator signs a roster")
    return state.enrolment


def check_seat(state: State, node: str, spoken: _Spoken) -> bytes:
    """Return the key in force of the node that a statement is from.

    Raises:
        OutdatedError: the statement is for another quorum, or nobody sits in this one yet.
        UnknownNodeError: the node has no seat, or another key.
    """
    key = check_quorum(state, spoken.quorum).keys.get(node)
    if key is None:
        raise UnknownNodeError(f"no node {node} sits in this quorum")
    if key_id(key) != spoken.key:
        raise UnknownNodeError(f"{spoken.key} is not the key of {node}, {key_id(key)} is")
    return key


def check_signature(verify: Verify, key: bytes, statement: Statement, signature: bytes) -> None:
    """Make sure that a statement is signed by the holder of ``key``.

    Raises:
        BadSignatureError: it is not.
    """
    if not verify(key=key, message=message_of(statement), signature=signature):
        raise BadSignatureError(f"this is no signature of key {key_id(key)} under the statement")
