"""``scan`` over real files against a real bank."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from eikona import Bank
from tests.integration import bad_input, command_line
from tests.integration.command_line import eikona, eikona_json, moved, started, without_root_rights

KNOWN = 4


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setitem(command_line.ENVIRONMENT, "XDG_CACHE_HOME", str(folder))
    return folder / "eikona" / "fingerprints-1.sqlite"


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A bank of pictures, and the folder where they are."""
    root = tmp_path_factory.mktemp("known")
    for number in range(KNOWN):
        bad_input.save_picture(root / f"{number}.png", number, (640, 480))
    bank = root.parent / f"{root.name}.bank"
    assert eikona("bank", "create", bank).status == 0
    assert eikona("bank", "add", bank, root).status == 0
    return bank


@pytest.fixture
def folder(tmp_path):
    """Copies of some, another picture, and files that are no pictures."""
    root = tmp_path / "found"
    (root / "below").mkdir(parents=True)
    bad_input.picture(0, (640, 480)).save(root / "small.jpg", quality=40)
    ImageOps.mirror(bad_input.picture(1, (640, 480))).save(root / "below" / "mirrored.jpg")
    turned = bad_input.picture(2, (640, 480)).transpose(Image.Transpose.ROTATE_90)
    turned.save(root / "below" / "turned.png")
    bad_input.save_picture(root / "other.png", 77, (640, 480))
    (root / "notes.txt").write_text("nothing to see")
    (root / "torn.jpg").write_bytes((root / "small.jpg").read_bytes()[:400])
    return root


def found_in(records):
    return {
        Path(record["file"]).name: [Path(match["entry"]).name for match in record["matches"]]
        for record in records
        if "matches" in record
    }


EXPECTED = {
    "mirrored.jpg": ["1.png"],
    "turned.png": ["2.png"],
    "other.png": [],
    "small.jpg": ["0.png"],
}


def test_finds_the_copies_and_reports_what_failed(folder, bank):
    status, records = eikona_json("scan", folder, "--bank", bank)
    assert status == 1
    assert found_in(records) == EXPECTED
    assert [Path(record["file"]).name for record in records] == [
        "mirrored.jpg",
        "turned.png",
        "other.png",
        "small.jpg",
        "torn.jpg",
    ]
    (failed,) = (record for record in records if "error" in record)
    assert failed["error"]["code"] == "truncated_image"
    match = records[0]["matches"][0]
    assert match["outcome"] == "block"
    assert match["orientation"] == "flip-left-right"
    assert moved(match["transform"], 20, 10) == pytest.approx((620, 10), abs=3)
    assert match["inliers"] > 8
    assert match["distance"] <= 31
    assert set(match) >= {"entry", "expected_false_matches", "distances", "reason"}


def test_says_the_same_as_search_and_the_same_again(folder, bank):
    once = eikona_json("scan", folder, "--bank", bank)
    assert eikona_json("scan", folder, "--bank", bank) == once
    assert eikona_json("scan", folder, "--bank", bank, "--no-cache") == once
    assert eikona_json("search", folder, "--bank", bank) == once


def test_text_is_a_table_of_what_was_found(folder, bank):
    ended = eikona("scan", folder, "--bank", bank)
    head, *rows = ended.text.splitlines()
    assert head.split() == ["outcome", "distance", "places", "orientation", "picture", "entry"]
    assert len(rows) == 3
    assert all(int(row.split()[2]) > 12 for row in rows)
    assert all(row.startswith("block") for row in rows)
    assert "5 pictures" in ended.stderr
    assert "1 failed: 1 truncated_image" in ended.stderr
    assert "1 other file passed by" in ended.stderr
    assert "3 pictures with matches among 4 entries, 3 of them copies" in ended.stderr


def test_status(folder, bank, tmp_path):
    assert eikona("scan", folder, "--bank", bank, "--fail-on-match").status == 3
    assert eikona("scan", folder / "other.png", "--bank", bank, "--fail-on-match").status == 0
    assert eikona("scan", folder / "gone", "--bank", bank).status == 1
    assert eikona("scan", folder, "--bank", tmp_path / "gone").status in (1, 2)
    assert eikona("scan", folder, "--bank", bank, "--rule", "nonsense").status == 2
    assert eikona("scan", folder, "--bank", bank, "--report", tmp_path / "x.pdf").status == 2


