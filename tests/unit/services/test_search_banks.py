"""Searching several banks against one bank that holds all of their entries."""

from dataclasses import replace

import pytest

from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import parse_rule
from eikona.domain.bank import EntryFilter, EntryState
from eikona.domain.errors import BankDamagedError, BankLacksHashError
from eikona.domain.match import Allowance
from eikona.domain.policy import PlainMatches
from eikona.domain.verdict import Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.services.search_bank import search_bank
from eikona.services.search_banks import Asked, SearchedBank, search_banks
from eikona.services.search_nearest import search_nearest
from tests.unit.adapters.bank.made import entry, fingerprint

_NAMES = ("pdq", "phash")


def _rule(text="eikona"):
    return parse_rule(text, ALGORITHMS)


def _off(seed, bits, names=_NAMES, **more):
    """Return a fingerprint that differs from the one of ``seed`` in so many of PDQ's bits."""
    of = fingerprint(seed, names)
    code = int.from_bytes(of.hashes["pdq"]) ^ ((1 << bits) - 1)
    return replace(of, hashes={**of.hashes, "pdq": code.to_bytes(32)}, **more)


@pytest.fixture
def make(tmp_path):
    def bank(name, entries, **more):
        store = BankStore.create(tmp_path / name)
        store.add(entries)
        return SearchedBank(**{"name": name, "state": store.snapshot, "rule": _rule()} | more)

    return bank


def _listed(matches):
    return [(match.bank, match.entry.name, match.distance) for match in matches]


@pytest.mark.parametrize("nearest", [None, 1, 4, 100])
def test_many_banks_are_searched_as_if_they_were_one(make, nearest):
    """One order over all; chance reckoned over all; the same name in two banks twice."""
    near = [(f"{seed} {bits}", seed, bits) for seed in (1, 2) for bits in (0, 3, 3, 40, 60, 90)]
    one = [entry(f"{name}", fingerprint=_off(seed, bits)) for name, seed, bits in near[::2]]
    other = [entry(f"b{name}", fingerprint=_off(seed, bits)) for name, seed, bits in near[1::2]]
    all_of_them = make("all", [*one, *other])
    queries = [fingerprint(1, _NAMES), fingerprint(2, _NAMES), fingerprint(3, _NAMES)]
    asked = Asked(nearest=nearest)
    found = search_banks([make("one", one), make("other", other)], queries, asked)
    if nearest is None:
        plainly = search_bank(all_of_them.state, queries, _rule())
    else:
        plainly = search_nearest(all_of_them.state, queries, _rule(), nearest)
    assert [[replace(match, bank="") for match in matches] for matches in found] == plainly
    assert any(plainly)
    names = {"one": {each.name for each in one}, "other": {each.name for each in other}}
    assert all(match.entry.name in names[match.bank] for matches in found for match in matches)


def test_the_same_name_in_two_banks_stays_apart(make):
    banks = [make(name, [entry("x", fingerprint=_off(1, 2))]) for name in "ba"]
    (matches,) = search_banks(banks, [fingerprint(1, _NAMES)])
    assert _listed(matches) == [("b", "x", 2), ("a", "x", 2)]


def test_each_bank_is_searched_by_its_own_rule_and_a_filter_is_for_all(make):
    strict = make("strict", [entry("x", fingerprint=_off(1, 9))], rule=_rule("threshold:pdq=8"))
    lax = make("lax", [entry("y", fingerprint=_off(1, 9))], rule=_rule("threshold:pdq=10"))
    query = fingerprint(1, _NAMES)
    assert _listed(search_banks([strict, lax], [query])[0]) == [("lax", "y", 9)]
    asked = Asked(among=EntryFilter(owner="Anna"))
    assert search_banks([strict, lax], [query], asked) == [[]]
    assert search_banks([], [query]) == [[]]
    assert search_banks([strict, lax], []) == []


def test_a_bank_that_lacks_a_hash_does_not_hide_what_others_found(make):
    lacking = make("lacking", [entry("x", 1, ("pdq",))], rule=_rule("threshold:phash=3"))
    good = make("good", [entry("y", fingerprint=_off(1, 1))])
    queries, told = [fingerprint(1, _NAMES)], []
    with pytest.raises(BankLacksHashError, match=r"^lacking: .*--algorithm phash"):
        search_banks([lacking, good], queries)
    found = search_banks(
        [lacking, good], queries, unusable=lambda bank, error: told.append((bank.name, error.code))
    )
    assert _listed(found[0]) == [("good", "y", 1)]
    assert told == [("lacking", "bank_lacks_hash")]


