"""The rules, under schedules drawn at random and under some that papers warn of."""

import random

import pytest

from eikona.adapters.raft.core import MembershipError
from eikona.adapters.raft.messages import Append, AskVote, Entry, EntryKind
from eikona.adapters.raft.replication import ConflictError
from eikona.adapters.raft.state import Role
from tests.unit.adapters.raft.simulation import Simulation, members

SCHEDULES = 400


def _disturb(simulation, luck, names):
    name = luck.choice(names)
    match luck.choice(("crash", "start", "start", "cut", "join", "clock", "propose", "propose")):
        case "crash" if simulation.nodes[name].core is not None:
            simulation.crash(name)
        case "start" if simulation.nodes[name].core is None:
            simulation.start(name)
        case "cut" if len(names) > 1:
            simulation.cut.add(frozenset(luck.sample(names, 2)))
        case "join":
            simulation.cut.clear()
        case "clock":  # a node stands still for a while
            simulation.now += luck.random()


def _one_schedule(seed):
    luck = random.Random(seed)
    count = luck.choice((1, 2, 3, 3, 4, 5, 7))
    simulation = Simulation(
        seed, count, loss=luck.choice((0, 0.05, 0.3)), repeat=luck.choice((0, 0.1)),
        compact=luck.choice((3, 10, 1000)),
    )  # fmt: skip
    simulation.tearing = luck.choice((0, 0.01, 0.05))
    names = list(simulation.nodes)
    for number in range(luck.randint(5, 25)):
        simulation.run(luck.choice((0.01, 0.05, 0.3)))
        if count > 1 or luck.random() < 0.1:
            _disturb(simulation, luck, names)
        for name in names:
            if luck.random() < 0.7:
                simulation.propose(name, f"{number}-{name}".encode())
        if luck.random() < 0.05 and count > 2:
            wanted = [member for member in members(count) if luck.random() < 0.9]
            simulation.change(simulation.leader() or name, tuple(wanted))
    return simulation


