"""Machines with one thing wrong each; schedules must catch every one of them."""

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from unittest.mock import patch

from eikona.balloting import cases, members, quorum_machine, ruling, snapshots
from eikona.balloting.statements import message_of
from eikona.domain.verdict import Outcome


def _half_is_enough():
    return [patch.object(ruling, "needed", lambda alive: max(1, alive // 2))]


def _first_ballot_rules():
    def hasty(outcomes, alive):
        return next(iter(outcomes), None)

    return [patch.object(cases, "ruling", hasty)]


def _tie_blocks():
    def generous(outcomes, alive):
        if list(outcomes).count(Outcome.BLOCK) * 2 >= alive:
            return Outcome.BLOCK
        return ruling.ruling(outcomes, alive)

    return [patch.object(cases, "ruling", generous)]


def _never_sure_before_all_have_answered():
    def slow(outcomes, alive):
        return ruling.ruling(outcomes, alive) if len(outcomes) >= 5 else None

    return [patch.object(cases, "ruling", slow)]


def _signatures_are_not_checked():
    def trusting(verify, key, statement, signature):
        pass

    return [patch.object(module, "check_signature", trusting) for module in (cases, members)]


def _ballots_count_once_a_message():
    real = cases.cast

    def doubling(state, signed, hold, effects, *, verify):
        opened = state.open.get(signed.ballot.case)
        if opened is not None and signed in opened.ballots.values():
            opened.ballots[f"{signed.ballot.node} again"] = signed
            effects.changed = True
            cases.settle(state, [signed.ballot.case], hold, effects)
        return real(state, signed, hold, effects, verify=verify)

    return [patch.object(cases, "cast", doubling)]


def _last_ballot_counts():
    real = cases.cast

    def replacing(state, signed, hold, effects, *, verify):
        opened = state.open.get(signed.ballot.case)
        if opened is not None:
            opened.ballots.pop(signed.ballot.node, None)
        return real(state, signed, hold, effects, verify=verify)

    return [patch.object(cases, "cast", replacing)]


def _decided_cases_are_forgotten_at_once():
    def forgetting(state, hold):
        for names in (state.decided, state.remembered):
            names.clear()

    return [patch.object(cases, "_trim", forgetting)]


def _old_cases_are_taken():
    real = cases._check_submission

    def careless(state, submission):
        size = state.frontier.size
        tail = submission.id.split("-")[1]
        real(state, replace(submission, id=f"{size}-{tail}"))

    return [patch.object(cases, "_check_submission", careless)]


def _one_word_makes_a_node_lost():
    return [patch.object(members, "needed", lambda seats: 1)]


def _a_lost_node_never_returns():
    real = members.declare

    def deaf(state, signed, hold, effects, *, verify):
        if not signed.standing.lost:
            return {"node": "", "lost": True, "epoch": 0, "said": 0}
        return real(state, signed, hold, effects, verify=verify)

    return [patch.object(members, "declare", deaf)]


def _lost_nodes_are_waited_for():
    return [patch.object(cases, "_absent", lambda state, opened: [])]


def _old_words_count():
    real = members.declare

    def timeless(state, signed, hold, effects, *, verify):
        now = replace(signed.standing, epoch=state.epoch)
        checked = verify(
            key=state.enrolment.keys.get(now.by, b""),
            message=message_of(signed.standing),
            signature=signed.signature,
        )
        return real(state, replace(signed, standing=now), hold, effects, verify=lambda **_: checked)

    return [patch.object(members, "declare", timeless)]


def _snapshots_without(name, empty):
    def mutate():
        real = snapshots.snapshot_of

        def leaky(state):
            kept = getattr(state, name)
            setattr(state, name, empty)
            try:
                return real(state)
            finally:
                setattr(state, name, kept)

        return [patch.object(quorum_machine, "snapshot_of", leaky)]

    return mutate


def _snapshots_without_ballots():
    real = snapshots._stored_case
    return [patch.object(snapshots, "_stored_case", lambda one: replace(real(one), ballots=()))]


def _snapshots_in_another_order():
    real = snapshots.snapshot_of

    def sorting(state):
        state = replace(state, held=dict(sorted(state.held.items())))
        return real(state)

    return [patch.object(quorum_machine, "snapshot_of", sorting)]


def _held_cases_are_opened_last_first():
    def backwards(state, hold, effects):
        state.held = dict(reversed(state.held.items()))
        real(state, hold, effects)
        state.held = dict(reversed(state.held.items()))

    real = cases.open_held
    return [patch.object(module, "open_held", backwards) for module in (cases,)]


def _held_cases_wait_for_ever():
    return [patch.object(cases, "open_held", lambda state, hold, effects: None)]


def _a_roster_keeps_old_ballots():
    def keeping(state, effects):
        for opened in state.open.values():
            effects.opened.append(opened.case.submission.id)

    return [patch.object(cases, "open_anew", keeping)]


def _everybody_is_a_liar():
    real = cases._check_ballot

    def suspicious(state, opened, ballot):
        real(state, opened, ballot)
        if opened.case.round > 1:
            signed = next(iter(opened.ballots.values()), None)
            if signed is not None:
                state.suspects[signed.ballot.key] = cases.Proof(signed, signed)

    return [patch.object(cases, "_check_ballot", suspicious)]


def _each_replica_counts_its_own_commands():
    real = quorum_machine.QuorumMachine.apply

    def counting(self, command):
        seen = seen_by.setdefault(id(self), [0])
        seen[0] += 1
        if seen[0] % 7 == 0:
            self.state.accepted += 1
        return real(self, command)

    seen_by = {}
    return [patch.object(quorum_machine.QuorumMachine, "apply", counting)]


def _a_refusal_changes_something():
    real = quorum_machine.QuorumMachine._carry_out

    def sloppy(self, order, effects):
        before = self.state.history
        self.state.history = bytes(31) + b"x"
        answer = real(self, order, effects)
        self.state.history = before
        return answer

    return [patch.object(quorum_machine.QuorumMachine, "_carry_out", sloppy)]


def _a_case_accepted_twice():
    return [patch.object(cases, "_digest_known", lambda state, case: None)]


MUTANTS = {
    "half is enough": _half_is_enough,
    "the first ballot rules": _first_ballot_rules,
    "a tie blocks": _tie_blocks,
    "five must answer": _never_sure_before_all_have_answered,
    "signatures are not checked": _signatures_are_not_checked,
    "a ballot counts each time": _ballots_count_once_a_message,
    "the last ballot counts": _last_ballot_counts,
    "decided cases are forgotten": _decided_cases_are_forgotten_at_once,
    "old cases are taken": _old_cases_are_taken,
    "a case is accepted twice": _a_case_accepted_twice,
    "one word makes a node lost": _one_word_makes_a_node_lost,
    "a lost node never returns": _a_lost_node_never_returns,
    "lost nodes are waited for": _lost_nodes_are_waited_for,
    "old words count": _old_words_count,
    "snapshots without ballots": _snapshots_without_ballots,
    "snapshots without held cases": _snapshots_without("held", {}),
    "snapshots without open cases": _snapshots_without("open", {}),
    "snapshots without memory": _snapshots_without("remembered", {}),
    "snapshots without motions": _snapshots_without("motions", {}),
    "snapshots without suspects": _snapshots_without("suspects", {}),
    "snapshots in another order": _snapshots_in_another_order,
    "the last held case comes first": _held_cases_are_opened_last_first,
    "held cases wait for ever": _held_cases_wait_for_ever,
    "a roster keeps old ballots": _a_roster_keeps_old_ballots,
    "the honest are suspected": _everybody_is_a_liar,
    "replicas count for themselves": _each_replica_counts_its_own_commands,
    "a refusal changes something": _a_refusal_changes_something,
}


@contextmanager
def mutant(name):
    """Let the machine have this one thing wrong."""
    with ExitStack() as stack:
        for one in MUTANTS[name]():
            stack.enter_context(one)
        yield
