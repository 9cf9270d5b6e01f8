"""Searching a bank against comparing the query with every entry, one after the other."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eikona.adapters.bank import blocks
from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import parse_rule
from eikona.domain.bank import EntryFilter, EntryState
from eikona.domain.errors import BankLacksHashError, IncomparableError, UsageError
from eikona.domain.fingerprint import Orientation
from eikona.domain.verdict import Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.services.compare_pictures import compare
from eikona.services.ports import HashKey
from eikona.services.search_bank import passed_by, search_bank
from eikona.services.search_codes import search_codes
from tests.unit.adapters.bank.made import entry, fingerprint
from tests.unit.matching.code_sets import ENGINES, codes_and_queries, engine, within

_ALL = ("pdq", "phash", "dhash", "dhash256", "phash256", "whash256", "forbild", "nmf-unihasher")
_RULES = (
    "eikona",
    "forbild",
    "majority",
    "unihasher-tree",
    "both:phash,dhash=85",
    "threshold:pdq=31",
    "threshold:phash=0.2",
    "threshold:nmf-unihasher=0.5",
)
_PDQ = HashKey("pdq", 1, 32)


def _near(of, seed, bits):
    """Return a fingerprint with some bits of each hash changed."""
    random = np.random.default_rng(seed)
    hashes = {}
    for name, code in of.hashes.items():
        values = np.frombuffer(code, np.uint8).copy()
        places = random.integers(0, 8 * len(values), bits)
        np.bitwise_xor.at(values, places // 8, (1 << places % 8).astype(np.uint8))
        hashes[name] = values.tobytes()
    return replace(of, hashes=hashes, quality=int(random.integers(40, 101)))


def _query(seed):
    picture = fingerprint(seed, _ALL)
    random = np.random.default_rng(seed + 1000)
    turned = tuple(random.bytes(32) for _ in range(7))
    return replace(picture, pdq_orientations=(picture.hashes["pdq"], *turned))


def _plainly(entries, query, rule):
    found = []
    for one in entries:
        if one.fingerprint.hashes.keys() < set(parse_rule(rule, ALGORITHMS).needs):
            continue
        verdict = parse_rule(rule, ALGORITHMS).decide(
            compare(query, one.fingerprint, rule=rule).distances, entries=len(entries)
        )
        if verdict.outcome is not Outcome.CLEAR:
            found.append((one.name, verdict))
    return found


@pytest.fixture
def store(tmp_path):
    return BankStore.create(tmp_path / "bank")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return queries, entries near to them and far, and a bank of the entries."""
    store = BankStore.create(tmp_path_factory.mktemp("filled") / "bank")
    queries = [_query(seed) for seed in range(4)]
    entries = [
        entry(f"{number} {bits}", names=("pdq",), fingerprint=_near(query, bits, bits))
        for number, query in enumerate(queries)
        for bits in (0, 3, 8, 20, 31, 40, 60, 74, 80, 120)
    ]
    entries += [entry(f"random {seed}", seed, _ALL) for seed in range(100, 130)]
    turned = fingerprint(
        7, _ALL, hashes={**queries[2].hashes, "pdq": queries[2].pdq_orientations[5]}
    )
    entries.append(entry("turned", fingerprint=turned))
    for start in range(0, len(entries), 9):
        store.add(entries[start : start + 9])
    store.remove(["0 8", "1 0"])
    return queries, [one for one in entries if one.name not in ("0 8", "1 0")], store


@pytest.mark.parametrize("rule", _RULES)
def test_finds_what_comparing_with_every_entry_finds(filled, rule):
    queries, entries, store = filled
    results = search_bank(store.snapshot, queries, parse_rule(rule, ALGORITHMS))
    for query, matches in zip(queries, results, strict=True):
        expected = _plainly(entries, query, rule)
        assert expected
        assert sorted((match.entry.name, match.verdict.reason) for match in matches) == sorted(
            (name, verdict.reason) for name, verdict in expected
        )
        assert {match.entry.name: match.verdict for match in matches} == dict(expected)
        known = [match for match in matches if match.verdict.expected_false_matches is not None]
        assert matches[: len(known)] == known  # the odds of too plain pictures are not known
        for some in (known, matches[len(known) :]):
            distances = [match.distance for match in some]
            assert distances == sorted(distances)


_BLOCK = {"outcome": "block", "match": True, "copies": 900, "others": 1}
_REVIEW = {"outcome": "review", "match": False, "copies": 90, "others": 9}
_CLEAR = {"outcome": "clear", "match": False, "copies": 10, "others": 990}


def _asked(distance, at_most, yes, no):
    return {"distance": distance, "at_most": at_most, "yes": yes, "no": no}


