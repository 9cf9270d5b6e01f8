import pytest
from PIL import Image

from eikona.apps.cli.sample_pictures import SCENES
from eikona.deciding.rules import parse_rule
from eikona.hashing.registry import ALGORITHMS
from eikona.imaging.alterations.catalogue import ATTACKS as ATTACKS_OF
from eikona.services.self_test import subject_of
from tests.integration.command_line import eikona, eikona_json

ATTACKS = ("--attack", "dark", "--attack", "screenshot-60", "--attack", "rotate-90")


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "scene.jpg"
    next(iter(SCENES.values()))(2).reduce(2).save(path, quality=90)
    return path


def test_one_object_an_attack_and_a_sheet(picture, tmp_path):
    sheet = tmp_path / "sheet.png"
    status, records = eikona_json("self-test", picture, *ATTACKS, "--show", sheet)
    assert status == 0
    assert [record["attack"] for record in records] == ["dark", "screenshot-60", "rotate-90"]
    assert set(records[0]) == {
        *("file", "attack", "label", "strength", "unit", "outcome", "match", "found_by"),
        *("expected_false_matches", "confidence", "inliers", "distances", "rule", "reason"),
    }
    assert all(record["outcome"] == "block" for record in records)
    assert records[1]["found_by"] == "places"
    with Image.open(sheet) as drawn:
        assert drawn.width > 1000


def test_a_table_for_people_and_what_a_rule_without_places_loses(picture):
    ended = eikona("self-test", picture, *ATTACKS, "--rule", "eikona-hashes", "--bank-size", "10M")
    assert ended.status == 0
    lines = ended.text.splitlines()
    assert lines[0].split()[:3] == ["attack", "copy", "by"]
    assert "lost" in lines[2]
    assert "nothing" in lines[2]
    assert "in a bank of 10,000,000 entries, by rule eikona-hashes" in ended.stderr


def test_a_bank_gives_its_size_and_policy(picture, tmp_path):
    bank = tmp_path / "works.bank"
    assert eikona("bank", "create", bank).status == 0
    assert eikona("bank", "add", bank, picture).status == 0
    ended = eikona("self-test", picture, "--attack", "dark", "--bank", bank)
    assert ended.status == 0
    assert "1 attack: 1 found; in a bank of 1 entries, by rule eikona" in ended.stderr


def test_a_bank_without_local_features_finds_what_it_says_it_finds(picture, tmp_path):
    bank, folder = tmp_path / "sensitive.bank", tmp_path / "copies"
    assert eikona("bank", "create", bank, "--no-local-features").status == 0
    assert eikona("bank", "add", bank, picture).status == 0
    status, (dark, screenshot, _) = eikona_json("self-test", picture, *ATTACKS, "--bank", bank)
    assert status == 0
    assert (dark["outcome"], screenshot["outcome"]) == ("block", "clear")
    assert screenshot["inliers"] is None
    folder.mkdir()
    subject = subject_of(picture, parse_rule("eikona", ALGORITHMS))
    for name, outcome in (("dark", "block"), ("screenshot-60", None)):
        copy = folder / f"{name}.jpg"
        copy.write_bytes(ATTACKS_OF[name].copy(subject.picture, subject.seed))
        _, (found,) = eikona_json("search", copy, "--bank", bank)
        assert [match["outcome"] for match in found["matches"]] == ([outcome] if outcome else [])


def test_a_bank_without_a_hash_that_the_rule_needs_is_told(picture, tmp_path):
    bank = tmp_path / "few.bank"
    assert eikona("bank", "create", bank).status == 0
    assert eikona("bank", "add", bank, picture, "--algorithm", "phash").status == 0
    ended = eikona("self-test", picture, "--attack", "dark", "--bank", bank)
    assert ended.status == 2
    assert "no entry of the bank has pdq" in ended.stderr


def test_what_cannot_be_is_said(picture, tmp_path):
    for arguments, status, words in (
        ((picture, "--attack", "burn"), 2, "no attack is called 'burn'"),
        ((picture, "--show", "sheet.gif"), 2, ".png, .jpg or .webp"),
        ((picture, "--bank-size", "5", "--bank", tmp_path), 2, "give one of them"),
        ((tmp_path / "none.jpg",), 1, "(file_not_found)"),
    ):
        ended = eikona("self-test", *arguments)
        assert ended.status == status, ended.stderr
        assert words in " ".join(ended.stderr.replace("│", " ").split())
        assert not ended.text
