import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from eikona.adapters import worker
from eikona.adapters.worker_pool import Done, Failed, default_start_method, run_in_workers
from eikona.domain.errors import (
    CorruptImageError,
    DecoderCrashedError,
    DecodeTimeoutError,
    EikonaError,
    OutOfMemoryError,
)
from tests.unit.adapters import task_functions as do

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills processes by POSIX signals")

# What the default comes to here (a fork, or a fork server where the tests run beside threads),
# and the one that works everywhere.
METHODS = [default_start_method(), "spawn"]


def values(function, items, **options):
    return [answer.value for answer in run_in_workers(function, items, **options)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("jobs", [1, 3])
def test_agrees_with_map(jobs, method):
    items = range(100)
    expected = list(map(do.double, items))
    assert values(do.double, items, jobs=jobs, start_method=method) == expected


def test_answers_come_in_the_order_of_the_items():
    items = list(range(40))
    assert values(do.uneven, items, jobs=4) == items


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("known_of", [2, 7, 1000])
def test_answers_that_are_known_keep_their_place(jobs, known_of):
    """Whether every second one is known, or all but one in a thousand."""
    error = CorruptImageError("known")
    items = list(range(5000 if known_of == 1000 else 300))
    known = {
        item: Failed(item, error) if item % 3 else Done(item, "known")
        for item in items
        if (item % known_of == 0 if known_of == 7 else item % known_of != 1)
    }
    answers = list(run_in_workers(do.double, (known.get(item, item) for item in items), jobs=jobs))
    assert answers == [known.get(item, Done(item, 2 * item)) for item in items]


def test_known_answers_start_no_worker_and_are_not_taken_all_at_once(monkeypatch):
    monkeypatch.setattr("eikona.adapters.worker_pool.WorkerProcess", None)
    taken = []
    items = (taken.append(number) or Done(number, number) for number in range(10_000))
    answers = run_in_workers(do.double, items, jobs=1)
    assert next(answers).value == 0
    assert len(taken) < 1000
    assert [answer.value for answer in answers] == list(range(1, 10_000))


def test_nothing_to_do_starts_no_worker():
    assert values(do.double, [], jobs=3) == []


def test_starts_no_more_workers_than_items():
    list(run_in_workers(do.own_pid, range(50), jobs=2))
    assert len(set(values(do.own_pid, range(50), jobs=2))) == 2
    assert len(set(values(do.own_pid, range(1), jobs=2))) == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("segfault", DecoderCrashedError),
        ("killed", DecoderCrashedError),
        ("exit", DecoderCrashedError),
        ("memory", OutOfMemoryError),
        ("corrupt", CorruptImageError),
        ("defect", EikonaError),
    ],
)
def test_a_bad_item_fails_by_name_and_the_rest_goes_on(kind, error, method):
    items = ["fine", "good", kind, "well", "right", kind, "last"]
    answers = list(
        run_in_workers(do.misbehave, items, jobs=2, start_method=method, max_memory_bytes=4 << 30)
    )
    assert [answer.item for answer in answers] == items
    for answer in answers:
        if answer.item == kind:
            assert isinstance(answer, Failed)
            assert type(answer.error) is error
        else:
            assert answer == Done(answer.item, answer.item)


def test_every_item_may_kill_its_worker():
    answers = list(run_in_workers(do.misbehave, ["killed"] * 12, jobs=3))
    assert [type(answer.error) for answer in answers] == [DecoderCrashedError] * 12


def test_an_item_that_takes_too_long_is_given_up():
    items = ["fine", "hang", "good", "hang", "well"]
    answers = list(run_in_workers(do.misbehave, items, jobs=2, timeout_s=0.4))
    assert [answer.item for answer in answers] == items
    late = [answer.error for answer in answers if isinstance(answer, Failed)]
    assert [type(error) for error in late] == [DecodeTimeoutError] * 2
    assert "0.4 s" in str(late[0])


