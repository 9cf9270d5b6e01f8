"""Band tables in segments: searches by them find what scans find, and damage costs no entry."""

import numpy as np
import pytest

from eikona.adapters.bank import layout, segment, tables
from eikona.adapters.bank.repair import repair_bank
from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from eikona.domain.errors import BankDamagedError
from eikona.matching.bands import BandPlan
from eikona.services.ports import HashKey
from eikona.services.search_codes import search_codes
from tests.unit.adapters.bank.made import entry
from tests.unit.matching.code_sets import ENGINES, codes_and_queries, engine, within

_PDQ = HashKey("pdq", 1, 32)
_ROWS = 20_000


@pytest.fixture
def bank(tmp_path, monkeypatch):
    """Return a bank of one segment with tables, whose codes are looked up one segment at a time."""
    monkeypatch.setattr(tables, "BANDED_ROWS", 1000)
    monkeypatch.setattr(tables, "plan_bands", lambda rows, bits: BandPlan(16, 10))
    store = BankStore.create(tmp_path / "bank")
    _add(store, 0, _ROWS)
    return store


def _codes():
    return codes_and_queries(17, _ROWS, 4)


def _add(store, start, end):
    rows, _ = _codes()
    names = [f"{number}" for number in range(start, end)]
    store.add_codes(_PDQ, names, rows[start:end].view(np.uint8))


def _kinds(one):
    return {section.kind for section in one.head.sections}


@pytest.mark.parametrize("name", ENGINES)
def test_searches_by_tables_find_what_counting_finds(bank, name):
    rows, wanted = _codes()
    (one,) = bank.snapshot.segments
    assert one.tables(_PDQ).plan == BandPlan(16, 10)
    bank.remove(["3", "5000"])
    (block,) = bank.snapshot.blocks(_PDQ)
    assert block.tables is not None
    with engine(name):
        for radius in (0, 31, 43, 100):
            found = search_codes(bank.snapshot, _PDQ, wanted.view(np.uint8), radius)
            hits = [hit for hit in within(rows, wanted, radius) if hit[2] not in (3, 5000)]
            for number, matches in enumerate(found):
                plainly = [(f"{row}", d) for query, d, row in hits if query == number]
                assert sorted(matches) == sorted(plainly)


def test_merging_builds_tables_of_what_is_kept(bank):
    bank.remove([f"{number}" for number in range(_ROWS - 4000, _ROWS)])
    bank.remove([f"{number}" for number in range(8000)])  # more dead than alive: written anew
    (one,) = bank.snapshot.segments
    assert one.rows == _ROWS - 12_000
    rows, wanted = _codes()
    for number, matches in enumerate(search_codes(bank.snapshot, _PDQ, wanted.view(np.uint8), 31)):
        hits = [hit for hit in within(rows[8000:-4000], wanted, 31) if hit[0] == number]
        assert sorted(matches) == sorted((f"{row + 8000}", d) for _, d, row in hits)
    assert verify_bank(bank.path) == []


def test_short_segments_and_those_of_many_hashes_without_pdq_have_none(bank, monkeypatch):
    bank.add([entry("a"), entry("b")])
    assert tables.BAND_IDS not in _kinds(bank.snapshot.segments[-1])
    assert tables.banded_key([HashKey("phash", 1, 8), HashKey("dhash", 1, 8)]) is None
    assert tables.banded_key([HashKey("theirs", 1, 20)]) == HashKey("theirs", 1, 20)
    assert tables.banded_key([HashKey("phash", 1, 8), _PDQ]) == _PDQ


def test_damaged_tables_are_found_and_made_anew(bank, monkeypatch):
    monkeypatch.setattr(segment, "CHECKED_WHOLE", 0)
    (one,) = bank.snapshot.segments
    path = bank.path / "segment-00000001.eik"
    whole = path.read_bytes()
    entries = list(bank.entries())
    places = [section for section in one.head.sections if section.kind.startswith("band-")]
    for section in places:
        changed = bytearray(whole)
        random = np.random.default_rng(1)
        for place in range(section.offset, section.offset + section.length, 97):
            changed[place] = int(random.integers(256))
        path.write_bytes(changed)
        opened = BankStore.open(bank.path)
        _, wanted = _codes()
        for name in ENGINES:  # matches may be missing; nothing crashes
            with engine(name):
                search_codes(opened.snapshot, _PDQ, wanted.view(np.uint8), 31)
        assert verify_bank(bank.path)
    report = repair_bank(bank.path)
    assert (report.kept, report.lost) == (_ROWS, 0)
    repaired = BankStore.open(bank.path)
    assert list(repaired.entries()) == entries
    assert tables.BAND_IDS in _kinds(repaired.snapshot.segments[0])


@pytest.mark.parametrize("element", [0, 3, 4 * 17, 4 * 40])
def test_tables_whose_sizes_make_no_sense(bank, element):
    (one,) = bank.snapshot.segments
    odd = [
        layout.Section(s.kind, s.algorithm, s.offset, s.length, element)
        if s.kind == tables.BAND_IDS
        else s
        for s in one.head.sections
    ]
    head = layout.Head(one.head.rows, tuple(odd), one.head.checksums, one.head.start, one.head.end)
    with pytest.raises(BankDamagedError, match="band-ids"):
        segment.Segment(1, head, one.checksum, one.data).tables(_PDQ)
