"""A bank on disk against a dict of entries."""

import os
import shutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eikona.adapters.bank import blocks
from eikona.adapters.bank.store import BankStore
from eikona.domain.bank import Added, EntryState
from eikona.domain.errors import (
    BankExistsError,
    BankInUseError,
    BankNotFoundError,
    EntryNotFoundError,
    InvalidFingerprintError,
    NotABankError,
    UsageError,
)
from eikona.domain.fingerprint import DecodeMode
from eikona.services.ports import HashKey
from tests.unit.adapters.bank.made import CREATED, entry, files, fingerprint

PDQ = HashKey("pdq", 1, 32)
ODD_NAMES = [
    "ä/ö ü.jpg",
    "line\nbreak\r\tand \x00 nothing",
    os.fsdecode(b"no \xff\xfe text.jpg"),
    "x" * 4096,
    "\U0001f600" * 1000,
    " ",
    "-",
]


@pytest.fixture
def store(tmp_path):
    return BankStore.create(tmp_path / "a.bank")


def test_every_field_comes_back(store):
    full = entry(
        "a",
        source="/home/ä/\udcff.jpg",
        state=EntryState.CONTESTED,
        tags=("one", "zwei \n"),
        owner="Ö",
        note="n" * 10_000,
        created=CREATED - timedelta(days=40_000, microseconds=1),
    )
    picture = replace(
        full.fingerprint,
        width=2**32 - 1,
        height=1,
        frames=500,
        frame=499,
        quality=0,
        decode=DecodeMode.FAST,
        image_format="webp",
    )
    full = replace(full, fingerprint=picture)
    plain = entry("b", names=("pdq",))
    assert store.add([full, plain]) == Added(added=2)
    assert list(BankStore.open(store.path).entries()) == [full, plain]
    assert store.entry("a") == full
    assert store.entry("b").fingerprint.forbild_grey == b""


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_may_be_anything(store, name):
    store.add([entry(name), entry("other")])
    reopened = BankStore.open(store.path)
    assert sorted(one.name for one in reopened.entries()) == sorted([name, "other"])
    assert reopened.entry(name).name == name
    assert reopened.remove([name]) == 1
    with pytest.raises(EntryNotFoundError):
        reopened.entry(name)


@pytest.mark.parametrize("name", ["", "half \ud800 pair", "x" * 65_536])
def test_some_names_are_refused_and_nothing_is_changed(store, name):
    before = files(store.path)
    with pytest.raises(UsageError, match="name"):
        store.add([entry("good"), entry(name, seed=1)])
    assert files(store.path) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hashes": {}, "versions": {}, "forbild_grey": b""}, "no hash"),
        ({"quality": 101}, "quality"),
        ({"width": -1}, "measures"),
        ({"width": 2**32}, "measures"),
        ({"image_format": "portable network"}, "longer"),
        ({"forbild_grey": b"1"}, "grey"),
        ({"hashes": {"pdq": b"short"}, "versions": {"pdq": 1}, "forbild_grey": b""}, "256 bits"),
        ({"hashes": {"p q": b"x"}, "versions": {"p q": 1}, "forbild_grey": b""}, "names no hash"),
        ({"hashes": {"x": b""}, "versions": {"x": 1}, "forbild_grey": b""}, "bytes"),
    ],
)
def test_fingerprints_that_make_no_sense_are_refused(store, changed, said):
    before = files(store.path)
    odd = replace(entry("odd"), fingerprint=replace(fingerprint(1), **changed))
    with pytest.raises(InvalidFingerprintError, match=said):
        store.add([entry("good"), odd])
    assert files(store.path) == before


def test_adding_again_changes_nothing(store):
    some = [entry(f"{number}") for number in range(5)]
    assert store.add(some) == Added(added=5)
    before = files(store.path)
    later = [replace(one, created=CREATED + timedelta(days=1)) for one in some]
    assert store.add(later) == Added(unchanged=5)
    assert files(store.path) == before


def test_a_changed_picture_takes_the_place_of_the_old_one(store):
    store.add([entry("a", seed=1, note="old"), entry("b")])
    new = entry("a", seed=2)
    assert store.add([new]) == Added(replaced=1)
    assert len(store) == 2
    assert BankStore.open(store.path).entry("a") == new