@pytest.mark.parametrize(
    ("questions", "scans_all"),
    [
        (_asked("dhash256", 40, _BLOCK, _CLEAR), False),
        (
            _asked(
                "pdq",
                70,
                _asked("phash256", 31, _BLOCK, _REVIEW),
                _asked("phash", 8, _asked("nmf-unihasher", 0.9, _REVIEW, _CLEAR), _CLEAR),
            ),
            False,
        ),
        (_asked("forbild-weighted", 900, _asked("dhash", 12, _BLOCK, _CLEAR), _REVIEW), True),
    ],
)
def test_finds_what_a_trained_tree_finds_by_comparing(filled, tmp_path, questions, scans_all):
    path = tmp_path / "trained"
    path.write_text(json.dumps(_tree_fields(questions)))
    rule = f"tree:{path}"
    assert parse_rule(rule, ALGORITHMS).scans_all is scans_all
    test_finds_what_comparing_with_every_entry_finds(filled, rule)


def _tree_fields(questions):
    def sums(node, kind):
        return node[kind] if kind in node else sums(node["yes"], kind) + sums(node["no"], kind)

    return {
        "format": "eikona tree",
        "version": 1,
        "prior": 0.5,
        "notes": {},
        "tree": questions,
        "hashes": {name: row.id.version for name, row in ALGORITHMS.items()},
        "copies": sums(questions, "copies"),
        "others": sums(questions, "others"),
    }


def test_the_orientation_is_the_one_where_pdq_is_nearest(store):
    query = _query(1)
    for number, code in enumerate(query.pdq_orientations):
        hashes = {"pdq": code}
        picture = fingerprint(number, ("pdq",), hashes=hashes)
        store.add([entry(list(Orientation)[number].value, fingerprint=picture)])
    (matches,) = search_bank(store.snapshot, [query], parse_rule("eikona", ALGORITHMS))
    assert len(matches) == 8
    for match in matches:
        assert match.distance == 0
        assert match.distances.orientation == match.entry.name


def test_a_fingerprint_without_orientations_is_searched_as_it_lies(store):
    store.add([entry("a", seed=1)])
    (matches,) = search_bank(
        store.snapshot, [store.entry("a").fingerprint], parse_rule("eikona", ALGORITHMS)
    )
    assert [match.entry.name for match in matches] == ["a"]


def test_withdrawn_entries_do_not_match(store):
    store.add([entry("a", seed=1), entry("b", seed=1, state=EntryState.WITHDRAWN)])
    (matches,) = search_bank(
        store.snapshot, [fingerprint(1)], parse_rule("threshold:pdq=0", ALGORITHMS)
    )
    assert [match.entry.name for match in matches] == ["a"]


def test_an_empty_bank_matches_nothing(store):
    rule = parse_rule("eikona", ALGORITHMS)
    assert search_bank(store.snapshot, [fingerprint(1)], rule) == [[]]
    assert search_bank(store.snapshot, [], rule) == []
    store.add([entry("a")])
    store.remove(["a"])
    assert search_bank(store.snapshot, [fingerprint(1)], rule) == [[]]


def test_entries_without_the_hash_are_passed_by_and_counted(store):
    rule = parse_rule("threshold:phash=3", ALGORITHMS)
    store.add([entry("without", seed=1, names=("pdq",))])
    query = fingerprint(1, ("pdq", "phash"))
    with pytest.raises(BankLacksHashError, match="--algorithm phash"):
        search_bank(store.snapshot, [query], rule)
    store.add([entry("with", fingerprint=query)])
    (matches,) = search_bank(store.snapshot, [query], rule)
    assert [match.entry.name for match in matches] == ["with"]
    assert passed_by(store.snapshot, rule) == 1
    older = replace(query, versions={"pdq": 1, "phash": 0})
    with pytest.raises(IncomparableError, match="phash, version 1"):
        search_bank(store.snapshot, [older], rule)


def test_hashes_of_another_version_are_passed_by(store):
    rule = parse_rule("threshold:phash=3", ALGORITHMS)
    query = fingerprint(1, ("phash",))
    store.add([entry("old", fingerprint=replace(query, versions={"phash": 0}))])
    with pytest.raises(BankLacksHashError):
        search_bank(store.snapshot, [query], rule)
    store.add([entry("new", fingerprint=query)])
    (matches,) = search_bank(store.snapshot, [query], rule)
    assert [match.entry.name for match in matches] == ["new"]
    assert passed_by(store.snapshot, rule) == 1