def test_a_reader_that_dawdles_makes_no_item_late():
    answers = []
    for answer in run_in_workers(do.double_slowly, range(60), jobs=2, timeout_s=0.2):
        if answer.item in {0, 20}:
            time.sleep(0.5)
        answers.append(answer)
    assert answers == [Done(number, 2 * number) for number in range(60)]


def test_items_are_taken_only_as_they_are_needed():
    taken = []

    def items():
        for number in range(100_000):
            taken.append(number)
            yield number

    answers = run_in_workers(do.double, items(), jobs=2)
    for _ in range(1000):
        next(answers)
    answers.close()
    assert len(taken) <= 1000 + 2 * 256 + 1


def test_items_and_values_larger_than_a_pipe_do_not_block():
    assert values(do.length, [bytes(300_000)] * 20, jobs=2) == [300_000] * 20
    assert [len(v) for v in values(do.many_bytes, [300_000] * 20, jobs=2)] == [300_000] * 20


def test_an_error_of_the_items_themselves_comes_through_and_ends_the_workers():
    def items():
        yield from range(5)
        raise LookupError("no more")

    with pytest.raises(LookupError):
        list(run_in_workers(do.double, items(), jobs=2))
    assert not multiprocessing.active_children()


def test_closing_early_ends_the_workers():
    answers = run_in_workers(do.misbehave, ["fine", *["hang"] * 10], jobs=3)
    next(answers)
    answers.close()
    assert not multiprocessing.active_children()


def test_workers_that_cannot_even_answer_end_the_run(capfd):
    with pytest.raises(EikonaError, match="before they begin, the last one ended with status 1"):
        list(run_in_workers(do.unsendable, range(3), jobs=1, start_method="spawn"))
    assert "unsendable" in capfd.readouterr().err


def test_workers_without_room_for_a_thread_end_the_run_quietly(capfd, monkeypatch):
    def no_room(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(worker.Thread, "start", no_room)
    with pytest.raises(EikonaError, match="before they begin, the last one had no memory left"):
        list(run_in_workers(do.double, range(3), jobs=2, start_method="fork"))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", [ValueError("exceeds maximum limit"), PermissionError(1, "no")])
def test_a_refused_memory_limit_is_said_once_and_stops_nothing(monkeypatch, caplog, error):
    def refuse(*_):
        raise error

    monkeypatch.setattr(resource, "setrlimit", refuse)
    options = {"jobs": 3, "start_method": "fork"}
    assert values(do.own_pid, range(30), **options)
    assert not caplog.messages
    assert values(do.double, range(99), max_memory_bytes=4 << 30, **options) == [
        2 * number for number in range(99)
    ]
    assert len(caplog.messages) == 1
    assert "refuses to bound the memory" in caplog.messages[0]


@pytest.mark.parametrize("method", METHODS)
def test_workers_leave_interrupts_to_the_parent(method):
    assert all(values(do.sigint_handling, range(4), jobs=2, start_method=method))


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_workers_end_when_the_parent_is_killed(tmp_path, method):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(f"""
            from eikona.adapters import worker
from eikona.adapters.worker_pool import run_in_workers
            from tests.unit.adapters.task_functions import misbehave, own_pid

            if __name__ == "__main__":
                for answer in run_in_workers(own_pid, range(40), jobs=3, start_method="{method}"):
                    print(answer.value, flush=True)
                list(run_in_workers(misbehave, ["hang"] * 9, jobs=3, start_method="{method}"))
        """)
    )
    root = Path(__file__).parents[3]
    path = os.pathsep.join([str(root), str(root / "src")])
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    ) as parent:
        for _ in range(40):
            parent.stdout.readline()
        time.sleep(0.3)  # the second pool has begun; if not, the test only proves less
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert wait_until(lambda: not processes_of_session(parent.pid))


def processes_of_session(session):
    """Return the living processes of a session, without those that only wait to be reaped."""
    listing = subprocess.run(
        ["ps", "-e", "-o", "pid=,sess=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in listing.splitlines())
    return [pid for pid, owner, state in rows if int(owner) == session and state[0] != "Z"]


def wait_until(condition, timeout_s=10):
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False
