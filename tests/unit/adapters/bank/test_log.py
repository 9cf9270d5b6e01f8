"""The log of a bank that is held open, against a dict of entries and counting bits."""

import errno
import json
import os
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eikona.adapters.bank import beside, log_writer, writer
from eikona.adapters.bank.log_file import HEAD_BYTES, parse_log
from eikona.adapters.bank.repair import repair_bank
from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from eikona.domain.bank import Added, EntryState
from eikona.domain.errors import BankDamagedError, BankError, BankFormatError
from eikona.services.ports import HashKey
from eikona.services.search_codes import search_codes
from tests.unit.adapters.bank.made import CREATED, entry, files

_PDQ = HashKey("pdq", 1, 32)


@pytest.fixture
def held(tmp_path):
    """Return a bank with three sealed entries, held open for writing."""
    store = BankStore.create(tmp_path / "bank")
    store.add([entry("a"), entry("b"), entry("c")])
    with BankStore.open(store.path, writable=True) as held:
        yield held


def _names(store):
    return sorted(one.name for one in store.entries())


def _manifest(bank):
    return json.loads((bank / "manifest.json").read_bytes())["bank"]


def _log(bank):
    (path,) = bank.glob("log-*.eik")
    return path


def test_what_is_logged_is_found_at_once_by_all_and_sealed_in_the_end(held):
    path = held.path
    reader = BankStore.open(path)
    held.add([entry("d", tags=("x",), note="ü"), entry("b", seed=9)])
    held.remove(["c"])
    assert len(list(path.glob("segment-*"))) == 1
    assert _manifest(path)["requires"] == ["log"]
    assert _names(reader) == ["a", "b", "c"]
    reader.refresh()
    for store in (held, reader, BankStore.open(path)):
        assert _names(store) == ["a", "b", "d"]
        assert len(store) == 3
        assert store.entry("d") == entry("d", tags=("x",), note="ü")
        assert store.entry("b") == entry("b", seed=9)
        code = np.frombuffer(entry("d").fingerprint.hashes["pdq"], np.uint8)[None]
        assert search_codes(store.snapshot, _PDQ, code, 0) == [[("d", 0)]]
        assert store.snapshot.held[_PDQ] == 3
        assert store.snapshot.rows == 5
    held.remove(["d"])
    assert len(reader) == 3
    reader.refresh()  # the log grew, the manifest did not
    assert _names(reader) == _names(held) == ["a", "b"]
    held.close()
    assert _manifest(path)["requires"] == []
    assert list(path.glob("log-*")) == []
    reader.refresh()
    assert _names(reader) == _names(BankStore.open(path)) == ["a", "b"]
    assert verify_bank(path) == []


def test_names_that_come_and_go(held):
    for seed in range(5):
        assert held.add([entry("x", seed=seed)]) == Added(added=1)
        assert held.add([entry("x", seed=seed)]) == Added(unchanged=1)
        assert held.remove(["x", "nobody"]) == 1
    assert held.add([entry("a", seed=50)]) == Added(replaced=1)
    assert held.remove(["a"]) == 1
    assert held.add([entry("a")]) == Added(added=1)
    assert _names(BankStore.open(held.path)) == ["a", "b", "c"]


def test_many_entries_at_once_become_a_segment_with_those_that_were_logged(held, monkeypatch):
    monkeypatch.setattr(writer, "MOST_LOGGED", 2)
    held.add([entry("d"), entry("a", seed=3)])
    held.add([entry("d", seed=5), entry("e"), entry("f")])
    assert list(held.path.glob("log-*")) == []
    assert held.entry("d") == entry("d", seed=5)
    assert held.entry("a") == entry("a", seed=3)
    held.remove(["e"])
    held.remove(["a", "b", "d"])
    assert _names(held) == _names(BankStore.open(held.path)) == ["c", "f"]


def test_long_entries_are_not_logged(held, monkeypatch):
    monkeypatch.setattr(writer, "MOST_LOGGED_BYTES", 2000)
    held.add([entry("d", note="n" * 3000)])
    assert list(held.path.glob("log-*")) == []
    assert held.entry("d").note == "n" * 3000


def test_durable_changes_wait_for_the_disk(held, monkeypatch):
    synced = []
    sync = os.fsync
    monkeypatch.setattr(log_writer, "SYNC_EVERY_S", 60)
    held.add([entry("first")])

    def fsync(descriptor):
        synced.append(descriptor)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    held.add([entry("d")])
    held.remove(["a"])
    assert synced == []
    held.add([entry("e")], durable=True)
    assert len(synced) == 1
    held.remove(["e"], durable=True)
    held.add_codes(_PDQ, ["f"], np.zeros((1, 32), np.uint8), durable=True)
    assert len(synced) == 3