def test_rule_and_top(folder, bank):
    wide = ("--rule", "threshold:pdq=256", "--bank", bank, folder / "other.png")
    assert len(eikona_json("scan", *wide)[1][0]["matches"]) == KNOWN
    (record,) = eikona_json("scan", *wide, "--top", "2")[1]
    assert len(record["matches"]) == 2
    assert record["matches"][0]["distance"] <= record["matches"][1]["distance"]
    strict = eikona_json("scan", folder, "--bank", bank, "--rule", "threshold:pdq=0")[1]
    assert found_in(strict)["small.jpg"] == []


def test_reports_stand_beside_each_other(folder, bank, tmp_path):
    page, table = tmp_path / "out.html", tmp_path / "own.csv"
    ended = eikona("scan", folder, "--bank", bank, "--report", page, "--report", table)
    assert ended.status == 1
    for path in (page, page.with_suffix(".csv"), table):
        assert f"Report: {path}" in ended.stderr
    assert "mirrored.jpg" in page.read_text()
    assert table.read_bytes() == page.with_suffix(".csv").read_bytes()
    with table.open(newline="") as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    assert set(rows) == {"small.jpg", "mirrored.jpg", "turned.png"}
    assert rows["mirrored.jpg"]["orientation"] == "flip-left-right"


def test_a_bank_may_say_that_its_pictures_are_anywhere(folder, bank, tmp_path):
    """Also where nothing can be: no more is lost than the picture of the entry."""
    with Bank.open(shutil.copytree(bank, tmp_path / "odd.bank")) as odd:
        (entry,) = (one for one in odd if one.name.endswith("0.png"))
        odd.add_entries([replace(entry, source=f"/{'x' * 300}")])
    report = tmp_path / "r.html"
    ended = eikona(
        "scan", folder / "small.jpg", "--bank", tmp_path / "odd.bank", "--report", report
    )
    assert ended.status == 0, ended.stderr
    assert "not at hand" in report.read_text()


def test_a_stranger_puts_no_picture_of_mine_into_a_report(folder, bank, tmp_path):
    """What a list or a copied bank says of where pictures are may be any file of this machine."""
    mine = tmp_path / "diary.png"
    bad_input.save_picture(mine, 99, (640, 480))
    with Bank.open(bank) as known:
        picture = next(one for one in known if one.name.endswith("0.png"))
        hashes = {name: code.hex() for name, code in picture.fingerprint.hashes.items()}
    listed = tmp_path / "theirs.csv"
    listed.write_text(f"name,source,width,height,pdq\nx,{mine},640,480,{hashes['pdq']}\n")
    theirs = tmp_path / "theirs.bank"
    assert eikona("bank", "create", theirs).status == 0
    assert eikona("bank", "import", theirs, listed).status == 0
    with Bank.open(shutil.copytree(bank, tmp_path / "copied.bank")) as copied:
        copied.add_entries([replace(picture, source=str(mine))])
    shown = {}
    for name in (theirs, tmp_path / "copied.bank", bank):
        report = tmp_path / "r.html"
        ended = eikona("scan", folder / "small.jpg", "--bank", name, "--report", report)
        assert "1 picture with matches" in ended.stderr
        shown[name] = "not at hand" not in report.read_text()
    assert list(shown.values()) == [False, False, True]


def test_a_report_of_nothing_says_so(folder, bank, tmp_path):
    page = tmp_path / "out.html"
    assert eikona("scan", folder / "other.png", "--bank", bank, "--report", page).status == 0
    assert "None of these pictures is in the bank." in page.read_text()
    (tmp_path / "nothing").mkdir()
    assert eikona("scan", tmp_path / "nothing", "--bank", bank, "--report", page).status == 0
    assert "There are no pictures to look up." in page.read_text()


