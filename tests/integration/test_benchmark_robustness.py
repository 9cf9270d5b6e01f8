"""The robustness benchmark runs through on drawn pictures, and says what is wrong with its use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import tables
from benchmarks.robustness import command
from benchmarks.robustness import tables as robustness_tables
from benchmarks.robustness.hashers import catalogue
from benchmarks.robustness.photos import draw_photos
from eikona.imaging.alterations.catalogue import ATTACKS

_ROOT = Path(__file__).resolve().parent.parent.parent


def _measure(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.robustness", *map(str, arguments)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def _rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.slow
def test_a_smoke_run_scores_every_contender_under_every_attack(tmp_path):
    results = tmp_path / "results.jsonl"
    done = _measure("--quick", "--jobs", "2", "--results", results)
    assert done.returncode == 0, done.stderr
    rows = _rows(results)
    assert str(tmp_path) not in results.read_text("utf-8")
    scored = {row["what"]: row for row in robustness_tables.contender_rows(rows)}
    assert {"eikona", "majority", "unihasher-tree", "pdq ×8", "nmf", "dhash256"} <= set(scored)
    for row in scored.values():
        for score in row["scores"]:
            assert set(score["attacks"]) == set(ATTACKS)
            assert all(0 <= recall <= 1 for recall in score["attacks"].values())
        assert row["protocol"]["pairs"] == 2 * 19 * row["photos"]
    strictest = scored["pdq ×8"]["scores"][0]["attacks"]
    assert strictest["mirror"] == strictest["rotate-90"] == strictest["jpeg-30"] == 1
    assert scored["eikona"]["scores"][0]["attacks"]["flip"] == 1
    assert scored["pdq"]["scores"][0]["attacks"]["flip"] < 0.5
    assert scored["eikona"]["protocol"]["precision"] == 1
    for name, table in robustness_tables.TABLES.items():
        assert table(rows), name
    assert f"| {ATTACKS['watermark'].label} | 0.5 opaque |" in robustness_tables.attacks(rows)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    draw_photos(folder, 12)
    return folder


def test_a_second_run_hashes_nothing_and_scores_the_same(photos, tmp_path, capsys):
    def run(*attacks):
        results = tmp_path / "results.jsonl"
        arguments = ["--photos", photos, "--work", tmp_path / "work", "--peers"]
        arguments += ["--results", results, "--attacks", *attacks]
        assert command.main([str(argument) for argument in arguments]) == 0
        return _rows(results), capsys.readouterr().err

    first, said = run("mirror", "crop=0.1")
    assert "aligned: 7 of 7 photographs" in said  # of the odd half, hashes included
    assert "eikona: 5 of 5 photographs" in said  # the others
    again, said = run("mirror", "crop=0.1")
    assert "photographs" not in said
    assert again == first
    other, said = run("mirror", "crop=0.2")
    assert "aligned: 7 of 7 photographs" in said
    assert "eikona: 5 of 5 photographs" in said
    strengths = [row["strength"] for row in robustness_tables.attack_rows(other)]
    assert strengths == [1, 0.2]
    assert all(row["protocol"] is None for row in robustness_tables.contender_rows(other))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--attacks", "mirrror", "--results", "out"), "no attack is named 'mirrror'"),
        (("--attacks", "crop=much", "--results", "out"), "write crop=NUMBER"),
        (("--attacks", "crop"), "--attacks needs --results FILE"),
        (("--sample", "2"), "2 photographs are too few"),
        (("--photos", "empty"), "--photos FOLDER"),
    ],
)
def test_what_cannot_be_measured_is_said(photos, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert command.main(["--photos", str(photos), "--peers", *arguments]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_peer_that_is_not_installed_is_named_before_anything_is_hashed(
    photos, tmp_path, monkeypatch, capsys
):
    def missing():
        raise ModuleNotFoundError(name="pdqhash")

    monkeypatch.setattr(catalogue, "PEERS", {"pdqhash": missing})
    catalogue.hasher_named.cache_clear()
    arguments = ["--photos", str(photos), "--work", str(tmp_path / "work"), "--peers", "pdqhash"]
    assert command.main(arguments) == 1
    assert "pdqhash is not installed" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_a_contact_sheet_shows_every_attack(photos, tmp_path):
    sheet = tmp_path / "sheet.png"
    assert command.main(["--photos", str(photos), "--contact-sheet", str(sheet)]) == 0
    with Image.open(sheet) as image:
        assert image.format == "PNG"
        assert len(image.getcolors(1 << 24)) > 10_000


def test_the_docs_hold_the_tables_and_the_heat_map():
    page = (_ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    for name in robustness_tables.TABLES:
        assert f"<!-- table: {name} -->" in page
    assert "docs/img/robustness.png" in tables.PLOTS
    assert "](img/robustness.png)" in page
