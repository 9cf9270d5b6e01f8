"""One random schedule: a quorum at work while chance does its worst, then left to heal.

Everything comes from the seed. Proposals are lost, doubled, late and out of order; replicas crash,
restart from snapshots, fall behind and are cut off; one node may lie.
"""

import random

from eikona.balloting.commands import answer_of, command_of
from eikona.balloting.quorum_machine import QuorumMachine
from eikona.balloting.state import Capacities
from eikona.domain.errors import CaseTooOldError, QuorumError
from tests.simulation.describing import told
from tests.simulation.mischief import administer, lie
from tests.simulation.oracle import Oracle
from tests.simulation.replicated_log import ReplicatedLog
from tests.unit.balloting.quorum_builder import BLOCK, CLEAR, REVIEW, QuorumBuilder

_STEPS = 70  # while chance rules
_HEALING_ROUNDS = 40  # in which all must come right
_OUTCOMES = (CLEAR, CLEAR, CLEAR, BLOCK, BLOCK, BLOCK, REVIEW)


class Schedule:
    """One run; ``transcript`` is filled where it is wanted."""

    def __init__(self, seed, *, machine=QuorumMachine, wanted=False):
        self._chance = random.Random(seed)
        chance = self._chance
        nodes = chance.choice((3, 3, 4, 4, 5))
        hold = Capacities(
            open=chance.choice((1, 2, 8)),
            held=chance.choice((2, 8)),
            decided=chance.choice((1, 2, 8)),
            remembered=chance.choice((1, 2, 64)),
        )
        self._builder = QuorumBuilder(nodes, hold, machine, seated=False)
        self._names = list(self._builder.signers)
        liars = set(chance.sample(self._names, chance.choice((0, 1))))
        self._oracle = Oracle(self._builder, liars)
        self._log = ReplicatedLog(self._names, self._builder.new_machine, self._first_applied)
        self._flying = []
        self._cases_left = chance.randint(1, 6)
        self._unheard = {}
        self._books = {name: {} for name in self._names}
        self._rosters = 0
        self._keys = list(self._builder.signers.items())
        self._loss = chance.choice((0, 0.1, 0.4))
        self._crashes = chance.choice((0, 0.04, 0.12))
        self._settles = chance.random() < 0.85  # otherwise the administrator is at work as well
        self.transcript = [] if wanted else None
        self._first_roster = command_of(self._builder.roster(1, self._builder.signers))
        self._mischief = chance.choice((0.3, 0.9)) if liars else 0
        if chance.random() < 0.9:
            self._log.commit(self._first_roster)  # otherwise cases are held before anybody sits

    def run(self):
        """Run to the end.

        Raises:
            AssertionError: something that must hold does not.
        """
        for _ in range(_STEPS):
            self._step()
        stays_away = self._chance.choice([None, *self._names])
        self._heal(stays_away)
        self._rounds_until(self._is_decided, "healed, and still something is not decided")
        if stays_away is not None:
            self._mend(self._log.replicas[stays_away])
        self._rounds_until(self._is_whole, "all answer, and still one is lost or behind")
        self._oracle.at_end(self._log, thorough=self._chance.random() < 0.3)

    def _rounds_until(self, done, otherwise):
        for _ in range(_HEALING_ROUNDS):
            if done():
                return
            self._round()
        raise AssertionError(otherwise)

    # Chance

    def _step(self):
        chance = self._chance
        roll = chance.random()
        if self._flying and roll < 0.40:
            self._deliver(self._flying.pop(chance.randrange(len(self._flying))))
        elif roll < 0.62:
            self._advance(chance.choice(self._names), chance.randint(1, 6))
        elif roll < 0.80:
            name = chance.choice(self._names)
            self._node_works(name)
            if name in self._oracle.liars and chance.random() < self._mischief:
                lie(self, name, self._log.replicas[name])
        elif roll < 0.90:
            self._gateway_works()
        elif roll < 0.90 + self._crashes:
            self._break_something()
        else:
            self._mend_or_meddle()

    def _break_something(self):
        replica = self._log.replicas[self._chance.choice(self._names)]
        if replica.up and self._chance.random() < 0.6:
            replica.crash()
            self._note(f"{replica.name} crashes")
        else:
            replica.connected = False
            self._note(f"{replica.name} is cut off")

    def _mend_or_meddle(self):
        chance = self._chance
        name = chance.choice(self._names)
        replica = self._log.replicas[name]
        if not replica.answers:
            self._mend(replica)
        elif not self._settles and chance.random() < 0.3:
            administer(self, replica)
        elif chance.random() < 0.5:
            replica.save()
        else:
            other = self._log.replicas[chance.choice(self._names)]
            if other.answers and other.applied > replica.applied:
                replica.install(other)

    def _mend(self, replica):
        if not replica.up:
            replica.restart()
            self._note(f"{replica.name} restarts at entry {replica.applied}")
        replica.connected = True

    # Messages and the log

    def _send(self, command):
        for _ in range(self._chance.choice((1, 1, 1, 2))):
            self._flying.append(command)

    def _deliver(self, command):
        """Let a proposal reach the leader, if there is one and chance is kind."""
        if not self._log.has_quorum or self._chance.random() < self._loss:
            return
        index = self._log.commit(command)
        if self._chance.random() < 0.1:
            self._flying.append(command)  # a late double
        ahead = [one for one in self._log.replicas.values() if one.answers]
        leader = self._chance.choice(ahead)
        self._log.advance(leader, len(self._log.entries))
        if self._chance.random() >= self._loss:
            self._heard(command, self._log.results[index])

    def _advance(self, name, entries):
        replica = self._log.replicas[name]
        if replica.answers and self._log.has_quorum:
            self._log.advance(replica, entries)

    def _first_applied(self, index, before, after, machine):
        command, result = self._log.entries[index], self._log.results[index]
        if self.transcript is not None:
            self._note(f"{index}: {told(command, result)}")
        self._oracle.first_applied(command, result, before != after, machine)

    # The gateway

    def _gateway_works(self):
        if self._cases_left and (not self._unheard or self._chance.random() < 0.5):
            self._cases_left -= 1
            self._submit()
        elif self._unheard:
            self._send(self._chance.choice(list(self._unheard)))

    def _submit(self):
        known = max(
            (one.machine.state.frontier.size for one in self._log.replicas.values() if one.up),
            default=0,
        )
        case = f"{known}-{self._chance.getrandbits(40):010x}"
        command = command_of(self._builder.submission(case))
        self._unheard[command] = case
        self._send(command)

    def _heard(self, command, result):
        case = self._unheard.get(command)
        if case is None:
            return
        try:
            answer_of(result)
        except CaseTooOldError:
            del self._unheard[command]
            self._cases_left += 1  # asked once more, as a case of its own
        except QuorumError:
            pass
        else:
            del self._unheard[command]
            self._oracle.acknowledged.add(case)

    # Nodes

    def _node_works(self, name):
        replica = self._log.replicas[name]
        if not replica.answers or replica.machine.state.enrolment is None:
            return
        self._cast_due(name, replica.machine.state)
        self._look_around(name, replica.machine.state)
        state = replica.machine.state
        if state.frontier.size > state.archived.get(name, 0) and self._chance.random() < 0.2:
            self._send(command_of(self._builder.archived(name, state.frontier.size)))

    def _cast_due(self, name, state):
        signer = self._builder.signers[name]
        if state.enrolment.keys.get(name) != signer.public_key:
            return
        if name in state.lost and self._chance.random() < 0.8:
            return
        for case, opened in list(state.open.items()):
            if name in opened.ballots:
                continue
            place = (case, opened.case.round, opened.digest)
            if place not in self._books[name]:  # what is signed is written down first
                outcome = self._chance.choice(_OUTCOMES)
                signed = self._builder.ballot(case, name, outcome, opened=opened.case)
                self._books[name][place] = signed
                self._oracle.signed.add(signed)
            self._send(command_of(self._books[name][place]))

    def _look_around(self, name, state):
        keys = state.enrolment.keys
        if keys.get(name) != self._builder.signers[name].public_key:
            return
        if name in state.lost:
            self._send(command_of(self._standing(state, name, name, lost=False)))
            return
        for other, replica in self._log.replicas.items():
            known = other in state.lost or name in state.motions.get(other, {})
            if other in keys and not replica.answers and not known:
                self._send(command_of(self._standing(state, other, name, lost=True)))

    def _standing(self, state, node, by, *, lost):
        return self._builder.standing(node, by, lost=lost, state=state)

    def _use_keys_in_force(self):
        """Let nodes, which keep all their keys, sign with the one that is in force."""
        for replica in self._log.replicas.values():
            if replica.up and replica.machine.state.enrolment is not None:
                keys = replica.machine.state.enrolment.keys
                for name, signer in self._keys:
                    if keys.get(name) == signer.public_key:
                        self._builder.signers[name] = signer

    # Healing

    def _heal(self, stays_away):
        """End all faults, but for one node that may stay away for good."""
        self._note("everything heals" if stays_away is None else f"all heals but {stays_away}")
        self._loss, self._settles = 0, True
        self._send(self._first_roster)
        for name, replica in self._log.replicas.items():
            if name != stays_away:
                self._mend(replica)
            elif replica.up:
                replica.crash()

    def _round(self):
        self._use_keys_in_force()
        while self._cases_left or self._unheard:
            before = (self._cases_left, len(self._unheard))
            self._gateway_works()
            if before == (self._cases_left, len(self._unheard)):
                break
        flying, self._flying = self._flying, []
        for command in flying:
            self._deliver(command)
        for name in self._names:
            self._advance(name, len(self._log.entries))
        for name in self._names:
            self._node_works(name)

    def _is_decided(self):
        settled = not self._cases_left and not self._unheard
        return settled and len(self._oracle.ruled) == len(self._oracle.accepted)

    def _is_whole(self):
        whole = len(self._log.entries)
        return all(
            replica.applied == whole and not replica.machine.state.lost
            for replica in self._log.replicas.values()
        )

    def _note(self, line):
        if self.transcript is not None:
            self.transcript.append(line)