def test_the_same_picture_gets_the_hashes_of_both_times(store):
    whole = entry("a", seed=1, names=("pdq", "phash", "forbild"))
    hashes, versions = whole.fingerprint.hashes, whole.fingerprint.versions

    def part(*names):
        picture = replace(
            whole.fingerprint,
            hashes={name: hashes[name] for name in names},
            versions={name: versions[name] for name in names},
            forbild_grey=whole.fingerprint.forbild_grey if "forbild" in names else b"",
        )
        return replace(whole, fingerprint=picture)

    assert store.add([part("pdq", "phash")]) == Added(added=1)
    assert store.add([part("forbild")]) == Added(replaced=1)
    assert store.add([part("phash", "forbild")]) == Added(unchanged=1)
    assert store.add([part("pdq")]) == Added(unchanged=1)
    assert store.entry("a") == whole


def test_other_facts_of_an_entry_are_replaced(store):
    store.add([entry("a", seed=1, note="old", tags=("x",))])
    changed = entry("a", seed=1, note="new", state=EntryState.WITHDRAWN)
    assert store.add([changed]) == Added(replaced=1)
    assert store.entry("a") == changed


def test_of_several_entries_of_one_name_the_last_counts(store):
    assert store.add([entry("a", seed=1), entry("a", seed=2)]) == Added(added=1)
    assert store.entry("a") == entry("a", seed=2)


def test_a_removed_name_can_be_added_again(store):
    store.add([entry("a", seed=1), entry("b")])
    assert store.remove(["a", "a", "nobody"]) == 1
    assert store.remove(["a"]) == 0
    assert store.add([entry("a", seed=1)]) == Added(added=1)
    assert len(store) == 2


def test_codes_are_set_and_all_else_is_kept(store):
    there = entry("there", names=("phash",), note="kept")
    store.add([there])
    codes = np.arange(96, dtype=np.uint8).reshape(3, 32)
    assert store.add_codes(PDQ, ["there", "new", "other"], codes) == Added(added=2, replaced=1)
    changed = store.entry("there")
    assert changed.fingerprint.hashes == {
        "phash": there.fingerprint.hashes["phash"],
        "pdq": codes[0].tobytes(),
    }
    assert changed.note == "kept"
    new = store.entry("new").fingerprint
    assert (new.hashes, new.width, new.quality) == ({"pdq": codes[1].tobytes()}, 0, 100)
    assert new.image_format == ""
    assert store.add_codes(PDQ, ["there", "new"], codes[:2]) == Added(unchanged=2)
    assert store.add_codes(PDQ, ["new"], codes[2:]) == Added(replaced=1)
    with pytest.raises(UsageError, match="twice"):
        store.add_codes(PDQ, ["x", "x"], codes[:2])


def test_hashes_of_other_programs_may_have_any_length(store):
    for size in (1, 7, 8, 9, 100):
        key = HashKey("theirs", 1, size)
        code = np.full((1, size), 7, np.uint8)
        store.add_codes(key, [f"{size}"], code)
        assert BankStore.open(store.path).entry(f"{size}").fingerprint.hashes == {
            "theirs": code.tobytes()
        }


def test_a_reader_sees_one_state_however_much_is_changed(store):
    store.add([entry(f"{number}") for number in range(10)])
    reader = BankStore.open(store.path)
    before = list(reader.entries())
    for number in range(30):
        store.add([entry(f"later {number}")])
        store.remove([f"{number}"])
    assert list(reader.entries()) == before
    reader.refresh()
    assert list(reader.entries()) == list(store.entries())


def test_a_second_writer_is_told_to_wait(store):
    with BankStore.open(store.path, writable=True) as writer:
        writer.add([entry("a")])
        with pytest.raises(BankInUseError, match="another process"):
            BankStore.open(store.path, writable=True)
        with pytest.raises(BankInUseError):
            store.add([entry("b")])
        assert len(BankStore.open(store.path)) == 1
    store.add([entry("b")])  # on top of what the other one wrote
    assert [one.name for one in store.entries()] == ["a", "b"]


@pytest.mark.parametrize("writable", [False, True])
def test_threads_of_one_process_take_turns(store, writable):
    with BankStore.open(store.path, writable=writable) as shared:

        def add(thread):
            for number in range(8):
                shared.add([entry(f"{thread} {number}", names=("dhash",))])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(4)))
    assert len(BankStore.open(store.path)) == 32


def test_another_bank_in_the_same_place_is_seen_after_refresh(store):
    store.add([entry("old")])
    reader = BankStore.open(store.path)
    shutil.rmtree(store.path)
    BankStore.create(store.path).add([entry("new")])
    reader.refresh()
    assert list(reader.names()) == ["new"]


