"""Torn, changed, missing and foreign files: an error, nothing touched, the rest repaired."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from eikona.adapters.bank import layout, log_writer, segment
from eikona.adapters.bank.repair import repair_bank
from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from eikona.domain.errors import BankDamagedError, BankError, BankFormatError
from eikona.domain.policy import Policy
from eikona.services.ports import HashKey
from tests.unit.adapters.bank.made import entry, files

_SEGMENT = "segment-00000001.eik"
_PDQ = HashKey("pdq", 1, 32)


@pytest.fixture
def bank(tmp_path):
    """Return a bank with two segments, one of several blocks, and tombstones."""
    store = BankStore.create(tmp_path / "bank")
    random = np.random.default_rng(3)
    names = [f"code {number:04}" for number in range(3000)]
    store.add_codes(_PDQ, names, random.integers(0, 256, (3000, 32), np.uint8))
    store.add([entry(f"entry {number}", note="noted") for number in range(5)])
    store.remove(names[:10])
    return store.path


def _entries(bank):
    return {one.name: one for one in BankStore.open(bank).entries()}


def _spread(size, number):
    return sorted({*range(0, size, max(1, size // number)), size - 1})


@pytest.mark.parametrize("name", [_SEGMENT, "segment-00000002.eik", "tombstones-00000003.eik"])
def test_a_file_that_is_cut_short_or_missing(bank, name):
    whole = (bank / name).read_bytes()
    for length in _spread(len(whole), 23):
        (bank / name).write_bytes(whole[:length])
        before = files(bank)
        with pytest.raises(BankDamagedError, match=name):
            BankStore.open(bank)
        with pytest.raises(BankDamagedError, match=name):
            BankStore.open(bank, writable=True)
        assert {damage.file for damage in verify_bank(bank)} == {name}
        assert files(bank) == before
    (bank / name).unlink()
    with pytest.raises(BankDamagedError, match=f"{name} is missing"):
        BankStore.open(bank)
    assert {damage.file for damage in verify_bank(bank)} == {name}


@pytest.mark.parametrize(
    "name", [_SEGMENT, "segment-00000002.eik", "tombstones-00000003.eik", "manifest.json"]
)
def test_no_changed_bit_passes(bank, name):
    whole = (bank / name).read_bytes()
    random = np.random.default_rng(1)
    for place in _spread(len(whole), 200):
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        (bank / name).write_bytes(changed)
        with pytest.raises(BankError):
            BankStore.open(bank)
        assert verify_bank(bank)[0].file == name
        assert (bank / name).read_bytes() == changed


def test_bytes_behind_the_end_do_not_pass(bank):
    with (bank / _SEGMENT).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BankDamagedError, match="bytes instead of"):
        BankStore.open(bank)
    report = repair_bank(bank)
    assert (report.kept, report.lost) == (2995, 0)
    assert len(BankStore.open(bank)) == 2995


def test_long_segments_are_checked_where_they_are_read_and_whole_by_verify(bank, monkeypatch):
    monkeypatch.setattr(segment, "CHECKED_WHOLE", 0)
    changed = bytearray((bank / _SEGMENT).read_bytes())
    head, _ = layout.parse_head(memoryview(changed), _SEGMENT)
    start, end = head.block(1)
    changed[start + 5] ^= 64
    (bank / _SEGMENT).write_bytes(changed)
    assert len(BankStore.open(bank)) == 2995
    (damage,) = verify_bank(bank)
    assert (damage.file, damage.block, damage.start, damage.end) == (_SEGMENT, 1, start, end)


def test_merging_never_makes_damage_pass_for_sound(bank, monkeypatch):
    monkeypatch.setattr(segment, "CHECKED_WHOLE", 0)
    changed = bytearray((bank / _SEGMENT).read_bytes())
    changed[70_000] ^= 1
    (bank / _SEGMENT).write_bytes(changed)
    store = BankStore.open(bank)
    assert store.remove([f"code {number:04}" for number in range(2000)]) == 1990
    assert len(BankStore.open(bank)) == 1005
    assert {damage.file for damage in verify_bank(bank)} == {_SEGMENT}


def test_damaged_notes_cost_only_the_entries_that_have_some(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    notes = {"a": "n" * 200_000, "b": "", "c": "n" * 200_000}
    store.add([entry(name, note=note) for name, note in notes.items()])
    data = bytearray((store.path / _SEGMENT).read_bytes())
    data[200_000] ^= 1
    (store.path / _SEGMENT).write_bytes(data)
    report = repair_bank(store.path)
    assert (report.kept, report.lost) == (1, 2)
    assert list(_entries(store.path)) == ["b"]


def test_another_segment_under_the_name_does_not_pass(bank):
    shutil.copy(bank / "segment-00000002.eik", bank / _SEGMENT)
    with pytest.raises(BankDamagedError, match="not the file that the manifest names"):
        BankStore.open(bank)
    assert verify_bank(bank)[0].file == _SEGMENT


def test_a_newer_format_asks_for_an_update(bank):
    for name in (_SEGMENT, "tombstones-00000003.eik"):
        whole = bytearray((bank / name).read_bytes())
        newer = whole.copy()
        newer[8] = 2
        (bank / name).write_bytes(newer)
        with pytest.raises(BankFormatError, match="update"):
            BankStore.open(bank)
        (bank / name).write_bytes(whole)


def test_a_sound_bank_is_left_as_it_is(bank):
    before = files(bank)
    assert verify_bank(bank) == []
    report = repair_bank(bank)
    assert (report.damages, report.kept, report.lost, report.copies) == ([], 2995, 0, [])
    assert files(bank) == before


def test_repair_keeps_every_entry_outside_of_the_damaged_block(bank):
    """Each block of the long segment in turn."""
    sound, kept = files(bank), _entries(bank)
    head, _ = layout.parse_head(memoryview(sound[_SEGMENT]), _SEGMENT)
    assert len(head.checksums) > 3
    for block in range(len(head.checksums)):
        start, end = head.block(block)
        changed = bytearray(sound[_SEGMENT])
        changed[start:end] = bytes(byte ^ 0xFF for byte in changed[start:end])
        (bank / _SEGMENT).write_bytes(changed)
        report = repair_bank(bank)
        assert verify_bank(bank) == []
        left = _entries(bank)
        assert left.items() <= kept.items()
        assert (len(left), len(kept) - len(left)) == (report.kept, report.lost)
        assert all(f"entry {number}" in left for number in range(5))
        assert (bank / "damaged" / _SEGMENT).read_bytes() == changed
        name = next(iter(left))  # what looks up by name was made anew
        assert BankStore.open(bank).entry(name) == left[name]
        _restore(bank, sound)


def _restore(bank, contents):
    shutil.rmtree(bank)
    bank.mkdir(mode=0o700)
    for name, data in contents.items():
        (bank / name).write_bytes(data)


def test_repair_of_a_small_damage_loses_only_the_entries_in_its_block(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    names = [f"{number}" for number in range(12_000)]
    random = np.random.default_rng(1)
    store.add_codes(_PDQ, names, random.integers(0, 256, (12_000, 32), np.uint8))
    before = _entries(store.path)
    path = store.path / _SEGMENT
    changed = bytearray(path.read_bytes())
    head, _ = layout.parse_head(memoryview(changed), _SEGMENT)
    codes = next(one for one in head.sections if one.kind == "codes")
    changed[codes.offset + codes.length // 2] ^= 1
    path.write_bytes(changed)
    report = repair_bank(store.path)
    assert 0 < report.lost <= layout.BLOCK_BYTES // 8  # a block holds a word of so many codes
    left = _entries(store.path)
    assert left.items() <= before.items()
    assert len(left) == 12_000 - report.lost == report.kept


def test_repair_of_a_cut_segment_keeps_what_is_before_the_cut(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    store.add([entry(f"{number}") for number in range(500)])
    path = store.path / _SEGMENT
    whole, before = path.read_bytes(), _entries(store.path)
    path.write_bytes(whole[:-10])  # the footer
    assert repair_bank(store.path).lost == 0
    assert _entries(store.path) == before


def test_repair_without_a_head_loses_the_segment_and_nothing_else(bank):
    changed = bytearray((bank / _SEGMENT).read_bytes())
    changed[70] ^= 1
    (bank / _SEGMENT).write_bytes(changed)
    report = repair_bank(bank)
    assert (report.kept, report.lost) == (5, 2990)
    assert set(_entries(bank)) == {f"entry {number}" for number in range(5)}


def test_repair_without_tombstones_says_that_removed_entries_are_back(bank):
    (bank / "tombstones-00000003.eik").write_bytes(b"torn")
    report = repair_bank(bank)
    assert len(_entries(bank)) == report.kept == 3005
    assert any("removed may be back" in note for note in report.notes)


@pytest.mark.parametrize("manifest", [None, b"", b'{"sha256":"', b"{}"])
def test_repair_without_a_manifest_finds_everything_again(bank, manifest):
    store = BankStore.open(bank)
    for number in range(20):  # merges, and new values of old names
        store.add([entry(f"entry {number % 7}", seed=number)])
    store.remove(["entry 3"])
    before = _entries(bank)
    if manifest is None:
        (bank / "manifest.json").unlink()
    else:
        (bank / "manifest.json").write_bytes(manifest)
    with pytest.raises(BankDamagedError):
        BankStore.open(bank)
    assert verify_bank(bank)[0].file == "manifest.json"
    report = repair_bank(bank)
    assert _entries(bank) == before
    assert report.kept == len(before)
    assert report.notes
    BankStore.open(bank).add([entry("later")])
    assert len(BankStore.open(bank)) == len(before) + 1


def test_repair_has_what_was_merged_where_the_merged_segment_is_damaged(tmp_path):
    bank = BankStore.create(tmp_path / "bank").path
    for number in range(3):
        BankStore.open(bank).add([entry(f"{number}")])
    before = _entries(bank)
    shutil.copytree(bank, tmp_path / "parts")
    BankStore.open(bank).add([entry("3")])  # which merges
    (merged,) = bank.glob("segment-*.eik")
    data = bytearray(merged.read_bytes())
    data[-100] ^= 1
    merged.write_bytes(data)
    for part in (tmp_path / "parts").glob("segment-*.eik"):  # a crash came before they went
        shutil.copy(part, bank)
    (bank / "manifest.json").unlink()
    repair_bank(bank)
    assert _entries(bank) == before


def test_files_that_a_crash_has_left_are_removed_by_the_next_writer(bank):
    before = _entries(bank)
    shutil.copy(bank / _SEGMENT, bank / "segment-00000099.eik")
    (bank / "segment-00000100.part").write_bytes(b"torn")
    (bank / "manifest.part").write_bytes(b"torn")
    (bank / "notes.txt").write_text("mine")
    assert _entries(bank) == before
    BankStore.open(bank).remove(["nobody"])
    assert sorted(files(bank)) == [
        "manifest-spare.json",
        "manifest.json",
        "notes.txt",
        _SEGMENT,
        "segment-00000002.eik",
        "tombstones-00000003.eik",
    ]


def _logged_bank(tmp_path, entries=30):
    """A bank of durable entries that stand in the log alone, as a killed writer leaves it."""
    made = BankStore.create(tmp_path / "made").path
    with BankStore.open(made, writable=True) as store:
        for number in range(entries):
            store.add([entry(f"{number:02}")], durable=True)
        shutil.copytree(made, tmp_path / "killed")
    return tmp_path / "killed"


def _flip(path, place=60):
    changed = bytearray(path.read_bytes())
    changed[place] ^= 1
    path.write_bytes(changed)


@pytest.mark.parametrize("lost", ["manifest.json", "log-00000001.eik"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_a_repair_that_stops_anywhere_loses_nothing_for_the_next_one(
    tmp_path, monkeypatch, lost, stop
):
    bank = _logged_bank(tmp_path)
    _flip(bank / lost, 60 if lost.startswith("manifest") else 5)
    pack = log_writer.pack_record

    for record in (0, 1, 17, 29):
        packed = iter(range(1000))

        def stops(payload, safe, packed=packed, record=record):
            if next(packed) == record:
                raise stop
            return pack(payload, safe)

        monkeypatch.setattr(log_writer, "pack_record", stops)
        with pytest.raises(stop):
            repair_bank(bank)
        # A killed process removes nothing behind it.
        (bank / "log-00000007.part").write_bytes(b"torn")
    monkeypatch.undo()
    report = repair_bank(bank)
    assert (report.kept, report.lost) == (30, 0)
    assert list(_entries(bank)) == [f"{number:02}" for number in range(30)]
    assert verify_bank(bank) == []


def test_how_a_bank_is_searched_outlives_its_manifest(tmp_path):
    store = BankStore.create(tmp_path / "bank", local_features=150)
    policy = Policy(block_odds=1e-9, is_allow_list=True)
    store.set_policy(lambda _: policy)
    store.add([entry("one")])
    _flip(store.path / "manifest.json")
    report = repair_bank(store.path)
    again = BankStore.open(store.path)
    assert again.policy == policy
    assert again.snapshot.manifest.local_features == 150
    assert not any("policy" in note for note in report.notes)


@pytest.mark.parametrize("damage", [_flip, Path.unlink])
def test_a_policy_that_is_lost_is_said_to_be(tmp_path, damage):
    store = BankStore.create(tmp_path / "bank")
    store.set_policy(lambda _: Policy(is_allow_list=True))
    store.add([entry("one")])
    damage(store.path / "manifest-spare.json")
    _flip(store.path / "manifest.json")
    report = repair_bank(store.path)
    assert report.kept == 1
    assert any("bank policy" in note for note in report.notes)


def test_a_damaged_spare_is_found_and_made_anew(bank):
    store = BankStore.open(bank)
    store.set_policy(lambda _: Policy(is_allow_list=True))
    _flip(bank / "manifest-spare.json")
    (damage,) = verify_bank(bank)
    assert damage.file == "manifest-spare.json"
    before = _entries(bank)
    report = repair_bank(bank)
    assert (report.lost, verify_bank(bank)) == (0, [])
    assert _entries(bank) == before
    assert BankStore.open(bank).policy.is_allow_list