def test_what_a_person_should_look_at_is_not_counted_as_a_copy(folder, bank, tmp_path):
    with Image.open(folder / "small.jpg") as image:
        cut = image.width // 20
        box = (cut, cut, image.width - cut, image.height - cut)
        image.crop(box).save(tmp_path / "cropped.png")
    page = tmp_path / "out.html"
    paths = (folder / "small.jpg", tmp_path / "cropped.png")
    rule = "--rule", "eikona-hashes"  # local features make it a sure copy
    ended = eikona("scan", *paths, "--bank", bank, *rule, "--report", page)
    assert [row.split()[0] for row in ended.text.splitlines()[1:]] == ["block", "review"]
    assert "2 pictures with matches among 4 entries, 1 of them copies, 1 to be looked at" in (
        ended.stderr
    )
    assert "To be looked at" in page.read_text()


# the cache


def rows_in(cache):
    with sqlite3.connect(cache) as database:
        (number,) = database.execute("SELECT count(*) FROM pictures").fetchone()
    database.close()
    return number


def settle():
    time.sleep(0.2)  # until the files' times are told apart from later ones


def test_what_was_read_is_not_decoded_again(folder, bank, cache):
    settle()
    eikona("scan", folder, "--bank", bank)
    assert rows_in(cache) == 5  # failures too
    with sqlite3.connect(cache) as database:  # as if each were the picture called small.jpg
        database.execute(
            "UPDATE pictures SET fingerprint = (SELECT fingerprint FROM pictures"
            " WHERE CAST(path AS TEXT) LIKE '%small.jpg') WHERE fingerprint IS NOT NULL"
        )
    database.close()
    records = eikona_json("scan", folder, "--bank", bank)[1]
    assert set(map(str, found_in(records).values())) == {"['0.png']"}
    assert found_in(eikona_json("scan", folder, "--bank", bank, "--no-cache")[1]) == EXPECTED


def test_a_changed_picture_is_read_again(folder, bank):
    settle()
    eikona("scan", folder, "--bank", bank)
    shutil.copy(folder / "below" / "mirrored.jpg", folder / "small.jpg")
    records = eikona_json("scan", folder, "--bank", bank)[1]
    assert found_in(records)["small.jpg"] == ["1.png"]


def test_without_a_cache_nothing_is_remembered(folder, bank, cache):
    assert eikona("scan", folder, "--bank", bank, "--no-cache").status == 1
    assert not cache.parent.exists()


def test_the_cache_may_be_anywhere(folder, bank, cache, tmp_path):
    mine = tmp_path / "mine" / "cache"
    settle()
    assert eikona("scan", folder, "--bank", bank, "--cache", mine).status == 1
    assert rows_in(mine) == 5
    assert not cache.parent.exists()


def test_a_damaged_cache_is_no_failure(folder, bank, cache):
    settle()
    cache.parent.mkdir()
    cache.write_bytes(b"This is no database.\n" * 999)
    status, records = eikona_json("scan", folder, "--bank", bank)
    assert (status, found_in(records)) == (1, EXPECTED)
    assert rows_in(cache) == 5
    cache.write_bytes(os.urandom(5000))
    ended = eikona("scan", folder, "--bank", bank)
    assert ended.status == 1
    assert "was damaged: moved to fingerprints-1.sqlite.damaged-2" in ended.stderr


def test_a_cache_that_cannot_be_written_is_no_failure(folder, bank, cache):
    cache.parent.parent.chmod(0o500)
    ended = eikona("scan", folder, "--bank", bank, "--format", "json", before=without_root_rights)
    assert (ended.status, found_in(ended.records)) == (1, EXPECTED)
    assert "cannot be used, going on without it" in ended.stderr


def test_two_at_once_say_the_same(folder, bank):
    both = [started("scan", folder, "--bank", bank, "--format", "json") for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert said[0] == said[1]
    assert found_in([json.loads(line) for line in said[0].splitlines()]) == EXPECTED


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize("command", ["scan", "search"])
def test_an_interrupted_scan_goes_on(bank, cache, tmp_path, command):
    root = tmp_path / "many"
    root.mkdir()
    first = bad_input.save_picture(root / "0.jpg", 0, (640, 480))
    for number in range(1, 300):
        os.link(first, root / f"{number}.jpg")
    settle()
    with started(command, root, "--bank", bank, "--jobs", "1", "--format", "json") as process:
        for _ in range(70):
            assert process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        process.stdout.read()
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "the same command goes on from here" in said
    assert 70 <= rows_in(cache) < 300
    status, records = eikona_json(command, root, "--bank", bank)
    assert (status, len(records)) == (0, 300)
    assert rows_in(cache) == 300
