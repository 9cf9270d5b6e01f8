"""What nodes report of themselves: which bank they hold, which receipts they have on disk."""

from eikona.balloting.cases import Answer
from eikona.balloting.ruling import needed
from eikona.balloting.speakers import check_quorum, check_seat, check_signature
from eikona.balloting.state import Effects, State
from eikona.balloting.statements import Verify
from eikona.domain.ballot import SignedAnnouncement, SignedArchived
from eikona.domain.errors import MalformedError, OutdatedError


def announce(
    state: State, signed: SignedAnnouncement, effects: Effects, *, verify: Verify
) -> Answer:
    """Note which version of the bank a node holds.

    Raises:
        OutdatedError: it is for another quorum, or the node announced a newer one.
        UnknownNodeError: the node has no seat, or another key.
        BadSignatureError: it has not signed this.
    """
    said = signed.announcement
    key = check_seat(state, said.node, said)
    known = state.banks.get(said.node)
    if known is None or known.version < said.version:
        check_signature(verify, key, said, signed.signature)
        state.banks[said.node] = said
        effects.changed = True
    elif known.version > said.version:
        raise OutdatedError(f"node {said.node} holds bank {known.version}")
    return {"node": said.node, "bank": state.banks[said.node].version}


def archive(state: State, signed: SignedArchived, effects: Effects, *, verify: Verify) -> Answer:
    """Note how many receipts a node has on disk, and let go those that most nodes have.

    Raises:
        OutdatedError: it is for another quorum.
        UnknownNodeError: the node has no seat, or another key.
        MalformedError: there are not so many.
        BadSignatureError: the node has not signed this.
    """
    said = signed.archived
    key = check_seat(state, said.node, said)
    if said.size > state.frontier.size:
        raise MalformedError(f"there are {state.frontier.size} decisions")
    if state.archived.get(said.node, 0) < said.size:
        check_signature(verify, key, said, signed.signature)
        state.archived[said.node] = said.size
        effects.changed = True
        _fold(state, said.quorum)
    return {"node": said.node, "archived": state.archived.get(said.node, 0)}


def _fold(state: State, quorum: str) -> None:
    seats = check_quorum(state, quorum).keys
    sizes = sorted((state.archived.get(node, 0) for node in seats), reverse=True)
    safe = sizes[needed(len(seats)) - 1]
    for name, receipt in list(state.decided.items()):
        if receipt.decision.position >= safe:
            break
        del state.decided[name]