def test_many_single_additions_leave_few_files(store):
    names = [f"{number}" for number in range(70)]
    for name in names:
        store.add([entry(name)])
    assert len(store.snapshot.segments) <= 9
    for name in names[::2]:
        store.remove([name])
    assert len(files(store.path)) <= 27
    assert [one.name for one in BankStore.open(store.path).entries()] != names
    assert sorted(one.name for one in store.entries()) == sorted(names[1::2])


def test_segments_that_are_mostly_dead_are_written_anew(store):
    store.add([entry(f"{number}") for number in range(100)])
    size = sum(map(len, files(store.path).values()))
    store.remove([f"{number}" for number in range(90)])
    assert sum(map(len, files(store.path).values())) < size / 4
    store.remove([f"{number}" for number in range(90, 100)])
    assert len(BankStore.open(store.path)) == 0
    assert sorted(files(store.path)) == ["manifest-spare.json", "manifest.json"]


def test_only_the_owner_may_read_unless_the_folder_is_opened_to_others(store):
    def modes():
        return {stat.S_IMODE(path.stat().st_mode) for path in store.path.iterdir()}

    store.add([entry("a")])
    store.remove(["a"])
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o700
    assert modes() == {0o600}
    store.path.chmod(0o750)
    store.add([entry("b"), entry("c")])
    assert modes() == {0o600, 0o640}  # the lock is from before


@pytest.mark.parametrize("place", ["file", "filled"])
def test_a_bank_is_made_only_where_nothing_stands(tmp_path, place):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "filled").mkdir()
    (tmp_path / "filled" / "mine").touch()
    before = files(tmp_path)
    with pytest.raises(BankExistsError, match="name another"):
        BankStore.create(tmp_path / place)
    assert files(tmp_path) == before
    (tmp_path / "empty").mkdir(mode=0o755)
    BankStore.create(tmp_path / "empty")
    assert stat.S_IMODE((tmp_path / "empty").stat().st_mode) == 0o700


def test_what_is_no_bank_is_said_and_left_as_it_is(tmp_path):
    (tmp_path / "file").write_bytes(b"GIF89a")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text('{"name": "a web app"}')
    before = files(tmp_path)
    with pytest.raises(BankNotFoundError):
        BankStore.open(tmp_path / "nowhere")
    for name in ("file", "folder", "other"):
        with pytest.raises(NotABankError):
            BankStore.open(tmp_path / name)
        with pytest.raises(NotABankError):
            BankStore.open(tmp_path / name, writable=True)
    assert files(tmp_path) == before
    assert list((tmp_path / "folder").iterdir()) == []


def test_readers_keep_reading_while_a_writer_merges(store):
    """Opening again and again meets files that are merged away in between."""
    store.add([entry("first")])
    ended = threading.Event()

    def write():
        for number in range(60):
            store.add([entry(f"{number}")])
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while not ended.is_set():
        with BankStore.open(store.path) as reader:
            names = [one.name for one in reader.entries()]
        assert names.count("first") == 1
        assert len(names) >= seen
        seen = len(names)
    writer.join()


_NAMES = st.sampled_from(["a", "b", "c", "d", "e\n", "\udcff", "ä" * 200])
_SCHEMAS = st.sampled_from([("pdq",), ("pdq", "phash"), ("nmf",), ("forbild", "pdq")])
_ENTRIES = st.builds(
    lambda name, seed, names, note: entry(name, seed, names, note=note),
    _NAMES,
    st.integers(0, 2),
    _SCHEMAS,
    st.sampled_from(["", "note"]),
)
_STEPS = st.one_of(
    st.tuples(st.just("add"), st.lists(_ENTRIES, max_size=4)),
    st.tuples(st.just("remove"), st.lists(_NAMES, max_size=3)),
    st.tuples(st.just("codes"), st.dictionaries(_NAMES, st.binary(min_size=32, max_size=32))),
    st.tuples(st.just("reopen"), st.none()),
)