class _Damaged:
    """A bank that turns out damaged while it is searched."""

    def __init__(self, state):
        self._state = state

    def __len__(self):
        return len(self._state)

    def __getattr__(self, name):
        return getattr(self._state, name)

    def entry_at(self, row):
        raise BankDamagedError(f"row {row} makes no sense")


def test_damage_is_told_of_the_bank_where_it_is_but_an_allow_list_has_to_be_sound(make):
    good = make("good", [entry("y", fingerprint=_off(1, 1))])
    torn = replace(good, name="torn", state=_Damaged(good.state))
    queries, told = [fingerprint(1, _NAMES)], []

    def unusable(bank, error):
        told.append(f"{bank.name}: {error}")

    assert _listed(search_banks([torn, good], queries, unusable=unusable)[0]) == [("good", "y", 1)]
    assert told == ["torn: row 0 makes no sense"]
    with pytest.raises(BankDamagedError, match=r"^row 0"):
        search_banks([torn], queries)
    with pytest.raises(BankDamagedError, match=r"^torn: row 0"):
        search_banks([good, replace(torn, is_allow_list=True)], queries, unusable=unusable)


def test_a_copy_of_an_allowed_picture_is_clear_and_still_listed(make):
    banned = make(
        "banned", [entry("near", fingerprint=_off(1, 1)), entry("far", fingerprint=_off(1, 50))]
    )
    allowed = make("allowed", [entry("meme", fingerprint=_off(1, 3))], is_allow_list=True)
    queries = [fingerprint(1, _NAMES), fingerprint(2, _NAMES)]
    plainly = search_banks([banned], queries)
    assert [match.verdict.outcome for match in plainly[0]] == [Outcome.BLOCK, Outcome.REVIEW]
    found = search_banks([banned, allowed], queries)
    assert _listed(found[0]) == [("banned", "near", 1), ("banned", "far", 50)]
    assert found[1] == []
    for match, before in zip(found[0], plainly[0], strict=True):
        assert match.allowed_by == Allowance(bank="allowed", entry="meme", distance=3)
        assert (match.verdict.outcome, match.verdict.match) == (Outcome.CLEAR, False)
        assert match.verdict.expected_false_matches == before.verdict.expected_false_matches
        assert match.verdict.reason == (
            "allowed as a copy of 'meme' in the allow-list allowed, 3 away; otherwise"
            f" {before.verdict.outcome}: {before.verdict.reason}"
        )
    hidden = search_banks([banned, allowed], queries, Asked(shows_allowed=False))
    assert hidden == [[], []]


@pytest.mark.parametrize(
    ("bits", "state", "quality"),
    [
        (50, EntryState.ACTIVE, 100),  # a person would have to look
        (3, EntryState.REVIEW, 100),
        (3, EntryState.CONTESTED, 100),
        (3, EntryState.WITHDRAWN, 100),
        (3, EntryState.ACTIVE, 40),  # too plain
    ],
)
def test_what_is_no_sure_copy_of_an_allowed_picture_allows_nothing(make, bits, state, quality):
    banned = make("banned", [entry("x", fingerprint=_off(1, 1))])
    doubtful = entry("meme", fingerprint=_off(1, bits, quality=quality), state=state)
    allowed = make("allowed", [doubtful], is_allow_list=True)
    queries = [fingerprint(1, _NAMES)]
    assert search_banks([banned, allowed], queries) == search_banks([banned], queries)


def test_filters_and_numbers_are_for_the_searched_banks_alone(make):
    banned = make("banned", [entry("x", fingerprint=_off(1, 1), owner="Anna")])
    allowed = make(
        "allowed",
        [entry(f"meme {number}", fingerprint=_off(number, 3)) for number in range(1, 9)],
        is_allow_list=True,
    )
    query = fingerprint(1, _NAMES)
    asked = Asked(among=EntryFilter(owner="Anna"), nearest=5)
    ((match,),) = search_banks([banned, allowed], [query], asked)
    assert match.allowed_by is not None
    ((alone,),) = search_banks([banned], [query])
    assert match.verdict.expected_false_matches == alone.verdict.expected_false_matches


def test_matches_with_plain_pictures_are_left_out_where_the_owner_says_so(make):
    entries = [
        entry("plain", fingerprint=_off(1, 1, quality=30)),
        entry("x", fingerprint=_off(1, 2)),
    ]
    queries = [fingerprint(1, _NAMES)]
    (shown,) = search_banks([make("a", entries)], queries)
    assert [match.verdict.outcome for match in shown] == [Outcome.BLOCK, Outcome.REVIEW]
    (left,) = search_banks([make("b", entries, plain=PlainMatches.CLEAR)], queries)
    assert [match.entry.name for match in left] == ["x"]
