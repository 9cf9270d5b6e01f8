"""The benchmark of hard negatives runs through on drawn pictures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.robustness.hard_negatives import __main__ as command
from benchmarks.robustness.hard_negatives import tables
from benchmarks.robustness.hard_negatives.groups import groups
from benchmarks.robustness.hard_negatives.pictures import CLASSES
from benchmarks.robustness.photos import Photo


@pytest.mark.slow
def test_a_smoke_run_judges_every_class(tmp_path):
    results = tmp_path / "results.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", command.__package__, "--quick", "--results", str(results)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    assert [row["what"] for row in rows] == list(CLASSES)
    for row in rows:
        assert row["pairs"] == 12
        assert row["inliers_before"]["6"] >= row["inliers_after"]["6"]
    chat = next(row for row in rows if row["what"] == "chat screenshots")
    assert chat["inliers_before"]["10"] == 1
    assert chat["pair"]["block"] == 0
    assert len(tables.hard_negatives(rows).splitlines()) == 2 + len(CLASSES)
    assert tables.hard_negatives([]) == ""


def test_photographs_of_one_kind_are_found_by_their_names():
    names = ("n02085620_Chihuahua.JPEG", "n02113978_Mexican_hairless.JPEG", "n02114367_wolf.JPEG")
    photos = [Photo(Path(name), bytes(32)) for name in names]
    assert groups(photos) == {"photographs of dogs": photos[:2]}
