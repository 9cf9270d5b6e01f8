import queue

from eikona.apps.node.docket import Docket
from eikona.services.watched_machine import WatchedMachine
from tests.unit.balloting.quorum_builder import CLEAR, QuorumBuilder


class World:
    def __init__(self):
        self.builder = QuorumBuilder(3, seated=False)
        self.docket = Docket("n1")
        self.machine = WatchedMachine(self.builder.machine, self.docket)
        self.builder.machine = self.machine
        self.builder.do(self.builder.roster(1, self.builder.signers))

    def open(self, name):
        return self.builder.open(name)

    def cast(self, case, node):
        opened = self.machine.look(lambda state: state.open[case].case)
        self.builder.do(self.builder.ballot(case, node, CLEAR, opened=opened))

    def take(self):
        task = self.docket.take(0)
        return task and task.case.submission.id


def test_cases_are_taken_in_their_order_and_by_one_thread_each():
    world = World()
    cases = [world.open(name) for name in "ab"]
    assert [world.take(), world.take(), world.take()] == [*cases, None]


def test_what_is_answered_is_not_taken_again():
    world = World()
    case = world.open("a")
    world.cast(case, "n1")
    assert world.take() is None
    assert [task.is_answered for task in world.docket.waiting()] == [True]


def test_what_failed_is_tried_again_later():
    world = World()
    world.open("a")
    task = world.docket.take(0)
    world.docket.give_back(task, wait_s=60)
    assert world.take() is None
    world.docket.give_back(task, wait_s=0)
    assert world.docket.take(5) is task


def test_a_case_opened_anew_is_answered_anew():
    world = World()
    case = world.open("a")
    world.cast(case, "n1")
    world.builder.do(world.builder.roster(2, world.builder.signers, at_ms=9))
    assert world.docket.take(0).case.round == 2


def test_what_is_ruled_on_is_archived_and_not_answered():
    world = World()
    case = world.open("a")
    for node in ("n2", "n3"):
        world.cast(case, node)
    assert world.take() is None
    assert world.docket.decided.get_nowait().decision.case.submission.id == case


def test_a_snapshot_brings_what_is_open_and_what_to_archive():
    world = World()
    done, answered, still = (world.open(name) for name in "abc")
    for node in ("n2", "n3"):
        world.cast(done, node)
    world.cast(answered, "n1")
    snapshot = world.machine.snapshot()
    fresh = World()
    fresh.machine.restore(snapshot)
    assert [fresh.take(), fresh.take()] == [still, None]
    assert fresh.docket.decided.get_nowait().decision.case.submission.id == done


def test_only_who_speaks_tells():
    world = World()
    listener = world.docket.listen()
    case = world.open("a")
    world.docket.speaks = lambda: False
    world.cast(case, "n1")
    world.docket.speaks = lambda: True
    world.cast(case, "n2")
    receipt = world.docket.decided.get_nowait()
    world.docket.publish_ruling(receipt)
    (header, content) = listener.get_nowait()
    assert (header["event"], header["outcome"], len(header["ballots"])) == ("ruled", "clear", 2)
    assert content
    world.docket.leave(listener)
    world.docket.publish_ruling(receipt)
    try:
        raise AssertionError(listener.get_nowait())
    except queue.Empty:
        pass
