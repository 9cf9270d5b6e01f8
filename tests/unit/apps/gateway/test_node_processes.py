"""Nodes that end: why is told, and those that would end so again are let be."""

import sys
import threading
import time

import pytest

from eikona.apps.gateway.node_processes import NodeProcesses

DAMAGED = "eikona: the journal is damaged at byte 7: add it anew (replica_damaged)"
BUSY = "eikona: cannot listen on 127.0.0.1:7400 (quorum)"


class Ran:
    """Processes that say something and end, watched for a while."""

    def __init__(self, folder):
        self.folder = folder
        self.said = []
        self.ends = DAMAGED
        self.processes = NodeProcesses(
            command_of=self.command, log_of=lambda name: folder / name, notice=self.said.append
        )
        self.stopping = threading.Event()
        self.watch = threading.Thread(target=self.processes.watch, args=(self.stopping,))

    def command(self, _):
        told = f"import sys; print({self.ends!r}, file=sys.stderr); sys.exit(1)"
        return [sys.executable, "-S", "-c", told]

    def begin(self):
        self.processes.start(["n1"])
        self.watch.start()


@pytest.fixture
def ran(tmp_path):
    made = Ran(tmp_path)
    yield made
    made.stopping.set()
    made.watch.join()
    made.processes.stop()


def wait_for(found):
    until = time.monotonic() + 60
    while not found():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_node_with_a_damaged_journal_is_told_and_not_started_again(ran):
    (ran.folder / "n1").write_text("eikona: something of long ago (quorum)\n")
    ran.begin()
    wait_for(lambda: len(ran.said) == 2)
    reason = DAMAGED.removeprefix("eikona: ")
    assert ran.said[0] == f"n1 has ended with status 1: {reason}"
    assert "eikona quorum remove n1, then eikona quorum admit" in ran.said[1]
    assert ran.processes.reasons() == {"n1": reason}
    time.sleep(0.8)  # another one would be started after 0.5 s
    assert len(ran.said) == 2
    ran.processes.retire(["n1"])
    wait_for(lambda: not ran.processes.names and not ran.processes.reasons())


def test_a_node_that_ends_for_another_reason_is_started_again(ran):
    ran.ends = BUSY
    ran.begin()
    wait_for(lambda: len(ran.said) >= 3)
    assert ran.said[:2] == [
        f"n1 has ended with status 1: {BUSY.removeprefix('eikona: ')}",
        "n1 is started again",
    ]


def test_what_a_node_said_before_is_no_reason(ran):
    (ran.folder / "n1").write_text(f"{DAMAGED}\n")
    ran.ends = ""
    ran.begin()
    wait_for(lambda: len(ran.said) >= 2)
    assert ran.said[:2] == [
        f"n1 has ended with status 1: its log is {ran.folder / 'n1'}",
        "n1 is started again",
    ]