@pytest.mark.parametrize("part", range(8))
def test_whatever_happens_one_log_and_nothing_acknowledged_is_lost(part):
    for seed in range(part * SCHEDULES // 8, (part + 1) * SCHEDULES // 8):
        simulation = _one_schedule(seed)
        simulation.heal()
        try:
            for _ in range(40):
                simulation.run(0.5)
                leader = simulation.leader()
                if leader and simulation.propose(leader, b"last"):
                    simulation.run(1.0)
                    break
            now = [
                node for node in simulation.nodes.values()
                if node.name in simulation.nodes[leader].core.state.names
            ]  # fmt: skip
            for node in now:
                assert node.applied == now[0].applied
                assert b"last" in node.applied
            missing = simulation.acknowledged.difference(now[0].applied)
            assert not missing
        except AssertionError:
            print(seed, *simulation.story[-60:], sep="\n")
            raise


def test_a_leader_is_elected_and_the_others_apply_what_it_commits():
    simulation = Simulation(1, 4, loss=0, repeat=0, compact=1000)
    simulation.run(1.0)
    leader = simulation.leader()
    assert simulation.propose(leader, b"one")
    simulation.run(0.2)
    assert [node.applied for node in simulation.nodes.values()] == [[b"one"]] * 4


def test_two_of_four_commit_nothing():
    simulation = Simulation(2, 4, loss=0, repeat=0, compact=1000)
    simulation.run(1.0)
    leader = simulation.leader()
    others = [name for name in simulation.nodes if name != leader]
    for name in others[:2]:
        simulation.crash(name)
    simulation.propose(leader, b"held")
    simulation.run(3.0)
    assert simulation.leader() is None
    assert all(b"held" not in node.applied for node in simulation.nodes.values())


def test_a_node_that_was_away_deposes_nobody():
    simulation = Simulation(3, 3, loss=0, repeat=0, compact=1000)
    simulation.run(1.0)
    leader = simulation.leader()
    term = simulation.nodes[leader].core.state.term
    away = next(name for name in simulation.nodes if name != leader)
    simulation.cut = {frozenset((away, name)) for name in simulation.nodes if name != away}
    simulation.run(10.0)
    simulation.cut.clear()
    simulation.run(2.0)
    assert simulation.leader() == leader
    assert simulation.nodes[away].core.state.term == term


def test_a_leader_without_a_majority_steps_down():
    simulation = Simulation(4, 3, loss=0, repeat=0, compact=1000)
    simulation.run(1.0)
    old = simulation.leader()
    simulation.cut = {frozenset((old, name)) for name in simulation.nodes if name != old}
    simulation.run(3.0)
    assert simulation.nodes[old].core.state.role is not Role.LEADER
    assert simulation.leader() not in (None, old)


def test_an_older_message_takes_nothing_back():
    """PySyncObj 0.3.17 drops the entries after those of a repeated message, though it said yes."""
    simulation = Simulation(5, 3, loss=0, repeat=0, compact=1000)
    core = simulation.nodes["n0"].core
    entries = tuple(Entry(index, 1, EntryKind.COMMAND, b"x") for index in range(1, 11))
    core.receive("n1", Append(1, 0, 0, 0, entries), 0.0)
    core.receive("n1", Append(1, 0, 0, 0, entries[:1]), 0.0)
    assert core.state.log.last_index == 10
    assert core.take().send_after[-1][1].matched == 1


def test_entries_of_a_deposed_leader_give_way_but_committed_ones_never():
    simulation = Simulation(6, 3, loss=0, repeat=0, compact=1000)
    core = simulation.nodes["n0"].core
    old = tuple(Entry(index, 1, EntryKind.COMMAND, b"old") for index in range(1, 4))
    core.receive("n1", Append(1, 0, 0, 1, old), 0.0)
    core.receive("n2", Append(2, 1, 1, 1, (Entry(2, 2, EntryKind.COMMAND, b"new"),)), 0.0)
    assert [entry.data for entry in core.state.log.between(0, 9)] == [b"old", b"new"]
    with pytest.raises(ConflictError, match="committed"):
        core.receive("n2", Append(2, 0, 0, 1, (Entry(1, 2, EntryKind.COMMAND, b"no"),)), 0.0)


def test_entries_of_earlier_terms_are_committed_only_with_one_of_the_leaders_own():
    """The thesis, figure 3.7: counting copies of an old entry is not enough."""
    simulation = Simulation(7, 3, loss=0, repeat=0, compact=1000)
    simulation.run(1.0)
    leader = simulation.leader()
    state = simulation.nodes[leader].core.state
    assert state.log.term_at(state.first_of_term) == state.term
    assert state.commit >= state.first_of_term


def test_a_vote_is_given_once_a_term_and_outlives_a_crash():
    simulation = Simulation(8, 3, loss=0, repeat=0, compact=1000)
    node = simulation.nodes["n0"]
    node.core.receive("n1", AskVote(5, 9, 4, False), 0.0)
    simulation.settle(node)
    simulation.crash("n0")
    simulation.start("n0")
    node.core.receive("n2", AskVote(5, 9, 4, False), 0.0)
    _, answer = node.core.take().send_after[-1]
    assert not answer.is_given


def test_no_vote_for_a_candidate_that_lacks_entries():
    simulation = Simulation(9, 3, loss=0, repeat=0, compact=1000)
    core = simulation.nodes["n0"].core
    core.receive("n1", Append(3, 0, 0, 0, (Entry(1, 3, EntryKind.COMMAND, b"x"),)), 0.0)
    core.receive("n2", AskVote(9, 7, 2, False), 100.0)
    _, answer = core.take().send_after[-1]
    assert not answer.is_given


def test_a_follower_that_is_far_behind_gets_a_snapshot():
    simulation = Simulation(10, 3, loss=0, repeat=0, compact=5)
    simulation.run(1.0)
    leader = simulation.leader()
    behind = next(name for name in simulation.nodes if name != leader)
    simulation.crash(behind)
    for number in range(40):
        simulation.propose(simulation.leader(), str(number).encode())
        simulation.run(0.1)
    assert simulation.nodes[leader].core.state.log.base_index > 20
    simulation.start(behind)
    simulation.run(2.0)
    assert simulation.nodes[behind].applied == simulation.nodes[leader].applied
    assert len(simulation.nodes[behind].applied) == 40


def test_members_come_and_go_one_at_a_time():
    simulation = Simulation(11, 3, loss=0, repeat=0, compact=4)
    simulation.run(1.0)
    leader = simulation.leader()
    core = simulation.nodes[leader].core
    with pytest.raises(MembershipError, match="one member"):
        core.change_members(members(5))
    for number in range(10):
        simulation.propose(leader, str(number).encode())
        simulation.run(0.1)
    newcomer = simulation.nodes["n3"] = type(simulation.nodes["n0"])("n3", ())
    simulation.start("n3")
    assert simulation.change(leader, members(4))
    with pytest.raises(MembershipError, match="before this one"):
        core.change_members(members(3))
    simulation.run(2.0)
    assert newcomer.applied == simulation.nodes[leader].applied
    assert len(newcomer.applied) == 10
    assert simulation.change(leader, tuple(m for m in members(4) if m.name != leader))
    simulation.run(3.0)
    assert simulation.leader() not in (None, leader)


def test_a_newcomer_without_members_stands_for_no_election():
    simulation = Simulation(12, 1, loss=0, repeat=0, compact=10)
    node = simulation.nodes["n9"] = type(simulation.nodes["n0"])("n9", ())
    simulation.start("n9")
    simulation.run(5.0)
    assert node.core.state.term == 0