def test_a_disk_that_cannot_sync_is_told_of(held, monkeypatch):
    sync = os.fsync
    held.add([entry("d")], durable=True)

    def fsync(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"):
        held.add([entry("e")], durable=True)
    with pytest.raises(OSError, match="the log cannot be written"):
        held.add([entry("f")])
    monkeypatch.setattr(os, "fsync", sync)


def test_a_full_disk_leaves_no_half_record(held, monkeypatch):
    held.add([entry("d")], durable=True)
    write = os.write
    left = [100]

    def full(descriptor, data):
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(descriptor, data[: left[0]])
        left[0] -= written
        return written

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        held.add([entry("e")])
    monkeypatch.setattr(os, "write", write)
    assert _names(held) == _names(BankStore.open(held.path)) == ["a", "b", "c", "d"]
    held.add([entry("f")])
    assert _names(held) == _names(BankStore.open(held.path)) == ["a", "b", "c", "d", "f"]


def test_readers_keep_their_state_while_the_log_grows(held):
    held.add([entry("d")])
    snapshot = held.snapshot
    before = list(snapshot.entries())
    for number in range(200):  # columns grow meanwhile
        held.add([entry(f"{number}", names=("pdq",)), entry("d", seed=number)])
    held.remove(["a", "d"])
    assert list(snapshot.entries()) == before
    assert snapshot.entry_at(snapshot.find([b"d"])[0]) == entry("d")
    assert snapshot.holding([_PDQ]) == len(snapshot) == 4
    (_, block) = snapshot.blocks(_PDQ)
    assert block.values.shape == (4, 1)


def test_merges_go_on_beside_changes(held, monkeypatch):
    monkeypatch.setattr(writer, "TAIL_ROWS", 4)
    model = {one.name: one for one in held.entries()}
    random = np.random.default_rng(2)
    failed = []

    def read():
        while not done.is_set():
            with BankStore.open(held.path) as reader:
                names = [one.name for one in reader.entries()]
            if len(set(names)) != len(names) or "c" not in names:
                failed.append(names)

    done = threading.Event()
    reading = threading.Thread(target=read)
    reading.start()
    for _ in range(300):
        name = f"{random.integers(60)}"
        if random.random() < 0.3:
            held.remove([name])
            model.pop(name, None)
        else:
            model[name] = entry(name, seed=int(random.integers(1000)))
            held.add([model[name]])
        assert len(held) == len(model)
    done.set()
    reading.join()
    assert failed == []
    assert {one.name: one for one in held.entries()} == model
    held.close()
    assert {one.name: one for one in BankStore.open(held.path).entries()} == model
    assert len(held.snapshot.segments) <= 9
    assert verify_bank(held.path) == []


def test_what_is_removed_during_a_merge_stays_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "MOST_LOGGED", 1)
    store = BankStore.create(tmp_path / "bank")
    model = {}
    for batch in "abc":
        some = [entry(f"{batch}{number}") for number in range(5)]
        store.add(some)
        model |= {one.name: one for one in some}
    store.remove(["a0"])
    with BankStore.open(store.path, writable=True) as held:
        monkeypatch.setattr(held._writer, "merge", lambda: None)
        held.add([entry(f"d{number}") for number in range(5)])  # the fourth: they are to be merged
        model |= {f"d{number}": entry(f"d{number}") for number in range(5)}
        merged = held._writer.merger.merged

        def meanwhile(parts):
            written = merged(parts)
            held.remove(["a1", "b3", "d0"])  # from segments
            held.remove(["c2"])  # in the log
            held.add([entry("c3", seed=4)])
            return written

        monkeypatch.setattr(held._writer.merger, "merged", meanwhile)
        held._writer.merger.merge_on()
        for name in ("a0", "a1", "b3", "d0", "c2"):
            del model[name]
        model["c3"] = entry("c3", seed=4)
        (one,) = held.snapshot.segments
        assert one.rows == 19
        for opened in (held, BankStore.open(store.path)):
            assert {found.name: found for found in opened.entries()} == model
            assert len(opened) == len(model)
    assert {found.name: found for found in BankStore.open(store.path).entries()} == model
    assert verify_bank(store.path) == []


