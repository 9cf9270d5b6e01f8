"""Local features are kept as safely as entries, and found as soon and as long as these are."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eikona import Bank
from eikona.adapters.bank import layout, writer
from eikona.adapters.bank.manifest import read_manifest
from eikona.adapters.bank.repair import repair_bank
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from eikona.domain.errors import BankFormatError, InvalidFingerprintError, UsageError
from eikona.domain.local_features import LocalFeatures
from eikona.matching.shortlist.postings import build_postings
from eikona.matching.shortlist.searching import Shortlist
from tests.unit.adapters.bank.made import entry
from tests.unit.matching.shortlist.made_features import copy, picture

KEPT = 300


def featured(name, seed, count=12, **more):
    """Return an entry with local features, as a query has them: with margins."""
    one = entry(name, seed=seed, names=("pdq",), **more)
    features = picture(seed, count)
    return replace(one, fingerprint=replace(one.fingerprint, local_features=features))


def stored(one):
    """Return the local features as a bank keeps them."""
    features = one.fingerprint.local_features
    return features and replace(features, margins=b"")


def contents(store):
    return {one.name: one.fingerprint.local_features for one in store.entries()}


def shortlist(store, features, most=5):
    """Return the names that the shortlist has for a query, the likeliest first."""
    state = store.snapshot  # one: what is sealed meanwhile makes another of it
    blocks = state.feature_blocks()
    found = Shortlist().shortlist(features, [block.table for block in blocks], most=most)
    return [state.name_at(blocks[table].start + row) for table, row in found.places]


@pytest.fixture
def store(tmp_path):
    return BankStore.create(tmp_path / "bank", local_features=KEPT)


@pytest.mark.parametrize("writable", [False, True])
def test_what_is_added_is_kept_and_found(store, writable):
    with BankStore.open(store.path, writable=writable) as changed:
        entries = [featured("a", 1), featured("b", 2), entry("bare", names=("pdq",))]
        changed.add(entries)
        for one in (changed, BankStore.open(store.path)):
            assert contents(one) == {each.name: stored(each) for each in entries}
            assert one.snapshot.featured() == 2
            assert shortlist(one, copy(picture(2, 12))) == ["b"]
        changed.remove(["b"])
        assert shortlist(changed, copy(picture(2, 12))) == []
        assert changed.snapshot.featured() == 1
    again = BankStore.open(store.path)
    assert contents(again) == {"a": stored(entries[0]), "bare": None}
    assert shortlist(again, copy(picture(1, 12))) == ["a"]


def test_a_picture_keeps_its_features_when_hashes_are_added_and_gets_them_later(store):
    full = featured("a", 1)
    plain = replace(full, fingerprint=replace(full.fingerprint, local_features=None))
    assert store.add([plain]).added == 1
    assert store.add([full]).replaced == 1
    assert store.add([full]).unchanged == 1
    assert store.add([plain]).unchanged == 1
    code = np.zeros((1, 8), np.uint8)
    Bank.open(store.path).add_codes("phash", ["a"], code)
    store.refresh()
    assert contents(store) == {"a": stored(full)}
    assert set(store.entry("a").fingerprint.hashes) == {"pdq", "phash"}
    assert store.add([featured("a", 2)]).replaced == 1  # another picture
    assert contents(store) == {"a": stored(featured("a", 2))}


def test_a_bank_without_them_keeps_none(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    store.add([featured("a", 1)])
    assert contents(store) == {"a": None}
    assert store.snapshot.feature_blocks() == []
    assert store.snapshot.manifest.local_features is None
    assert store.add([featured("a", 1)]).unchanged == 1


@pytest.mark.parametrize("number", [0, -1, 301])
def test_no_shortlist_has_so_many(tmp_path, number):
    with pytest.raises(UsageError, match="300"):
        BankStore.create(tmp_path / "bank", local_features=number)
    assert not (tmp_path / "bank").exists()


@pytest.mark.parametrize(
    "features",
    [
        LocalFeatures(0, 5, b"", b""),
        LocalFeatures(5, 2**32, b"", b""),
        LocalFeatures(5, 5, bytes(16), b""),
        LocalFeatures(5, 5, bytes(16 * 301), bytes(8 * 301)),
    ],
)
def test_features_that_make_no_sense_are_refused(store, features):
    one = featured("a", 1)
    wrong = replace(one, fingerprint=replace(one.fingerprint, local_features=features))
    with pytest.raises(InvalidFingerprintError):
        store.add([featured("b", 2), wrong])
    assert len(store) == 0


def test_postings_are_those_of_the_kept_entries(tmp_path):
    store = BankStore.create(tmp_path / "bank", local_features=7)
    entries = [featured("a", 1), entry("bare", names=("pdq",)), featured("c", 3, count=4)]
    store.add(entries)
    (segment,) = store.snapshot.segments
    rows = [(row, one) for row, one in enumerate(map(stored, entries)) if one is not None]
    expected = build_postings(3, rows, descriptors=7)
    for field in ("starts", "codes", "geometry", "rows", "sketches"):
        assert getattr(segment.postings, field).tolist() == getattr(expected, field).tolist()
    assert len(segment.postings.codes) == 7 + 4
    assert len(store.entry("a").fingerprint.local_features) == 12  # all stay, to be verified by


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 7), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("remove"), st.integers(0, 7)),
        st.tuples(st.just("reopen")),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(steps=steps, rows=st.integers(1, 6))
def test_behaves_as_a_dict_whatever_is_sealed_and_merged(tmp_path_factory, steps, rows):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writer, "TAIL_ROWS", rows)
        path = tmp_path_factory.mktemp("banks") / "bank"
        BankStore.create(path, local_features=KEPT)
        store, model = BankStore.open(path, writable=True), {}
        for step, *what in steps:
            if step == "add":
                number, seed, has = what
                one = featured(f"{number}", seed)
                if not has:
                    one = entry(f"{number}", seed=100 + seed, names=("pdq",))
                store.add([one])
                model[one.name] = stored(one)
            elif step == "remove":
                store.remove([f"{what[0]}"])
                model.pop(f"{what[0]}", None)
            else:
                store.close()
                store = BankStore.open(path, writable=True)
            assert contents(store) == model
            assert store.snapshot.featured() == sum(one is not None for one in model.values())
        for name, features in model.items():
            if features is not None:
                # several names may have one picture's features
                same = {other for other, theirs in model.items() if theirs == features}
                assert name in same
                assert set(shortlist(store, features, most=10)) == same
        store.close()
        assert contents(BankStore.open(path)) == model
        assert verify_bank(path) == []


def _sections(path):
    data = path.read_bytes()
    (count,) = struct.unpack_from("<H", data, 10)
    table = [struct.unpack_from("<16s48sQQII", data, 64 + 96 * row) for row in range(count)]
    return {
        kind.rstrip(b"\0").decode(): (
            algorithm.rstrip(b"\0").decode(),
            data[offset : offset + size],
            flags,
        )
        for kind, algorithm, offset, size, _, flags in table
    }


def test_segments_are_what_the_documentation_says(store):
    entries = [featured("a", 1), entry("bare", names=("pdq",)), featured("c", 3)]
    store.add(entries)
    body = json.loads((store.path / "manifest.json").read_bytes())["bank"]
    assert body["requires"] == ["local-features"]
    assert body["local_features"] == 300
    sections = _sections(store.path / "segment-00000001.eik")
    packed = [b"" if stored(one) is None else stored(one).to_bytes() for one in entries]
    algorithm, offsets, flags = sections["feature-offsets"]
    assert (algorithm, flags) == ("local@1", 1)
    assert struct.unpack("<4Q", offsets) == tuple(
        np.cumsum([0, *map(len, packed)], dtype=int).tolist()
    )
    assert sections["features"] == ("local@1", b"".join(packed), 1)
    one = packed[0]
    assert struct.unpack_from("<BxHII", one) == (1, 12, 384, 288)
    assert one[12:] == picture(1, 12).codes + picture(1, 12).geometry
    for kind in ("starts", "codes", "geom", "rows", "sketches"):
        assert sections[f"posting-{kind}"][::2] == ("shortlist@1", 0)
    starts = np.frombuffer(sections["posting-starts"][1], "<u4")
    assert starts[-1] == len(sections["posting-codes"][1]) // 8 == 24
    assert set(np.frombuffer(sections["posting-rows"][1], "<u4").tolist()) == {0, 2}
    assert len(sections["posting-sketches"][1]) == 8 * 3


def test_who_does_not_know_them_refuses_the_bank_and_its_segments(store, monkeypatch):
    store.add([featured("a", 1)])
    monkeypatch.setattr("eikona.adapters.bank.manifest._FEATURES", frozenset({"log"}))
    with pytest.raises(BankFormatError, match="local-features"):
        BankStore.open(store.path)
    monkeypatch.setattr("eikona.adapters.bank.segment._KINDS", frozenset({"codes"}))
    with pytest.raises(BankFormatError, match="feature"):
        Segment.open(store.path / "segment-00000001.eik", 1)


def _damage(path, kind, at=0):
    """Change a byte of one section of a segment."""
    data = bytearray(path.read_bytes())
    head, _ = layout.parse_head(memoryview(bytes(data)), path.name)
    (section,) = (one for one in head.sections if one.kind == kind)
    data[section.offset + at] ^= 0xFF
    path.write_bytes(data)


def _many(store, number=60):
    """Fill a bank so that sections of features take several blocks of the file."""
    entries = [featured(f"{seed:03}", seed, count=300) for seed in range(number)]
    store.add(entries)
    return {one.name: stored(one) for one in entries}


def test_damaged_features_cost_no_entry_and_few_features(store):
    expected = _many(store)
    _damage(store.path / "segment-00000001.eik", "features", at=200_000)
    report = repair_bank(store.path)
    assert (report.kept, report.lost) == (60, 0)
    (note,) = report.notes
    found = contents(BankStore.open(store.path))
    assert found.keys() == expected.keys()
    without = [name for name, features in found.items() if features is None]
    assert 1 <= len(without) <= 65536 // 7212 + 2
    assert note.startswith(f"{len(without)} entries")
    assert all(found[name] == expected[name] for name in found if name not in without)
    assert verify_bank(store.path) == []
    again = BankStore.open(store.path)
    assert shortlist(again, expected["059"], most=1) == ["059"]


@pytest.mark.parametrize("kind", ["starts", "codes", "geom", "rows", "sketches"])
def test_damaged_postings_cost_nothing(store, kind):
    expected = _many(store)
    _damage(store.path / "segment-00000001.eik", f"posting-{kind}")
    report = repair_bank(store.path)
    assert (report.kept, report.lost) == (60, 0)
    mended = BankStore.open(store.path)
    found = contents(mended)
    # The block that is damaged may hold the rim of its neighbours.
    whole = [name for name, features in found.items() if features is not None]
    assert len(whole) >= 60 - 65536 // 7212 - 2
    assert all(found[name] == expected[name] for name in whole)
    assert shortlist(mended, expected[whole[0]], most=1) == [whole[0]]


def test_repair_without_a_manifest_keeps_features(store):
    with BankStore.open(store.path, writable=True) as held:
        held.add([featured("a", 1)])
    (store.path / "manifest.json").write_bytes(b"{")
    repair_bank(store.path)
    assert read_manifest(store.path).local_features == 300
    assert contents(BankStore.open(store.path)) == {"a": stored(featured("a", 1))}


def test_repair_without_a_manifest_keeps_the_features_of_a_log(store):
    held = BankStore.open(store.path, writable=True)
    held.add([featured("a", 1)])
    held._lock.close()  # as if it were killed
    (store.path / "manifest.json").write_bytes(b"{")
    repair_bank(store.path)
    again = BankStore.open(store.path)
    assert again.keeps_features
    assert contents(again) == {"a": stored(featured("a", 1))}
    with BankStore.open(store.path, writable=True):
        pass
    assert contents(BankStore.open(store.path)) == {"a": stored(featured("a", 1))}


def test_features_add_up_through_the_log_of_another_process(store):
    with BankStore.open(store.path, writable=True) as held:
        reader = BankStore.open(store.path)
        for seed in range(9):
            held.add([featured(f"{seed}", seed)])
            reader.refresh()
            assert shortlist(reader, copy(picture(seed, 12)), most=1) == [f"{seed}"]
            if seed % 3 == 2:
                held.remove([f"{seed - 1}"])
                reader.refresh()
                assert f"{seed - 1}" not in shortlist(reader, picture(seed - 1, 12))
