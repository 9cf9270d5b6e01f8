"""Who sits in the quorum, and who of them is lost."""

from dataclasses import replace

from eikona.balloting import cases
from eikona.balloting.cases import Answer
from eikona.balloting.ruling import needed
from eikona.balloting.speakers import check_quorum, check_seat, check_signature
from eikona.balloting.state import Capacities, Effects, State
from eikona.balloting.statements import Verify, key_id
from eikona.domain.errors import MalformedError, NodeLostError, OutdatedError, UnknownNodeError
from eikona.domain.roster import (
    ROTATIONS_MOST,
    Absence,
    Enrolment,
    Roster,
    SignedRoster,
    SignedRotation,
    SignedStanding,
    Standing,
)


def enrol(
    state: State,
    signed: SignedRoster,
    hold: Capacities,
    effects: Effects,
    *,
    verify: Verify,
) -> Answer:
    """Put a roster of the administrator's in force: nodes admitted, removed or with new keys.

    Open cases are opened anew, and nobody counts as lost.

    Raises:
        OutdatedError: it is for another quorum or does not follow the roster in force.
        MalformedError: a node or a key stands in it twice, or none does.
        BadSignatureError: the administrator has not signed it.
    """
    roster = signed.roster
    if not roster.quorum == state.quorum == key_id(roster.administrator):
        raise OutdatedError(f"this is quorum {state.quorum}, whose key this is not")
    now = state.enrolment
    if now is not None and now.roster == roster:
        return _seats_answer(state)
    if roster.serial != _serial(state) + 1:
        raise OutdatedError(f"roster {_serial(state)} is in force: the next is one more")
    _check_seats(roster)
    check_signature(verify, roster.administrator, roster, signed.signature)
    _put_in_force(state, Enrolment(roster, signed.signature), hold, effects)
    return _seats_answer(state)


def rotate(
    state: State, signed: SignedRotation, hold: Capacities, effects: Effects, *, verify: Verify
) -> Answer:
    """Put a node's new key in force, which its old one has signed.

    Raises:
        OutdatedError: it is for another quorum or does not follow the roster in force, or there
            were so many that the administrator has to sign a roster.
        UnknownNodeError: no such node sits in the quorum.
        MalformedError: the key is in use.
        BadSignatureError: the old key has not signed it, or the new one has not.
    """
    rotation = signed.rotation
    enrolment = check_quorum(state, rotation.quorum)
    if enrolment.rotations and enrolment.rotations[-1].rotation == rotation:
        return _seats_answer(state)
    if rotation.serial != enrolment.serial + 1:
        raise OutdatedError(f"roster {enrolment.serial} is in force: the next is one more")
    if len(enrolment.rotations) >= ROTATIONS_MOST:
        raise OutdatedError(f"after {ROTATIONS_MOST} rotations the administrator signs a roster")
    old = enrolment.keys.get(rotation.node)
    if old is None:
        raise UnknownNodeError(f"no node {rotation.node} sits in this quorum")
    if rotation.key in enrolment.keys.values():
        raise MalformedError("this key is in use: make a new one")
    check_signature(verify, old, rotation, signed.by_old)
    check_signature(verify, rotation.key, rotation, signed.by_new)
    changed = replace(enrolment, rotations=(*enrolment.rotations, signed))
    _put_in_force(state, changed, hold, effects)
    return _seats_answer(state)


def declare(
    state: State, signed: SignedStanding, hold: Capacities, effects: Effects, *, verify: Verify
) -> Answer:
    """Count a node's word that another is lost, or take its word that it has returned itself.

    More than half of all seats must call a node lost, none of them the node itself or one that is
    lost. So those who are left are always more than half. A lost node returns by its own word, at
    the epoch that it can only know when it has caught up: that never makes a ruling easier, and if
    it needed the others' word, two nodes that fail in turn could keep a quorum of four waiting.

    Raises:
        OutdatedError: it is for another quorum, roster or epoch.
        UnknownNodeError: one of the two nodes has no seat, or another key.
        MalformedError: a node calls itself lost, or another returned.
        NodeLostError: the node that speaks of another is lost itself.
        BadSignatureError: it has not signed this.
    """
    standing = signed.standing
    key = check_seat(state, standing.by, standing)
    seats = check_quorum(state, standing.quorum).keys
    if standing.node not in seats:
        raise UnknownNodeError(f"no node {standing.node} sits in this quorum")
    if (standing.node == standing.by) == standing.lost:
        raise MalformedError("a node is called lost by others, and returned by itself")
    said = state.motions.get(standing.node, {})
    if (standing.node in state.lost) == standing.lost or standing.by in said:
        return _standing_answer(state, standing)
    if (standing.roster, standing.epoch) != (_serial(state), state.epoch):
        raise OutdatedError(f"this is roster {_serial(state)}, epoch {state.epoch}")
    if standing.lost and standing.by in state.lost:
        raise NodeLostError(f"node {standing.by} counts as lost itself")
    check_signature(verify, key, standing, signed.signature)
    effects.changed = True
    if not standing.lost:
        del state.lost[standing.node]
        _next_epoch(state)
        return _standing_answer(state, standing)
    said = state.motions.setdefault(standing.node, {})
    said[standing.by] = signed
    if len(said) >= needed(len(seats)):
        words = tuple(said[by] for by in sorted(said))
        state.lost[standing.node] = Absence(standing.node, words)
        _next_epoch(state)
        cases.settle(state, list(state.open), hold, effects)
    return _standing_answer(state, standing)


def _next_epoch(state: State) -> None:
    """Let words on standings count for nothing that were given before this."""
    state.epoch += 1
    state.motions = {}


def _put_in_force(state: State, enrolment: Enrolment, hold: Capacities, effects: Effects) -> None:
    state.enrolment = enrolment
    state.lost = {}
    _next_epoch(state)
    seats = enrolment.keys
    state.banks = {node: said for node, said in state.banks.items() if node in seats}
    state.archived = {node: size for node, size in state.archived.items() if node in seats}
    effects.changed = True
    cases.open_anew(state, effects)
    cases.open_held(state, hold, effects)


def _check_seats(roster: Roster) -> None:
    nodes = {seat.node for seat in roster.seats}
    keys = {seat.key for seat in roster.seats} | {roster.administrator}
    if not nodes or len(nodes) < len(roster.seats) or len(keys) <= len(nodes):
        raise MalformedError("a roster has seats, each with a name and a key of its own")


def _serial(state: State) -> int:
    return 0 if state.enrolment is None else state.enrolment.serial


def _seats_answer(state: State) -> Answer:
    return {"roster": _serial(state), "epoch": state.epoch}


def _standing_answer(state: State, standing: Standing) -> Answer:
    lost = standing.node in state.lost
    said = len(state.motions.get(standing.node, {}))
    return {"node": standing.node, "lost": lost, "epoch": state.epoch, "said": said}