@pytest.mark.parametrize("seed", range(4))
def test_what_is_changed_while_the_log_is_sealed_is_kept_in_every_state(
    held, tmp_path, monkeypatch, seed
):
    """Before the new manifest, after it, and in the end: here, for readers and after a crash."""
    monkeypatch.setattr(writer, "TAIL_ROWS", 8)
    random, model = np.random.default_rng(seed), {one.name: one for one in held.entries()}
    commit, stages = beside.commit, []

    def change(times):
        for _ in range(times):
            name = "abcdefghijkl"[random.integers(12)]
            if random.random() < 0.4:
                held.remove([name])
                model.pop(name, None)
            else:
                model[name] = entry(name, seed=int(random.integers(1000)))
                held.add([model[name]])
            assert {one.name: one for one in held.entries()} == model

    def check(stage):
        stages.append(stage)
        crashed = tmp_path / f"{len(stages)}"
        shutil.copytree(held.path, crashed)
        for opened in (held, BankStore.open(held.path), BankStore.open(crashed), reader):
            opened.refresh()
            assert {one.name: one for one in opened.entries()} == model
            assert len(opened) == len(model)
        assert verify_bank(crashed) == []
        lost = tmp_path / f"{len(stages)} lost"
        shutil.copytree(crashed, lost)
        (lost / "manifest.json").unlink()
        assert repair_bank(lost).kept == len(model)
        assert {one.name: one for one in BankStore.open(lost).entries()} == model
        with BankStore.open(crashed, writable=True) as next_writer:
            assert {one.name: one for one in next_writer.entries()} == model

    def slowly(*arguments, **more):
        change(5)
        check("before")
        commit(*arguments, **more)
        change(5)
        check("after")
        assert _manifest(held.path)["requires"] == ["log", "log-start"]

    reader = BankStore.open(held.path)
    monkeypatch.setattr(beside, "commit", slowly)
    monkeypatch.setattr(held._writer, "merge", lambda: None)
    monkeypatch.setattr(beside.Sealer, "start", lambda self: None)
    for _ in range(3):
        change(9)
        held._writer.sealer.work()
        check("in the end")
    assert stages == ["before", "after", "in the end"] * 3
    held.close()
    assert {one.name: one for one in BankStore.open(held.path).entries()} == model
    assert _manifest(held.path)["requires"] == []


