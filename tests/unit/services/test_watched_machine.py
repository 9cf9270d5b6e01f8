from eikona.balloting.commands import command_of
from eikona.services.watched_machine import WatchedMachine
from tests.unit.balloting.quorum_builder import BLOCK, CLEAR, QuorumBuilder


class Told:
    def __init__(self):
        self.events = []

    def opened(self, case, digest):
        self.events.append(("opened", case.submission.id, case.round))

    def cast(self, signed):
        self.events.append(("cast", signed.ballot.case, signed.ballot.node))

    def ruled(self, receipt):
        self.events.append(("ruled", receipt.decision.case.submission.id))

    def restored(self, state):
        self.events.append(("restored", tuple(state.open)))


def watched(**options):
    told = Told()
    builder = QuorumBuilder(3, seated=False, **options)
    builder.machine = WatchedMachine(builder.machine, told)
    builder.do(builder.roster(1, builder.signers))
    return builder, told


def ballots(builder, case, **outcomes):
    state = builder.machine.look(lambda state: state)
    opened = state.open[case].case
    return [
        builder.ballot(case, node, outcome, opened=opened) for node, outcome in outcomes.items()
    ]


def test_each_step_of_a_case_is_told_once():
    builder, told = watched()
    case = builder.open("a")
    first, second = ballots(builder, case, n1=CLEAR, n2=CLEAR)
    for order in (first, first, second, second):
        builder.do(order)
    assert told.events.count(("opened", case, 1)) == 1
    assert told.events[-1] == ("ruled", case)
    assert {event for event in told.events if event[0] == "cast"} == {("cast", case, "n1")}


def test_the_results_are_those_of_the_machine_alone():
    builder, _ = watched()
    alone = QuorumBuilder(3)
    commands = [command_of(builder.submission(name)) for name in "abc"] + [b"nonsense", b"{}"]
    for command in commands:
        assert builder.machine.apply(command) == alone.machine.apply(command)
    assert builder.machine.snapshot() == alone.machine.snapshot()
    assert builder.machine.digest() == alone.machine.digest()


def test_cases_that_are_opened_anew_are_told_again():
    builder, told = watched()
    case = builder.open("a")
    builder.do(builder.roster(2, builder.signers, at_ms=9))
    assert told.events == [("opened", case, 1), ("opened", case, 2)]


def test_a_snapshot_is_told_with_what_is_open():
    builder, told = watched()
    done, still = builder.open("a"), builder.open("b")
    for order in ballots(builder, done, n1=BLOCK, n2=BLOCK):
        builder.do(order)
    told.events.clear()
    builder.machine.restore(builder.machine.snapshot())
    assert told.events == [("restored", (still,))]
