"""``search`` and ``scan`` over several banks, allow-lists, policies and the nearest entries."""

import csv
import shutil
from pathlib import Path

import pytest

import eikona as library
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json

_SIZE = (320, 240)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with pictures and banks: one of 0 and 1, one of 1 and 2, and one of nothing."""
    root = tmp_path_factory.mktemp("several")
    for number in range(4):
        bad_input.save_picture(root / f"{number}.png", number, _SIZE)
        bad_input.picture(number, _SIZE).save(root / f"copy-{number}.jpg", quality=50)
    for name, numbers in (("one", (0, 1)), ("two", (1, 2)), ("empty", ())):
        with library.Bank.create(root / f"{name}.bank", local_features=False) as bank:
            for number in numbers:
                bank.add(root / f"{number}.png", name=f"{number}")
    return root


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil."""
    root = tmp_path / "several"
    shutil.copytree(made, root)
    monkeypatch.chdir(root)
    return root


def _found(records):
    return {
        record["file"]: [(match["bank"], match["entry"]) for match in record["matches"]]
        for record in records
        if "matches" in record
    }


def _tear(bank):
    segment = next(Path(bank).glob("segment-*.eik"))
    segment.write_bytes(segment.read_bytes()[:-9])


def test_matches_of_all_banks_stand_in_one_order(folder):
    banks = ("--bank", "one.bank", "--bank", "two.bank", "--bank", "empty.bank")
    copies = [f"copy-{number}.jpg" for number in range(4)]
    status, records = eikona_json("search", *copies, *banks)
    assert status == 0
    assert _found(records) == {
        "copy-0.jpg": [("one.bank", "0")],
        "copy-1.jpg": [("one.bank", "1"), ("two.bank", "1")],
        "copy-2.jpg": [("two.bank", "2")],
        "copy-3.jpg": [],
    }
    ended = eikona("search", *copies, *banks)
    assert "1  (two.bank" in ended.text
    assert "3 pictures with matches among 4 entries of 3 banks, 3 of them copies" in ended.stderr
    # The odds are those of a bank of all entries; the same bank twice is one.
    (once,) = eikona_json("search", copies[0], "--bank", "one.bank")[1]
    Path("same.bank").symlink_to("one.bank")
    for other in ("./one.bank", "two.bank/../one.bank", "same.bank"):
        (twice,) = eikona_json("search", copies[0], "--bank", "one.bank", "--bank", other)[1]
        assert twice == once
    expected = [record["matches"][0]["expected_false_matches"] for record in (once, records[0])]
    assert expected[1] == pytest.approx(2 * expected[0])


@pytest.mark.parametrize("command", ["search", "scan"])
def test_a_damaged_bank_is_told_of_and_hides_nothing(folder, command):
    _tear("one.bank")
    arguments = (command, "copy-1.jpg", "--bank", "one.bank", "--bank", "two.bank")
    status, records = eikona_json(*arguments)
    assert status == 1
    assert records[0]["bank"] == "one.bank"
    assert records[0]["error"]["code"] == "bank_damaged"
    assert _found(records) == {"copy-1.jpg": [("two.bank", "1")]}
    ended = eikona(*arguments, "--fail-on-match")
    assert ended.status == 3
    assert "one.bank" in ended.stderr
    assert "bank_damaged" in ended.stderr
    both = eikona(command, "copy-1.jpg", "--bank", "one.bank", "--bank", "none.bank")
    assert both.status == 1
    assert "bank_damaged" in both.stderr
    assert "bank_not_found" in both.stderr
    assert both.text == ""


def test_a_bank_that_lacks_a_hash_is_told_of(folder):
    with library.Bank.create("old.bank", local_features=False) as bank:
        bank.add("1.png", name="old", algorithms=["phash"])
    banks = ("--bank", "old.bank", "--bank", "two.bank")
    status, records = eikona_json("scan", "copy-1.jpg", "copy-2.jpg", *banks)
    assert status == 1
    assert [record["error"]["code"] for record in records if "error" in record] == [
        "bank_lacks_hash"
    ]
    assert _found(records)["copy-2.jpg"] == [("two.bank", "2")]
    assert eikona("scan", "copy-1.jpg", "--bank", "old.bank").status == 2
    ended = eikona("search", "copy-1.jpg", *banks, "--rule", "threshold:phash=6")
    assert ended.status == 0
    assert ended.text.count("block") == 2


