"""A writer that is killed at any moment leaves the last state that was whole."""

import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from eikona.adapters.bank import writer
from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from tests.unit.adapters.bank.made import entry
from tests.unit.matching.shortlist.made_features import picture

_ROUNDS = 40
_LONGEST_S = 0.02  # a change takes about that long


def _featured(name, seed):
    """Return an entry with local features, as a bank keeps them."""
    one = entry(name, seed=seed)
    features = replace(picture(seed, 40), margins=b"")
    return replace(one, fingerprint=replace(one.fingerprint, local_features=features))


def _changes(store, seed, make):
    """Change a bank for ever, the same way for the same seed; yield after each change."""
    random = np.random.default_rng(seed)
    while True:
        names = [f"{number}" for number in random.integers(0, 40, random.integers(1, 6))]
        if random.random() < 0.3:
            store.remove(names)
        else:
            store.add([make(name, int(random.integers(100))) for name in names])
        yield


def _write_for_ever(path, seed, make, acknowledge):
    with BankStore.open(path, writable=True) as store:
        for _ in _changes(store, seed, make):
            os.write(acknowledge, b".")


class _Model:
    """A bank that only counts."""

    def __init__(self, entries):
        self.entries = dict(entries)

    def add(self, entries):
        self.entries.update((one.name, one) for one in entries)

    def remove(self, names):
        for name in names:
            self.entries.pop(name, None)


def _after(entries, seed, make, changes):
    model = _Model(entries)
    steps = _changes(model, seed, make)
    for _ in range(changes):
        next(steps)
    return model.entries


def _killed_after(path, seed, make, changes, seconds):
    """Let a process make some changes, kill it a moment later, return how many it acknowledged."""
    heard, acknowledge = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        try:
            _write_for_ever(path, seed, make, acknowledge)
        finally:
            os._exit(1)
    os.close(acknowledge)
    with os.fdopen(heard, "rb") as pipe:
        before = len(pipe.read(changes))
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return before + len(pipe.read())


@pytest.mark.parametrize(
    ("logged", "tail", "make", "rounds"),
    [
        (256, 1024, entry, _ROUNDS),
        (256, 7, entry, _ROUNDS),
        (2, 5, entry, _ROUNDS),
        (0, 1, entry, _ROUNDS),
        (256, 7, _featured, 16),
    ],
    ids=[
        "log alone",
        "log and seals",
        "log, seals and segments",
        "segments alone",
        "local features, log and seals",
    ],
)
def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(
    tmp_path, monkeypatch, logged, tail, make, rounds
):
    monkeypatch.setattr(writer, "MOST_LOGGED", logged)
    monkeypatch.setattr(writer, "TAIL_ROWS", tail)
    kept = 300 if make is _featured else None
    path = BankStore.create(tmp_path / "bank", local_features=kept).path
    random = np.random.default_rng(8)
    entries, done = {}, 0
    for seed in range(rounds):
        moment = float(random.uniform(0, _LONGEST_S))
        changes = _killed_after(path, seed, make, int(random.integers(4)), moment)
        assert verify_bank(path) == []
        found = {one.name: one for one in BankStore.open(path).entries()}
        # The change that was under way may be in, as a whole.
        assert found in [_after(entries, seed, make, changes + more) for more in (0, 1)]
        entries, done = found, done + changes
    assert done > rounds  # it did write meanwhile


def test_a_full_disk_changes_nothing(tmp_path, monkeypatch):
    store = BankStore.create(tmp_path / "bank")
    store.add([entry("a")])
    sync = os.fsync
    for fails_at in range(1, 6):
        calls = []

        def fsync(descriptor, calls=calls, fails_at=fails_at):
            calls.append(descriptor)
            if len(calls) == fails_at:
                raise OSError(28, "No space left on device")
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        try:
            store.add([entry(f"b {fails_at}"), entry("a", seed=fails_at)])
            failed = False
        except OSError:
            failed = True
        monkeypatch.setattr(os, "fsync", sync)
        assert verify_bank(store.path) == []
        names = {one.name for one in BankStore.open(store.path).entries()}
        store.refresh()
        assert names == {one.name for one in store.entries()}
        if not failed:
            break
    assert fails_at > 3
