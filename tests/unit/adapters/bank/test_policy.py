"""A bank's policy: kept, changed, and used where a search says nothing else."""

import json
import math

import numpy as np
import pytest

import eikona
from eikona.adapters.bank import writer
from eikona.adapters.bank.manifest import MANIFEST
from eikona.adapters.bank.repair import repair_bank
from eikona.adapters.bank.store import BankStore
from eikona.domain.bank import EntryState
from eikona.domain.errors import BankInUseError, UsageError
from eikona.domain.policy import DEFAULT_POLICY, PlainMatches, Policy
from eikona.domain.verdict import Outcome
from tests.unit.adapters.bank.made import entry, fingerprint

_CHANGED = Policy(
    rule="threshold:phash=3",
    block_odds=1e-6,
    review_odds=1e-3,
    plain=PlainMatches.CLEAR,
    is_allow_list=True,
)
_CHANGES = {
    "rule": "threshold:phash=3",
    "block_odds": 1e-6,
    "review_odds": 1e-3,
    "plain": "clear",
    "is_allow_list": True,
}


@pytest.fixture
def path(tmp_path):
    return BankStore.create(tmp_path / "a.bank").path


def _manifest(path):
    return json.loads((path / MANIFEST).read_bytes())["bank"]


def test_a_policy_is_kept_through_all_that_happens_to_a_bank(path, monkeypatch):
    monkeypatch.setattr(writer, "TAIL_ROWS", 3)
    with eikona.Bank.open(path, writable=True) as bank:
        assert bank.policy == DEFAULT_POLICY
        assert "policy" not in _manifest(path)
        bank.add(fingerprint(1), name="before")  # there is a log
        assert bank.set_policy(**_CHANGES) == bank.policy == _CHANGED
        other = eikona.Bank.open(path)
        assert (other.policy, len(other)) == (_CHANGED, 1)
        for number in range(20):
            bank.add(fingerprint(number), name=f"{number}")
        bank.remove("3")
        assert bank.policy == _CHANGED
    other.refresh()
    assert (other.policy, len(other)) == (_CHANGED, 20)
    assert _manifest(path)["requires"] == []  # older versions read it and ignore the policy
    segment = next(path.glob("segment-*.eik"))
    data = bytearray(segment.read_bytes())
    data[-100] ^= 1
    segment.write_bytes(data)
    assert repair_bank(path).damages
    assert eikona.Bank.open(path).policy == _CHANGED


def test_one_thing_is_changed_at_a_time_by_one_writer(path):
    bank = eikona.Bank.open(path)
    bank.set_policy(block_odds=1e-6)
    bank.set_policy(plain="clear")
    assert bank.policy == Policy(block_odds=1e-6, plain=PlainMatches.CLEAR)
    generation = _manifest(path)["generation"]
    bank.set_policy(plain="clear")
    assert _manifest(path)["generation"] == generation
    with eikona.Bank.open(path, writable=True), pytest.raises(BankInUseError):
        bank.set_policy(plain="review")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rule": "eikonna"}, "did you mean 'eikona'"),
        ({"block_odds": 0}, "more than 0"),
        ({"block_odds": 0.5}, "no less"),  # than to review
        ({"review_odds": math.inf}, "above 0"),
        ({"review_odds": math.nan}, "above 0"),
        ({"review_odds": "often"}, "numbers for odds"),
        ({"plain": "lost"}, "review or clear"),
        ({"colour": "red"}, "there are block_odds"),
    ],
)
def test_what_makes_no_policy_is_refused(path, changes, told):
    bank = eikona.Bank.open(path)
    with pytest.raises(UsageError, match=told):
        bank.set_policy(**changes)
    assert bank.policy == DEFAULT_POLICY


def test_a_search_goes_by_the_policy_unless_told_otherwise(path):
    with eikona.Bank.open(path) as bank:
        bank.add_entries([entry("x", seed=1), entry("other", seed=2)])
        assert [match.verdict.rule for match in bank.search(fingerprint(1))] == ["eikona"]
        bank.set_policy(rule="threshold:phash=64")
        found = bank.search(fingerprint(1))
        assert {match.verdict.rule for match in found} == {"threshold:phash=64"}
        assert len(found) == 2 == len(bank.search_many([fingerprint(1)])[0])
        assert len(bank.search(fingerprint(1), rule="eikona")) == 1
        assert len(bank.search(fingerprint(1), radius=0)) == 1
        assert bank.passed_by() == 0


def test_others_are_searched_together_and_allow_lists_win(tmp_path):
    banks = []
    for name, entries in (
        ("a", [entry("x", seed=1)]),
        ("b", [entry("x", seed=1), entry("y", seed=2)]),
        ("memes", [entry("cat", seed=2), entry("dog", seed=3, state=EntryState.REVIEW)]),
    ):
        banks.append(eikona.Bank.create(tmp_path / name))
        banks[-1].add_entries(entries)
    a, b, memes = banks
    path = str(tmp_path)
    found = a.search(fingerprint(1), others=[b])
    assert [(match.bank, match.entry.name) for match in found] == [
        (f"{path}/a", "x"),
        (f"{path}/b", "x"),
    ]
    (match,) = a.search(fingerprint(2), others=[b])
    assert (match.verdict.outcome, match.bank) == (Outcome.BLOCK, f"{path}/b")
    (match,) = a.search(fingerprint(2), others=[b], allow_lists=[memes])
    assert match.verdict.outcome is Outcome.CLEAR
    assert (match.allowed_by.bank, match.allowed_by.entry) == (f"{path}/memes", "cat")
    memes.set_policy(is_allow_list=True)
    assert a.search(fingerprint(2), others=[b, memes]) == [match]
    assert a.search_many([fingerprint(2)], others=[b, memes]) == [[match]]
    (alone,) = memes.search(fingerprint(2))  # what is asked itself is searched
    assert alone.verdict.outcome is Outcome.BLOCK


def test_the_nearest_however_far(path):
    bank = eikona.Bank.open(path)
    bank.add_entries([entry("x", seed=1), entry("y", seed=2)])
    assert [match.entry.name for match in bank.search(fingerprint(1))] == ["x"]
    found = bank.search(fingerprint(1), nearest=5)
    assert [(match.entry.name, match.verdict.outcome) for match in found] == [
        ("x", Outcome.BLOCK),
        ("y", Outcome.CLEAR),
    ]
    assert len(bank.search(fingerprint(1), nearest=5, top=1)) == 1
    code = np.frombuffer(fingerprint(1).hashes["pdq"], np.uint8)[None]
    assert bank.search_codes("pdq", code, nearest=1) == [[("x", 0)]]
    assert bank.search_codes("pdq", code, 0) == bank.search_codes("pdq", code, radius=0)
    for wrong in ({}, {"radius": 1, "nearest": 1}, {"nearest": 0}):
        with pytest.raises(UsageError):
            bank.search_codes("pdq", code, **wrong)
    with pytest.raises(UsageError, match="one entry at least"):
        bank.search(fingerprint(1), nearest=0)
