"""Searches by local features: what shortlists bring is verified, judged and ordered."""

from dataclasses import replace

import pytest

from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import parse_rule
from eikona.domain.bank import EntryFilter, EntryState
from eikona.domain.verdict import Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.local_verification import verify
from eikona.matching.shortlist.margins import with_read_margins
from eikona.services import look_up_features, search_bank
from eikona.services.search_nearest import search_nearest
from tests.unit.adapters.bank.made import entry, fingerprint
from tests.unit.matching.shortlist.made_features import copy, picture, without_margins

RULE = parse_rule("eikona", ALGORITHMS)
ENTRIES = 40
FEATURES = 120


def known(seed, **more):
    """Return an entry with the features of a picture."""
    one = entry(f"{seed:02}", seed=seed, names=("pdq",), **more)
    features = replace(picture(seed, FEATURES), margins=b"")
    return replace(one, fingerprint=replace(one.fingerprint, local_features=features))


def query(seed):
    """Return a picture half of which is an entry's; its hash is near nothing."""
    features = copy(picture(seed, FEATURES), seed, part=0.5, other=picture(900 + seed, FEATURES))
    return fingerprint(500 + seed, ("pdq",), local_features=features)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A bank whose entries stand in two segments and in a log."""
    path = tmp_path_factory.mktemp("banks") / "bank"
    BankStore.create(path, local_features=300)
    entries = [known(seed, tags=("even",) if seed % 2 == 0 else ()) for seed in range(ENTRIES)]
    entries[3] = replace(entries[3], state=EntryState.WITHDRAWN)
    entries[4] = replace(entries[4], state=EntryState.CONTESTED)
    with BankStore.open(path) as store:
        store.add(entries[:20])
        store.add(entries[20:35])
    with BankStore.open(path, writable=True) as store:
        store.add(entries[35:])
        store.remove(["07", "36"])
        assert len(store.snapshot.feature_blocks()) > 1
        yield store


def found(store, *seeds, rule=RULE, **more):
    return search_bank.search_bank(store.snapshot, [query(seed) for seed in seeds], rule, **more)


def test_each_part_is_found_with_how_it_lies_and_nothing_else(store):
    seeds = [seed for seed in range(ENTRIES) if seed not in (3, 7, 36)]
    for seed, matches in zip(seeds, found(store, *seeds), strict=True):
        (match,) = matches
        assert match.entry.name == f"{seed:02}"
        assert match.verdict.match
        assert match.distances.by_name["pdq"] > 80
        expected = verify(query(seed).local_features, picture(seed, FEATURES))
        assert match.distances.alignment == expected
        assert expected.inliers >= 20
        held_back = match.entry.state is EntryState.CONTESTED
        assert match.verdict.outcome is (Outcome.REVIEW if held_back else Outcome.BLOCK)


def test_what_is_removed_or_withdrawn_is_not_found(store):
    assert found(store, 3, 7, 36) == [[], [], []]


def test_many_at_once_are_found_as_one_by_one_on_any_number_of_threads(store, monkeypatch):
    seeds = range(0, ENTRIES, 3)
    single = [found(store, seed)[0] for seed in seeds]
    assert found(store, *seeds) == single
    for module in (search_bank, look_up_features):
        monkeypatch.setattr(module, "threads_for_queries", lambda queries: 4)
    assert found(store, *seeds) == single


def test_margins_that_nobody_reads_change_nothing(store):
    plain = query(5)
    features = plain.local_features
    for same in (with_read_margins(features), without_margins(features)):
        asked = replace(plain, local_features=same)
        ((match,),) = search_bank.search_bank(store.snapshot, [asked], RULE)
        assert match == found(store, 5)[0][0]


def test_only_entries_of_a_kind(store):
    even = EntryFilter(tags=frozenset({"even"}))
    assert [[match.entry.name for match in some] for some in found(store, 8, 9, among=even)] == [
        ["08"],
        [],
    ]


@pytest.mark.parametrize("others", [30, 150])
@pytest.mark.parametrize("which", ["withdrawn", "filtered"])
def test_entries_that_do_not_count_hide_none_that_does(tmp_path, others, which):
    store = BankStore.create(tmp_path / "bank", local_features=300)
    state = EntryState.WITHDRAWN if which == "withdrawn" else EntryState.ACTIVE
    hiding = [replace(known(1, tags=("old",)), name=f"old {n}", state=state) for n in range(others)]
    counting = [replace(known(1, tags=("new",)), name="new"), *map(known, range(10, 20))]
    store.add(hiding)
    store.add(counting)
    among = EntryFilter(tags=frozenset({"new"} if which == "filtered" else ()))
    ((match,),) = found(store, 1, among=among)
    assert match.entry.name == "new"
    assert match.verdict.outcome is Outcome.BLOCK


def test_a_rule_that_reads_no_alignments_finds_none(store):
    rule = parse_rule("eikona-hashes", ALGORITHMS)
    assert found(store, 5, rule=rule) == [[]]
    bare = replace(query(5), local_features=None)
    assert search_bank.search_bank(store.snapshot, [bare], RULE) == [[]]


def test_the_nearest_have_alignments_too(store):
    whole = fingerprint(5, ("pdq",), local_features=query(5).local_features)
    ((match, other),) = search_nearest(store.snapshot, [whole], RULE, 2)
    assert match.entry.name == "05"
    assert match.distances.alignment.inliers >= 20
    assert other.distances.alignment.inliers < 5


def test_of_many_near_duplicates_some_are_verified_and_all_are_found(tmp_path, monkeypatch):
    store = BankStore.create(tmp_path / "bank", local_features=300)
    entries = [replace(known(1), name=f"copy {number}") for number in range(8)]
    store.add([*entries, *map(known, range(10, 20))])
    monkeypatch.setattr(search_bank, "MOST_VERIFIED", 3)
    whole = fingerprint(1, ("pdq",), local_features=copy(picture(1, FEATURES)))
    (matches,) = search_bank.search_bank(store.snapshot, [whole], RULE)
    assert len(matches) == 8
    verified = [match for match in matches if match.distances.alignment is not None]
    assert len(verified) == 3
    assert all(match.distances.alignment.inliers >= 20 for match in verified)
    assert all(match.verdict.outcome is Outcome.BLOCK for match in matches)


def test_the_surest_come_first_then_the_nearest(tmp_path):
    store = BankStore.create(tmp_path / "bank", local_features=300)
    part, plain = known(1), entry("plain", seed=2, names=("pdq",))
    store.add([part, plain, *map(known, range(10, 20))])
    asked = replace(query(1), hashes=plain.fingerprint.hashes)  # the hash of one, places of another
    (matches,) = search_bank.search_bank(store.snapshot, [asked], RULE)
    assert {match.entry.name for match in matches} == {"01", "plain"}
    odds = [match.verdict.expected_false_matches for match in matches]
    assert odds == sorted(odds)
