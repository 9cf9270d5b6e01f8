import multiprocessing
import subprocess
import sys
import threading

import pytest

from eikona.native import compiler, object_file, switch


@pytest.fixture
def fresh(monkeypatch):
    """A process that has hashed nothing yet."""
    state = switch._Switch()
    monkeypatch.setattr(switch, "_switch", state)
    return state


@pytest.fixture
def got(monkeypatch):
    """What was asked for, instead of getting it."""
    asked = []

    def get(*, may_compile):
        asked.append(may_compile)

    monkeypatch.setattr(switch, "_get", get)
    return asked


def test_few_pictures_load_nothing(fresh, got):
    for _ in range(switch.LOAD_FOR - 1):
        switch.picture_hashed()
    assert not switch.prepare(switch.LOAD_FOR - 1)
    assert got == []


def test_looks_each_time_that_the_number_of_pictures_has_doubled(fresh, got):
    for _ in range(8 * switch.LOAD_FOR):
        switch.picture_hashed()
    assert got == [False] * 4


def _asked_for(pictures, asked):
    switch._switch = switch._Switch()
    switch._switch.hashed = switch._switch.next_look = pictures
    switch._get = lambda *, may_compile: asked.put(may_compile)
    switch.picture_hashed()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_never_compiles_in_the_middle_of_a_picture(fresh, got, method):
    context = multiprocessing.get_context(method)
    asked = context.SimpleQueue()
    worker = context.Process(target=_asked_for, args=(switch.COMPILE_FOR, asked))
    worker.start()
    assert asked.get() is False
    worker.join()
    fresh.hashed = fresh.next_look = switch.COMPILE_FOR
    switch.picture_hashed()
    assert got == [True]


def test_compiles_only_for_many(fresh, got):
    switch.prepare(switch.COMPILE_FOR - 1)
    switch.prepare(switch.COMPILE_FOR)
    assert got == [False, True]


def test_a_failure_leaves_numpy_at_work_and_is_not_repeated(fresh, monkeypatch):
    asked = []

    def fail(*, may_compile):
        asked.append(may_compile)
        raise RuntimeError("no such processor")

    monkeypatch.setattr(switch, "_get", fail)
    assert not switch.prepare(10**6)
    assert not switch.prepare(10**6)
    assert asked == [True]
    assert switch.kernels() is None


def test_another_thread_does_not_wait(fresh, monkeypatch):
    begun, end = threading.Event(), threading.Event()

    def get(*, may_compile):
        begun.set()
        end.wait(10)
        return "kernels"

    monkeypatch.setattr(switch, "_get", get)
    thread = threading.Thread(target=lambda: switch.prepare(10**6))
    thread.start()
    begun.wait(10)
    assert not switch.prepare(10**6)
    end.set()
    thread.join()
    assert switch.prepare(10**6)
    assert switch.kernels() == "kernels"


def test_loads_what_is_stored_and_compiles_what_is_not(fresh, compiled, monkeypatch, tmp_path):
    code = object_file.read_stored()
    monkeypatch.setattr(object_file, "_folders", lambda: iter([tmp_path / "kernels"]))
    monkeypatch.setattr(compiler, "compile_kernels", lambda: code)
    assert not switch.prepare(switch.LOAD_FOR)  # nothing stored, and not worth compiling
    assert switch.prepare(switch.COMPILE_FOR)
    assert object_file.read_stored() == code
    fresh.kernels = None
    monkeypatch.delattr(compiler, "compile_kernels")
    assert switch.prepare(switch.LOAD_FOR)


def test_hashing_a_few_pictures_imports_neither_compiler_nor_loader():
    code = (
        "import io, sys, eikona; from PIL import Image; f = io.BytesIO();"
        "Image.linear_gradient('L').save(f, 'png');"
        "[eikona.fingerprint(f.getvalue()) for _ in range(9)];"
        "sys.exit(' '.join({'numba', 'llvmlite'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_works_where_the_compiler_is_missing():
    code = (
        "import sys; sys.modules['numba'] = sys.modules['llvmlite'] = None;"
        "import io, eikona; from eikona.native.switch import prepare; from PIL import Image;"
        "f = io.BytesIO(); Image.linear_gradient('L').save(f, 'png'); assert not prepare(10**6);"
        "print(len(eikona.fingerprint(f.getvalue()).hashes))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "13"


def test_a_loop_over_pictures_has_kernels_by_itself(compiled):
    code = (
        "import io, eikona; from eikona.native import switch; from PIL import Image;"
        "f = io.BytesIO(); Image.linear_gradient('L').save(f, 'png');"
        "found = [(eikona.fingerprint(f.getvalue()), switch.kernels() is not None)"
        " for _ in range(switch.LOAD_FOR + 1)];"
        "print([has for _, has in found].index(True), len({str(one) for one, _ in found}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(switch.LOAD_FOR - 1), "1"]
