"""The k nearest entries against ordering all of them by distance, then by name."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eikona.adapters.bank import blocks, tables, writer
from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import parse_rule
from eikona.domain.bank import EntryFilter, EntryState
from eikona.domain.errors import BankLacksHashError, IncomparableError, UsageError
from eikona.domain.verdict import Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.bands import BandPlan
from eikona.services.compare_pictures import distances_between
from eikona.services.ports import HashKey
from eikona.services.search_codes import nearest_codes, search_codes
from eikona.services.search_nearest import search_nearest
from tests.unit.adapters.bank.made import entry, fingerprint
from tests.unit.matching.code_sets import ENGINES, codes_and_queries, engine


def _plainly(model, query, count):
    """Return the first by distance, then by name."""
    ordered = sorted(
        (int(np.bitwise_count(code ^ query).sum()), name) for name, code in model.items()
    )
    return [(name, distance) for distance, name in ordered[:count]]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    words=st.sampled_from([1, 4]),
    seed=st.integers(0, 99),
    cuts=st.lists(st.integers(0, 160), max_size=4),
    removed=st.integers(1, 9),
    count=st.sampled_from([1, 2, 7, 40, 500]),
    name=st.sampled_from(ENGINES),
)
def test_the_nearest_codes_are_those_of_ordering_all(
    tmp_path_factory, words, seed, cuts, removed, count, name
):
    """Equal codes, removals, several segments, some with band tables, and a log."""
    key = HashKey("pdq" if words == 4 else "phash", 1, 8 * words)
    rows, queries = codes_and_queries(seed, 160, words, 5)
    names = [f"{(7 * number) % 160}" for number in range(160)]
    codes = rows.view(np.uint8).reshape(160, -1)
    edges = sorted({0, *cuts, 160})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "GATHERED_ROWS", 30)
        patch.setattr(tables, "BANDED_ROWS", 40)
        patch.setattr(tables, "plan_bands", lambda _rows, _bits: BandPlan(4, 8))
        patch.setattr(writer, "MOST_LOGGED", 20)
        path = tmp_path_factory.mktemp("nearest") / "bank"
        BankStore.create(path).close()
        with BankStore.open(path, writable=True) as store:
            for start, end in itertools.pairwise(edges):
                store.add_codes(key, names[start:end], codes[start:end])
            gone = names[::removed][1:]
            store.remove(gone)
            with engine(name):
                found = nearest_codes(
                    store.snapshot, key, queries.view(np.uint8).reshape(5, -1), count
                )
    model = {one: row for one, row in zip(names, rows, strict=True) if one not in gone}
    assert found == [_plainly(model, query, count) for query in queries]


def test_nothing_is_nearest_in_an_empty_bank_and_a_wrong_count_is_refused(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    key, code = HashKey("phash", 1, 8), np.zeros((2, 8), np.uint8)
    assert nearest_codes(store.snapshot, key, code, 3) == [[], []]
    store.add_codes(key, ["a", "b"], np.array([[255] * 8, [1] * 8], np.uint8))
    assert nearest_codes(store.snapshot, key, code[:1], 9) == [[("b", 8), ("a", 64)]]
    assert nearest_codes(store.snapshot, key, code[:0], 9) == []
    with pytest.raises(UsageError, match="1 or more"):
        nearest_codes(store.snapshot, key, code, 0)
    with pytest.raises(UsageError, match="correlation"):
        nearest_codes(store.snapshot, HashKey("nmf", 1, 64), np.zeros((1, 64), np.uint8), 3)
    with pytest.raises(BankLacksHashError):
        nearest_codes(store.snapshot, HashKey("phash", 1, 16), np.zeros((1, 16), np.uint8), 3)


def test_equally_near_codes_within_a_radius_stand_by_name(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    key, code = HashKey("phash", 1, 8), np.zeros((3, 8), np.uint8)
    store.add_codes(key, ["c", "a", "b"], code)
    assert search_codes(store.snapshot, key, code[:1], 0) == [[("a", 0), ("b", 0), ("c", 0)]]


_ALL = ("pdq", "phash", "nmf")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return queries, the entries that count, and a bank of them and others."""
    store = BankStore.create(tmp_path_factory.mktemp("filled") / "bank")
    entries = [
        entry(
            f"{number:02}",
            number % 17,  # so some are equal
            _ALL,
            tags=("x",) if number % 3 else (),
            state=(EntryState.ACTIVE, EntryState.WITHDRAWN)[number % 5 == 0],
        )
        for number in range(60)
    ]
    bare = [entry(f"bare {number}", number, ("pdq",)) for number in range(5)]
    for start in range(0, 60, 13):
        store.add([*entries[start : start + 13], *bare[: start // 13]])
    store.remove(["03", "17"])
    queries = []
    for seed in (3, 100):
        random, picture = np.random.default_rng(seed), fingerprint(seed, _ALL)
        turned = [random.bytes(32) for _ in range(6)]
        turned.insert(4, entries[11].fingerprint.hashes["pdq"])  # one orientation is in the bank
        queries.append(replace(picture, pdq_orientations=(picture.hashes["pdq"], *turned)))
    return queries, list(store.entries()), store


@pytest.mark.parametrize("rule", ["eikona", "threshold:phash=3", "threshold:nmf=0.1"])
@pytest.mark.parametrize("count", [1, 3, 10, 200])
@pytest.mark.parametrize("tags", [frozenset(), frozenset({"x"})])
def test_the_nearest_entries_are_those_of_comparing_with_all(filled, rule, count, tags):
    queries, entries, store = filled
    judge, among = parse_rule(rule, ALGORITHMS), EntryFilter(tags=tags)
    leading = judge.needs[0]
    found = search_nearest(store.snapshot, queries, judge, count, among=among)
    for query, matches in zip(queries, found, strict=True):
        plainly = sorted(
            (distances_between(query, one.fingerprint).by_name[leading], one.name)
            for one in entries
            if leading in one.fingerprint.hashes
            and one.state is not EntryState.WITHDRAWN
            and tags <= set(one.tags)
        )[:count]
        assert [(match.distance, match.entry.name) for match in matches] == plainly
        assert matches[0].verdict.outcome is Outcome.BLOCK or query is queries[1]


def test_what_is_nearest_may_be_clear_and_says_so(filled):
    queries, _, store = filled
    rule = parse_rule("threshold:phash=3", ALGORITHMS)
    (matches,) = search_nearest(store.snapshot, queries[1:], rule, 2, entries=7)
    assert [match.verdict.outcome for match in matches] == [Outcome.CLEAR, Outcome.CLEAR]
    assert search_nearest(store.snapshot, [], rule, 2) == []
    with pytest.raises(IncomparableError):
        search_nearest(store.snapshot, [fingerprint(1, ("pdq",))], rule, 2)
    lacking = parse_rule("threshold:dhash=3", ALGORITHMS)
    with pytest.raises(BankLacksHashError, match="--algorithm dhash"):
        search_nearest(store.snapshot, [fingerprint(1, ("dhash",))], lacking, 2)
