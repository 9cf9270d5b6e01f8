"""Merging in a process of its own against merging in the writer's."""

import os
import signal
import subprocess
import sys
import time

import pytest

from eikona.adapters.bank import beside, merge_process, writer
from eikona.adapters.bank.contents import Kept
from eikona.adapters.bank.merge_process import Merge, merge, merge_beside, path_for
from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from eikona.domain.errors import MergeFailedError
from tests.unit.adapters.bank.made import entry

_SLOW = """
import pathlib, sys, time
from eikona.adapters.bank import merge_process

def merge(task):
    pathlib.Path(task.path).write_text("half")
    sys.stdout.write("busy")
    sys.stdout.flush()
    time.sleep(60)

merge_process.merge = merge
merge_process.main()
"""


@pytest.fixture
def store(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    for start in range(0, 30, 10):
        store.add([entry(f"{number}") for number in range(start, start + 10)])
    store.remove(["3", "17"])
    return store


def _task(store):
    state = store.snapshot
    parts = [Kept(one, state.live(one)) for one in state.segments]
    return Merge(store.path, parts, path_for(store.path, 99), None, 0o600)


def test_both_write_the_same_file(store):
    here, beside = _task(store), _task(store)
    assert here.path != beside.path
    merged = merge_beside(beside)
    assert merged == merge(here)
    assert (merged.rows, merged.torn) == (28, frozenset())
    assert beside.path.read_bytes() == here.path.read_bytes()
    assert beside.path.stat().st_mode == here.path.stat().st_mode


def test_what_is_damaged_is_not_merged(store):
    (path, *_) = sorted(store.path.glob("segment-*"))
    task = _task(store)
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(MergeFailedError):  # so short a segment is checked when it is opened
        merge_beside(task)
    assert not task.path.exists()


def test_nothing_is_left_of_what_is_all_removed(store):
    task = _task(store)
    for part in task.parts:
        part.live[:] = False
    assert merge_beside(task) == merge(task) == merge_process.Merged()


def test_a_process_that_cannot_begin_is_told_of(store, monkeypatch):
    for program in ("", None, "/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", program)
        with pytest.raises(MergeFailedError):
            merge_beside(_task(store))


def test_a_bank_held_open_merges_beside_and_where_that_fails_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(merge_process, "MERGED_BESIDE", 0)
    monkeypatch.setattr(writer, "TAIL_ROWS", 3)
    called, began = [], merge_process.merge_beside

    def sometimes(task):
        called.append(task)
        if len(called) % 2:
            raise MergeFailedError("not now")
        return began(task)

    monkeypatch.setattr(beside, "merge_beside", sometimes)
    model = {}
    with BankStore.open(BankStore.create(tmp_path / "bank").path, writable=True) as held:
        while len(called) < 4:
            name = f"{len(model) % 40}"
            model[name] = entry(name, seed=len(model))
            held.add([model[name]])
            if len(model) % 5 == 4:
                held.remove([name])
                del model[name]
            assert len(held) == len(model)
    assert {one.name: one for one in BankStore.open(held.path).entries()} == model
    assert verify_bank(held.path) == []
    assert not list(held.path.glob("*.part"))


def test_it_ends_with_its_writer_and_leaves_nothing(store):
    """A writer that is killed while a process merges for it."""
    task = _task(store)
    ended, tells = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ended)
        merging = subprocess.Popen(
            [sys.executable, "-c", _SLOW],
            stdin=subprocess.PIPE,
            stdout=tells,
            env=os.environ | {"PYTHONPATH": merge_process._import_path()},
        )
        merge_process._write_task(merging.stdin, task)
        time.sleep(60)
        os._exit(0)
    os.close(tells)
    with os.fdopen(ended, "rb") as pipe:
        assert pipe.read(4) == b"busy"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert pipe.read() == b""  # as no process has the other end any more
    assert not task.path.exists()
