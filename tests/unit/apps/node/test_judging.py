import threading
from types import SimpleNamespace

from eikona.apps.node.judging import Judging


class Engine:
    """Is behind for a while."""

    def __init__(self, *states):
        self.states = list(states)

    def status(self):
        leader, lag = self.states.pop(0)
        return SimpleNamespace(leader=leader, lag=lag)


class Docket:
    """Has nothing to do, and ends whoever asks."""

    def __init__(self, stopping, engine):
        self.stopping = stopping
        self.engine = engine

    def take(self, _):
        self.left_when_asked = len(self.engine.states)
        self.stopping.set()


def test_cases_that_a_start_brings_back_are_not_answered_once_more():
    stopping = threading.Event()
    engine = Engine((None, 0), ("n2", 9000), ("n2", 100), ("n2", 3), ("n2", 0))
    docket = Docket(stopping, engine)
    unused = dict.fromkeys(
        ("voice", "ring", "book", "machine", "replica", "line", "hash_picture", "fetch_for_s")
    )
    Judging(engine=engine, docket=docket, **unused).run(stopping)
    assert docket.left_when_asked == 1