def test_a_seal_that_fails_leaves_all_in_the_log(held, monkeypatch):
    monkeypatch.setattr(writer, "TAIL_ROWS", 2)
    commit = beside.commit

    def fails(*arguments, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(beside, "commit", fails)
    for number in range(5):
        held.add([entry(f"{number}")])
        held._writer.sealer.join()
    assert _names(held) == _names(BankStore.open(held.path)) == sorted([*"abc", *"01234"])
    assert len(held.snapshot.segments) == 1
    monkeypatch.setattr(beside, "commit", commit)
    held.add([entry("5")])
    held._writer.sealer.join()
    assert len(held.snapshot.segments) == 2
    assert _names(held) == _names(BankStore.open(held.path)) == sorted([*"abc", *"012345"])


def test_large_changes_wait_for_a_seal_and_are_planned_anew(held, monkeypatch):
    monkeypatch.setattr(writer, "MOST_LOGGED", 3)
    monkeypatch.setattr(writer, "TAIL_ROWS", 2)
    commit, entered, go_on = beside.commit, threading.Event(), threading.Event()

    def slowly(*arguments, **more):
        entered.set()
        assert go_on.wait(30)
        commit(*arguments, **more)

    monkeypatch.setattr(beside, "commit", slowly)
    held.add([entry("d"), entry("e")])
    assert entered.wait(30)
    threading.Timer(0.1, go_on.set).start()
    assert held.add([entry(name, seed=1) for name in "adxyz"]) == Added(added=3, replaced=2)
    assert held.remove(["a", "b", "c", "d", "nobody"]) == 4
    assert held.set_policy(lambda policy: replace(policy, rule="forbild")).rule == "forbild"
    assert _names(held) == _names(BankStore.open(held.path)) == ["e", "x", "y", "z"]


def test_a_log_of_little_but_what_is_sealed_makes_room_for_another(held, monkeypatch):
    monkeypatch.setattr(writer, "TAIL_ROWS", 2)
    monkeypatch.setattr(writer, "LOG_BYTES", 6000)
    numbers = set()
    for number in range(40):
        held.add([entry(f"{number}")])
        held._writer.sealer.join()
        numbers |= {path.name for path in held.path.glob("log-*")}
        assert sum(path.stat().st_size for path in held.path.glob("log-*")) < 12000
    assert len(numbers) > 2
    assert len(held) == 43 == len(BankStore.open(held.path))


@pytest.fixture
def left(held, tmp_path):
    """Return a copy of a bank as a killed writer leaves it, and its entries after each change."""
    states = [_names(held)]
    for change in ("+d", "+e", "-b", "+f", "-d"):
        if change[0] == "+":
            held.add([entry(change[1], names=("pdq",))])
        else:
            held.remove([change[1]])
        states.append(_names(held))
    held.add([entry("last")], durable=True)
    states.append(_names(held))
    while len(parse_log(memoryview(_log(held.path).read_bytes())[HEAD_BYTES:]).payloads) < 6:
        pass
    bank = tmp_path / "left"
    shutil.copytree(held.path, bank)
    return bank, states


def test_a_log_that_ends_anywhere_gives_the_last_whole_state(left, tmp_path):
    bank, states = left
    log = _log(bank)
    whole = log.read_bytes()
    seen = set()
    for length in range(HEAD_BYTES, len(whole) + 1):
        log.write_bytes(whole[:length])
        number = len(parse_log(memoryview(whole[:length])[HEAD_BYTES:]).payloads)
        seen.add(number)
        reader = BankStore.open(bank)
        assert _names(reader) == states[number]
        if length % 9 == 0:
            assert verify_bank(bank) == []
            copy = tmp_path / "copy"
            shutil.copytree(bank, copy)
            with BankStore.open(copy, writable=True) as store:
                assert list(copy.glob("log-*")) == []
                store.add([entry("more")])
            assert _names(BankStore.open(copy)) == sorted([*states[number], "more"])
            shutil.rmtree(copy)
    assert seen == set(range(len(states)))
    for length in range(HEAD_BYTES):
        log.write_bytes(whole[:length])
        with pytest.raises(BankDamagedError, match=log.name):
            BankStore.open(bank)


def test_no_changed_bit_of_what_was_safe_passes(left):
    bank, states = left
    log = _log(bank)
    whole = log.read_bytes()
    parsed = parse_log(memoryview(whole)[HEAD_BYTES:])
    assert parsed.end == len(whole)
    mark = len(whole) - 24  # the last record, which says that all before it is safe
    random = np.random.default_rng(4)
    for place in [*range(0, mark, 5), *range(mark, len(whole))]:
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        log.write_bytes(changed)
        if place >= mark:
            assert _names(BankStore.open(bank)) == states[-1]
            continue
        with pytest.raises(BankError):
            BankStore.open(bank)
        with pytest.raises(BankError):
            BankStore.open(bank, writable=True)
        assert verify_bank(bank)[0].file == log.name
        assert log.read_bytes() == changed


def test_repair_keeps_the_changes_that_are_whole(left):
    bank, states = left
    log = _log(bank)
    whole = bytearray(log.read_bytes())
    before = files(bank)
    assert repair_bank(bank).damages == []
    assert files(bank) == before
    whole[HEAD_BYTES + 30] ^= 4  # in the first change: "d" is added
    log.write_bytes(whole)
    report = repair_bank(bank)
    assert (report.kept, len(report.copies)) == (len(states[-1]), 1)
    assert any("newest changes" in note for note in report.notes)
    assert verify_bank(bank) == []
    assert _names(BankStore.open(bank)) == states[-1]
    with BankStore.open(bank, writable=True) as store:
        store.add([entry("more")])
    assert _names(BankStore.open(bank)) == sorted([*states[-1], "more"])


def test_repair_without_a_manifest_reads_the_log(left):
    bank, states = left
    (bank / "manifest.json").write_bytes(b'{"sha256":"')
    assert repair_bank(bank).kept == len(states[-1])
    assert _names(BankStore.open(bank)) == states[-1]
    shutil.copy(_log(bank), bank / "kept")
    with BankStore.open(bank, writable=True) as store:
        assert _names(store) == states[-1]
    (bank / "kept").rename(bank / "log-00000004.eik")  # as if it had not been removed yet
    (bank / "manifest.json").write_bytes(b'{"sha256":"')
    repair_bank(bank)
    assert _names(BankStore.open(bank)) == states[-1]


def test_a_bank_of_nothing_but_a_log_is_repaired(tmp_path):
    with BankStore.open(BankStore.create(tmp_path / "bank").path, writable=True) as held:
        held.add([entry("a")])
        shutil.copytree(held.path, tmp_path / "left")
    (tmp_path / "left" / "manifest.json").unlink()
    with pytest.raises(BankDamagedError, match="is missing"):
        BankStore.open(tmp_path / "left")
    assert repair_bank(tmp_path / "left").kept == 1


def test_a_change_that_is_interrupted_leaves_no_half_record(held, monkeypatch):
    held.add([entry("d")], durable=True)
    write = os.write

    def interrupted(descriptor, data):
        write(descriptor, data[:40])
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        held.add([entry("e")])
    monkeypatch.setattr(os, "write", write)
    held.add([entry("f")])
    assert _names(held) == _names(BankStore.open(held.path)) == ["a", "b", "c", "d", "f"]


def test_a_missing_log_and_a_newer_one(left):
    bank, _ = left
    log = _log(bank)
    newer = bytearray(log.read_bytes())
    newer[8] = 2
    log.write_bytes(newer)
    with pytest.raises(BankFormatError, match="update"):
        BankStore.open(bank)
    log.unlink()
    with pytest.raises(BankDamagedError, match="is missing"):
        BankStore.open(bank)
    assert verify_bank(bank)[0].file == log.name
    assert repair_bank(bank).kept == 3


_NAMES = st.sampled_from(["a", "b", "c", "d", "e\n", "\udcff"])
_ENTRIES = st.builds(
    lambda name, seed, names, state: entry(name, seed, names, state=state),
    _NAMES,
    st.integers(0, 2),
    st.sampled_from([("pdq",), ("nmf",), ("forbild", "pdq")]),
    st.sampled_from(EntryState),
)
_STEPS = st.one_of(
    st.tuples(st.just("add"), st.lists(_ENTRIES, max_size=4)),
    st.tuples(st.just("remove"), st.lists(_NAMES, max_size=3)),
    st.tuples(st.just("reopen"), st.booleans()),
    st.tuples(st.just("refresh"), st.none()),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(_STEPS, max_size=30), rows=st.sampled_from([1, 3, 1000]))
def test_behaves_as_a_dict_that_counts_bits(tmp_path_factory, monkeypatch, steps, rows):
    monkeypatch.setattr(writer, "TAIL_ROWS", rows)
    path = BankStore.create(tmp_path_factory.mktemp("model") / "bank").path
    reader, held, model = BankStore.open(path), BankStore.open(path, writable=True), {}
    for kind, what in steps:
        if kind == "add":
            held.add(what)
            for one in {one.name: one for one in what}.values():
                model[one.name] = _united(model.get(one.name), one)
        elif kind == "remove":
            assert held.remove(what) == len({name for name in what if model.pop(name, None)})
        elif kind == "refresh":
            reader.refresh()
            assert {one.name: one for one in reader.entries()} == model
        else:
            held.close()
            held = BankStore.open(path, writable=True)
        _agrees(held, model)
    reader.refresh()
    _agrees(reader, model)
    _agrees(BankStore.open(path), model)
    held.close()
    _agrees(BankStore.open(path), model)


def _agrees(store, model):
    assert len(store) == len(model)
    assert {one.name: one for one in store.entries()} == model
    assert sorted(store.names()) == sorted(model)
    codes = {
        name: int.from_bytes(one.fingerprint.hashes["pdq"])
        for name, one in model.items()
        if "pdq" in one.fingerprint.hashes
    }
    assert store.snapshot.holding([_PDQ]) == len(codes)
    if not codes:
        return
    query = entry("q", seed=1).fingerprint.hashes["pdq"]
    (found,) = search_codes(store.snapshot, _PDQ, np.frombuffer(query, np.uint8)[None], 120)
    distances = {name: (code ^ int.from_bytes(query)).bit_count() for name, code in codes.items()}
    assert dict(found) == {name: d for name, d in distances.items() if d <= 120}


def _united(old, new):
    if old is None:
        return new
    a, b = old.fingerprint, new.fingerprint
    if any(a.hashes[name] != b.hashes[name] for name in a.hashes.keys() & b.hashes.keys()):
        return new
    united = replace(
        b,
        hashes={**a.hashes, **b.hashes},
        versions={**a.versions, **b.versions},
        forbild_grey=b.forbild_grey or a.forbild_grey,
    )
    return replace(new, created=CREATED, fingerprint=united)
