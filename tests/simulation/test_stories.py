"""A few stories as they are told: what is asked of the quorum, and what comes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from eikona.balloting.commands import command_of
from eikona.balloting.state import Capacities
from tests.simulation.describing import told
from tests.unit.balloting.quorum_builder import BLOCK, CLEAR, REVIEW, QuickSigner, QuorumBuilder

_STORIES = Path(__file__).parent / "stories"


class Teller:
    """A quorum whose every command is written down."""

    def __init__(self, nodes=4, capacities=None):
        self.builder = QuorumBuilder(nodes, capacities, seated=False)
        self.lines = []
        self.do(self.builder.roster(1, self.builder.signers))

    def say(self, line):
        self.lines.append(f"# {line}")

    def do(self, *orders):
        for order in orders:
            command = command_of(order)
            self.lines.append(told(command, self.builder.machine.apply(command)))

    def cast(self, case, **outcomes):
        opened = self.builder.state.open[case].case
        for node, outcome in outcomes.items():
            self.do(self.builder.ballot(case, node, outcome, opened=opened))


def a_normal_case():
    teller = Teller()
    builder = teller.builder
    teller.say("three of four for block are a majority; the fourth comes too late to matter")
    first = builder.submission("0-catpicture")
    teller.do(first)
    opened = builder.state.open[first.id].case
    late = builder.ballot(first.id, "n4", CLEAR, opened=opened)
    teller.cast(first.id, n1=BLOCK, n3=BLOCK, n2=BLOCK)
    teller.do(late)
    teller.say("two of four for clear are enough: the others could at most tie")
    second = builder.submission("1-dogpicture")
    teller.do(second)
    teller.cast(second.id, n2=CLEAR, n4=CLEAR)
    teller.say("sent again, because the answer got lost: it says how things stand")
    teller.do(second, first, late)
    teller.say("a person is to judge: three for a match, but not three for block")
    third = builder.submission("2-foxpicture")
    teller.do(third)
    teller.cast(third.id, n1=BLOCK, n2=REVIEW, n3=BLOCK, n4=CLEAR)
    return teller


def a_node_is_lost():
    teller = Teller()
    builder = teller.builder
    case = builder.submission("0-catpicture")
    teller.do(case)
    teller.say("n4 dies; the others disagree, so its ballot would decide")
    teller.cast(case.id, n1=BLOCK, n2=BLOCK, n3=CLEAR)
    words = [builder.standing("n4", by) for by in ("n1", "n2", "n3")]
    teller.say(
        "two words are no majority of four seats; the third one is, and now two of three are"
    )
    teller.do(*words)
    teller.say("a word that comes late is void, and n4 itself must return before it may answer")
    teller.do(builder.standing("n3", "n1", epoch=1))
    other = builder.submission("1-dogpicture")
    teller.do(other)
    teller.cast(other.id, n4=CLEAR)
    teller.do(builder.standing("n4", "n4", lost=False))
    teller.cast(other.id, n4=CLEAR, n1=CLEAR)
    return teller


def a_node_that_says_two_things():
    teller = Teller()
    builder = teller.builder
    case = builder.submission("0-catpicture")
    teller.do(case)
    teller.say("n2 tells some that it found a match and others that it did not: the first counts")
    teller.cast(case.id, n2=BLOCK)
    teller.cast(case.id, n2=CLEAR)
    teller.say("n2 signs a ballot in the name of n3")
    forged = builder.ballot(case.id, "n3", BLOCK)
    teller.do(replace(forged, signature=builder.signers["n2"].sign(b"")))
    teller.cast(case.id, n1=CLEAR, n3=CLEAR)
    receipt = builder.state.decided[case.id]
    pairs = [one.ballot for one in (*receipt.decision.ballots, *receipt.decision.equivocations)]
    for ballot in pairs:
        teller.say(f"the receipt shows {ballot.node}: {ballot.outcome}")
    for proof in builder.state.suspects.values():
        said = f"{proof.first.ballot.outcome} and {proof.second.ballot.outcome}"
        teller.say(f"suspect: {proof.first.ballot.node}, {said}")
    return teller


def no_quorum_and_recovery_in_order():
    teller = Teller(capacities=Capacities(open=2, held=3))
    builder = teller.builder
    teller.say("nodes are away for long; what is accepted waits, in order, and what is not is told")
    names = ["0-apicture", "0-bpicture", "0-cpicture", "0-dpicture", "0-epicture", "0-fpicture"]
    cases = [builder.submission(name.replace("picture", "pictures")) for name in names]
    teller.do(*cases)
    teller.say("the nodes are back, restored from a snapshot, and answer the cases in their order")
    snapshot = builder.machine.snapshot()
    builder.machine = builder.new_machine()
    builder.machine.restore(snapshot)
    for case in cases[:5]:
        teller.cast(case.id, n1=CLEAR, n2=CLEAR)
    teller.say("the gateway sends all of them again: each is ruled on once, the last one is new")
    teller.do(*cases)
    return teller


def keys_change_in_the_middle():
    teller = Teller()
    builder = teller.builder
    case = builder.submission("0-catpicture")
    teller.do(case)
    teller.cast(case.id, n1=BLOCK, n2=BLOCK)
    early = builder.ballot(case.id, "n3", BLOCK)
    teller.say("n1 takes a new key: the case is opened anew, and ballots of before are void")
    new = QuickSigner("n1 new")
    teller.do(builder.rotation(2, "n1", new))
    teller.do(early)
    teller.cast(case.id, n1=BLOCK)
    teller.say("with the new key it counts")
    builder.signers["n1"] = new
    teller.cast(case.id, n1=BLOCK, n2=BLOCK)
    teller.say("the administrator removes n4 and admits n5; a roster that n2 signs is none")
    builder.signers["n5"] = QuickSigner("n5")
    del builder.signers["n4"]
    teller.do(builder.roster(3, builder.signers, by=builder.signers["n2"]))
    teller.do(builder.roster(3, builder.signers))
    teller.cast(case.id, n5=BLOCK, n2=BLOCK, n3=BLOCK)
    return teller


_TOLD = (
    a_normal_case,
    a_node_is_lost,
    a_node_that_says_two_things,
    no_quorum_and_recovery_in_order,
    keys_change_in_the_middle,
)


@pytest.mark.parametrize("story", _TOLD, ids=lambda story: story.__name__)
def test_story(story):
    expected = (_STORIES / f"{story.__name__}.txt").read_text(encoding="utf-8").splitlines()
    assert story().lines == expected
