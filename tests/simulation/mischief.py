"""What one node may do that lies, and an administrator who changes keys in the middle of it."""

from dataclasses import replace

from eikona.balloting.commands import command_of
from tests.unit.balloting.quorum_builder import BLOCK, CLEAR, QuickSigner

_ROSTERS_MOST = 2  # besides the first one


def lie(run, name, replica):
    """Let a node say one thing that no honest node says."""
    if not replica.answers or replica.machine.state.enrolment is None:
        return
    chance, state = run._chance, replica.machine.state
    mischief = chance.choice((_two_ballots, _two_ballots, *_ALL))
    for order in mischief(run, name, state):
        run._send(order if isinstance(order, bytes) else command_of(order))


def _two_ballots(run, name, state):
    if state.open:
        case = run._chance.choice(list(state.open.values())).case
        for outcome in (BLOCK, CLEAR):
            signed = run._builder.ballot(case.submission.id, name, outcome, opened=case)
            run._oracle.signed.add(signed)
            yield signed


def _a_ballot_in_anothers_name(run, name, state):
    if state.open:
        case = run._chance.choice(list(state.open.values())).case
        forged = run._builder.ballot(case.submission.id, _another(run, name), BLOCK, opened=case)
        yield replace(forged, signature=run._builder.signers[name].sign(b"anything"))


def _another_is_lost(run, name, state):
    yield run._standing(state, _another(run, name), name, lost=True)


def _noise(run, name, state):
    yield run._chance.randbytes(run._chance.randrange(60))


def _an_old_command(run, name, state):
    if run._log.entries:
        yield run._chance.choice(run._log.entries)


def _another_question_under_a_known_id(run, name, state):
    if run._oracle.accepted:
        yield run._builder.submission(run._chance.choice(run._oracle.accepted), at_ms=2)


def _a_roster_of_its_own(run, name, state):
    mine = {name: run._builder.signers[name]}
    yield run._builder.roster(state.enrolment.serial + 1, mine, by=mine[name])


_ALL = (
    _two_ballots,
    _a_ballot_in_anothers_name,
    _another_is_lost,
    _noise,
    _an_old_command,
    _another_question_under_a_known_id,
    _a_roster_of_its_own,
)


def _another(run, name):
    return run._chance.choice([one for one in run._names if one != name])


def administer(run, replica):
    """Let a node take a new key, or the administrator sign a roster with the old ones."""
    enrolment = replica.machine.state.enrolment
    if enrolment is None or run._rosters >= _ROSTERS_MOST:
        return
    run._rosters += 1
    name, serial = run._chance.choice(run._names), enrolment.serial + 1
    if run._chance.random() < 0.5:
        new = QuickSigner(f"{name} key {serial}.{run._rosters}")
        run._keys.append((name, new))
        run._send(command_of(run._builder.rotation(serial, name, new)))
    else:
        run._send(command_of(run._builder.roster(serial, run._builder.signers)))