_CODES = st.sampled_from([b"\0" * 8, b"\xff" * 8, b"\x01" + b"\0" * 7, b"abcdefgh", b"abcdefgi"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(st.dictionaries(st.sampled_from("abcdefg"), _CODES), max_size=5),
    removed=st.sets(st.sampled_from("abcdefg")),
    queries=st.lists(_CODES, max_size=4),
    radius=st.integers(0, 64),
)
def test_codes_within_a_radius(tmp_path_factory, batches, removed, queries, radius):
    store = BankStore.create(tmp_path_factory.mktemp("codes") / "bank")
    key, model = HashKey("phash", 1, 8), {}
    for batch in batches:
        store.add_codes(key, list(batch), _array(batch.values()))
        model.update(batch)
    store.remove(removed)
    model = {name: code for name, code in model.items() if name not in removed}
    found = search_codes(store.snapshot, key, _array(queries), radius)
    assert len(found) == len(queries)
    for query, hits in zip(queries, found, strict=True):
        distances = {
            name: (int.from_bytes(code) ^ int.from_bytes(query)).bit_count()
            for name, code in model.items()
        }
        assert dict(hits) == {name: d for name, d in distances.items() if d <= radius}
        assert [distance for _, distance in hits] == sorted(distance for _, distance in hits)


def _array(codes):
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 8)


def test_codes_of_a_length_that_no_entry_has_are_refused(store):
    code = np.zeros((1, 16), np.uint8)
    assert search_codes(store.snapshot, HashKey("x", 1, 16), code, 3) == [[]]
    store.add_codes(HashKey("x", 1, 8), ["a"], code[:, :8])
    with pytest.raises(BankLacksHashError, match="128 bits"):
        search_codes(store.snapshot, HashKey("x", 1, 16), code, 3)
    with pytest.raises(UsageError, match="0 bits or more"):
        search_codes(store.snapshot, HashKey("x", 1, 8), code[:, :8], -1)
    with pytest.raises(UsageError, match="correlation"):
        search_codes(store.snapshot, HashKey("nmf", 1, 64), np.zeros((1, 64), np.uint8), 3)


@pytest.mark.parametrize("name", ENGINES)
def test_codes_of_long_segments_with_removals(store, monkeypatch, name):
    monkeypatch.setattr(blocks, "GATHERED_ROWS", 1000)
    rows, wanted = codes_and_queries(3, 6000, 4)
    names = [f"{number}" for number in range(len(rows))]
    for start, end in ((0, 3000), (3000, 3010), (3010, 5900), (5900, 6000)):
        store.add_codes(_PDQ, names[start:end], rows[start:end].view(np.uint8).reshape(-1, 32))
    gone = set(names[::7])
    store.remove(gone)
    for radius in (0, 31, 74, 256):
        with engine(name):
            found = search_codes(
                store.snapshot, _PDQ, wanted.view(np.uint8).reshape(-1, 32), radius
            )
        hits = within(rows, wanted, radius)
        for number, matches in enumerate(found):
            plainly = [(names[row], d) for query, d, row in hits if query == number]
            assert sorted(matches) == sorted(one for one in plainly if one[0] not in gone)


def test_filters_take_entries_by_tags_owner_and_state(store):
    facts = [
        ("a", ("sea", "old"), "Anna", EntryState.ACTIVE),
        ("b", ("sea",), "Bert", EntryState.REVIEW),
        ("c", (), "Anna", EntryState.CONTESTED),
        ("d", ("sea",), "Anna", EntryState.WITHDRAWN),
    ]
    store.add(
        [
            entry(name, seed=1, tags=tags, owner=owner, state=state)
            for name, tags, owner, state in facts
        ]
    )
    rule = parse_rule("eikona", ALGORITHMS)

    def names(**filters):
        (matches,) = search_bank(
            store.snapshot, [fingerprint(1)], rule, among=EntryFilter(**filters)
        )
        return "".join(sorted(match.entry.name for match in matches))

    assert names() == "abc"
    assert names(tags=frozenset({"sea"})) == "ab"
    assert names(tags=frozenset({"sea", "old"})) == "a"
    assert names(owner="Anna") == "ac"
    assert names(owner="") == ""
    assert names(states=frozenset({EntryState.REVIEW, EntryState.WITHDRAWN})) == "b"
    assert names(owner="Anna", states=frozenset({EntryState.CONTESTED})) == "c"


def test_entries_that_are_not_confirmed_or_contested_are_left_to_a_person(store):
    for state in (EntryState.ACTIVE, EntryState.REVIEW, EntryState.CONTESTED):
        store.add([entry(state.value, seed=1, state=state)])
    (matches,) = search_bank(store.snapshot, [fingerprint(1)], parse_rule("eikona", ALGORITHMS))
    found = {match.entry.name: match.verdict for match in matches}
    assert {name: verdict.outcome for name, verdict in found.items()} == {
        "active": Outcome.BLOCK,
        "review": Outcome.REVIEW,
        "contested": Outcome.REVIEW,
    }
    assert found["review"].reason == f"{found['active'].reason}; but the entry is not confirmed yet"
    assert found["contested"].reason.endswith("but the entry is contested")