def _unite(old, new):
    """The rule of the documentation, written out once more."""
    if old is None:
        return new
    a, b = old.fingerprint, new.fingerprint
    both = a.hashes.keys() & b.hashes.keys()
    if any(a.hashes[name] != b.hashes[name] for name in both) or a.width != b.width:
        return new
    return replace(
        new,
        fingerprint=replace(
            b,
            hashes={**a.hashes, **b.hashes},
            versions={**a.versions, **b.versions},
            forbild_grey=b.forbild_grey or a.forbild_grey,
        ),
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(_STEPS, max_size=25))
def test_behaves_as_a_dict(tmp_path_factory, steps):
    store = BankStore.create(tmp_path_factory.mktemp("model") / "bank")
    model = {}
    for kind, what in steps:
        if kind == "add":
            store.add(what)
            for name, one in {one.name: one for one in what}.items():
                model[name] = _unite(model.get(name), one)
        elif kind == "remove":
            assert store.remove(what) == len({name for name in what if model.pop(name, None)})
        elif kind == "codes":
            codes = np.frombuffer(b"".join(what.values()), np.uint8).reshape(-1, 32)
            store.add_codes(PDQ, list(what), codes)
            for name, code in what.items():
                _set_code(model, name, code)
        else:
            store = BankStore.open(store.path)
        assert len(store) == len(model)
    for opened in (store, BankStore.open(store.path)):
        found = {one.name: replace(one, created=CREATED) for one in opened.entries()}
        assert found == model
        assert list(opened.names()) == [one.name for one in opened.entries()]


def _set_code(model, name, code):
    if name not in model:
        bare = fingerprint(0, names=(), width=0, height=0, image_format="")
        model[name] = entry(name, names=("pdq",))
        model[name] = replace(model[name], fingerprint=bare)
    old = model[name].fingerprint
    changed = replace(old, hashes={**old.hashes, "pdq": code}, versions={**old.versions, "pdq": 1})
    model[name] = replace(model[name], fingerprint=changed)


def test_short_segments_are_searched_as_one(store, monkeypatch):
    for number in range(7):
        store.add([entry(f"{number}"), entry(f"more {number}", names=("phash",))])
    store.remove(["3"])

    def columns():
        blocks = store.snapshot.blocks(PDQ)
        rows = np.concatenate([np.array(block.rows) for block in blocks])
        live = store.snapshot.are_live(rows)
        values = np.concatenate([block.values for block in blocks], axis=1).T
        names = [store.snapshot.name_at(row) for row in rows[live]]
        return len(blocks), dict(zip(names, map(bytes, values[live]), strict=True))

    number, found = columns()
    assert number == 1
    assert found == {
        one.name: one.fingerprint.hashes["pdq"]
        for one in store.entries()
        if "pdq" in one.fingerprint.hashes
    }
    monkeypatch.setattr(blocks, "GATHERED_ROWS", 0)
    store.snapshot._blocks.clear()
    assert columns() == (len([s for s in store.snapshot.segments if PDQ in s.hashes]), found)


def test_names_are_found_alike_one_by_one_and_many_at_once(store):
    names = [f"{number}" for number in range(20)]
    for start in range(0, 20, 5):
        store.add([entry(name, names=("phash",)) for name in names[start : start + 5]])
    store.remove(["3", "11"])
    with BankStore.open(store.path, writable=True) as held:
        held.add([entry("new", names=("phash",)), entry("7", seed=1, names=("phash",))])
        held.remove(["14"])
        wanted = [name.encode() for name in [*names, "new", "never"]]
        found = held.snapshot.find(wanted)
        one_by_one = [held.snapshot.find([name]).get(0) for name in wanted]
    assert one_by_one == [found.get(place) for place in range(len(wanted))]
    assert one_by_one.count(None) == 4


def test_names_whose_digests_are_equal_are_told_apart(store, monkeypatch):
    """As an attacker could make them."""

    def digest(name):
        return len(name)

    def digests(some):
        return np.array([len(name) for name in some], np.uint64)

    monkeypatch.setattr("eikona.adapters.bank.name_table.name_digest", digest)
    monkeypatch.setattr("eikona.adapters.bank.snapshot.name_digest", digest)
    monkeypatch.setattr("eikona.adapters.bank.snapshot.name_digests", digests)
    monkeypatch.setattr("eikona.adapters.bank.contents.name_digests", digests)
    names = ["a", "b", "cc", "d", "ee"]
    store.add([entry(name) for name in names])
    store.add([entry("f"), entry("gg")])
    for name in [*names, "f", "gg"]:
        assert store.entry(name).name == name
    assert store.remove(["b", "x", "yy", "zzz"]) == 1
    assert {one.name for one in store.entries()} == {"a", "cc", "d", "ee", "f", "gg"}
    with pytest.raises(EntryNotFoundError):
        store.entry("b")
    assert store.add([entry("b"), entry("d", seed=5)]) == Added(added=1, replaced=1)
    assert store.entry("d") == entry("d", seed=5)
    some = [entry(name, seed=6) for name in "abcdefghijkl"]  # so many are looked up at once
    assert store.add(some) == Added(added=8, replaced=4)
    assert [store.entry(one.name) for one in some] == some