def test_an_allow_list_clears_copies_and_says_so(folder):
    arguments = ("search", "copy-1.jpg", "copy-0.jpg", "--bank", "one.bank")
    allowed = ("--allow-list", "two.bank")
    status, records = eikona_json(*arguments, *allowed, "--fail-on-match")
    assert status == 3  # for the copy of 0
    (match,) = records[0]["matches"]
    assert (match["entry"], match["outcome"], match["match"]) == ("1", "clear", False)
    assert match["allowed_by"] == {"bank": "two.bank", "entry": "1", "distance": match["distance"]}
    assert records[1]["matches"][0]["allowed_by"] is None
    ended = eikona(*arguments, *allowed)
    assert "allowed by two.bank: 1)" in ended.text
    assert "1 of them copies, 1 more cleared by an allow-list" in ended.stderr
    status, records = eikona_json(*arguments, *allowed, "--hide-allowed")
    assert _found(records) == {"copy-1.jpg": [], "copy-0.jpg": [("one.bank", "0")]}
    assert (
        eikona("search", "copy-1.jpg", "--bank", "one.bank", *allowed, "--fail-on-match").status
        == 0
    )
    # By its policy it is one wherever it is searched.
    assert eikona("bank", "policy", "two.bank", "--allow-list").status == 0
    assert eikona_json(*arguments, "--bank", "two.bank")[1][0]["matches"] == [match]
    alone = eikona("search", "copy-1.jpg", "--bank", "two.bank")
    assert alone.status == 2
    assert "nothing but allow-lists" in alone.stderr
    _tear("two.bank")
    torn = eikona(*arguments, *allowed)
    assert (torn.status, torn.text) == (1, "")
    assert "bank_damaged" in torn.stderr


def test_a_report_says_in_which_bank_an_entry_is(folder):
    arguments = ("--bank", "one.bank", "--bank", "two.bank", "--allow-list", "three.bank")
    with library.Bank.create("three.bank", local_features=False) as bank:
        bank.add("2.png", name="harmless")
    ended = eikona("scan", "copy-1.jpg", "copy-2.jpg", *arguments, "--report", "found.html")
    assert ended.status == 0
    assert "1  (two.bank)" in ended.text
    with Path("found.csv").open(newline="") as file:
        rows = [(row["entry"], row["bank"], row["outcome"]) for row in csv.DictReader(file)]
    assert rows == [
        ("1", "one.bank", "block"),
        ("1", "two.bank", "block"),
        ("2", "two.bank", "clear"),
    ]
    page = Path("found.html").read_text()
    assert "two.bank: 1" in page
    assert "one.bank, two.bank, 4 entries of 2 banks" in page


def test_a_policy_is_shown_changed_and_gone_by(folder):
    own = ("own.bank", "--no-local-features", "--rule", "threshold:phash=9", "--plain", "clear")
    created = eikona("bank", "create", *own)
    assert created.status == 0
    wrong = eikona("bank", "create", "wrong.bank", "--rule", "threshold:phsh=9")
    assert wrong.status == 2
    assert not Path("wrong.bank").exists()
    status, (record,) = eikona_json("bank", "policy", "own.bank", "--block-odds", "1e-6")
    assert (status, record) == (
        0,
        {
            "bank": "own.bank",
            "rule": "threshold:phash=9",
            "block_odds": 1e-06,
            "review_odds": 0.01,
            "plain": "clear",
            "allow_list": False,
        },
    )
    assert "threshold:phash=9" in eikona("bank", "policy", "own.bank").text
    refused = eikona("bank", "policy", "own.bank", "--review-odds", "1e-9")
    assert refused.status == 2
    with library.Bank.open("own.bank") as bank:
        bank.add("1.png", name="1")
    banks = ("--bank", "own.bank", "--bank", "one.bank")
    matches = eikona_json("search", "copy-1.jpg", *banks)[1][0]["matches"]
    assert {match["bank"]: match["rule"] for match in matches} == {
        "own.bank": "threshold:phash=9",
        "one.bank": "eikona",
    }
    matches = eikona_json("search", "copy-1.jpg", *banks, "--rule", "threshold:pdq=31")[1][0][
        "matches"
    ]
    assert {match["rule"] for match in matches} == {"threshold:pdq=31"}


def test_a_rule_that_the_entries_cannot_be_searched_by_is_said_at_once(folder):
    ended = eikona("bank", "policy", "one.bank", "--rule", "threshold:nmf=0.1")
    assert ended.status == 0
    assert "2 of 2 entries lack a hash that threshold:nmf=0.1 needs" in ended.stderr
    assert "false matches expected" not in ended.text  # which this rule knows nothing of
    usual = eikona("bank", "policy", "one.bank", "--rule", "eikona")
    assert usual.stderr == ""
    assert "at most 0.0001 false matches expected" in usual.text


def test_the_nearest_entries_are_listed_however_far(folder):
    arguments = ("search", "copy-3.jpg", "--bank", "one.bank", "--bank", "two.bank")
    status, (record,) = eikona_json(*arguments, "--nearest", "3", "--fail-on-match")
    assert status == 0
    matches = record["matches"]
    assert len(matches) == 3
    assert {match["outcome"] for match in matches} == {"clear"}
    distances = [match["distance"] for match in matches]
    assert distances == sorted(distances)
    assert "0 pictures with matches" in eikona(*arguments, "--nearest", "3").stderr
    assert eikona(*arguments, "--nearest", "3", "--radius", "9").status == 2
    assert eikona(*arguments, "--nearest", "0").status == 2
    assert eikona("bank", "policy", "two.bank", "--rule", "threshold:phash=9").status == 0
    mixed = eikona(*arguments, "--nearest", "3")
    assert mixed.status == 2  # bits of two hashes are no one order
    assert "different hashes" in mixed.stderr
    assert eikona(*arguments, "--nearest", "3", "--rule", "eikona").status == 0
