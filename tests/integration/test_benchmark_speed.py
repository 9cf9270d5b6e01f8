"""The speed benchmark runs through, on drawn pictures and with the peers that are installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent.parent


def _measure(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.speed", *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_smoke_run_writes_a_row_for_every_contender(tmp_path):
    results = tmp_path / "speed.jsonl"
    done = _measure("--quick", "--results", str(results), "--limit", "2")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    found = {(row["set"], row["what"]) for row in rows}
    for name in ("native", "12mp"):
        assert {(name, f"eikona {mode}") for mode in ("exact", "auto", "fast")} <= found
    assert ("hashes", "pdq") in found
    assert ("folder", "eikona hash: 1 process over 2") in found
    assert ("start", "eikona hash one.jpg") in found
    floors = [row for row in rows if row["what"] == row.get("ratio_to")]
    assert floors
    assert all(row["ratio"] == 1 for row in floors)
    assert all(row["iqr"][0] <= row["median"] <= row["iqr"][1] for row in rows)
    assert str(tmp_path) not in results.read_text("utf-8")


def test_a_part_measured_again_replaces_its_own_rows_only(tmp_path):
    results = tmp_path / "speed.jsonl"
    other = {"set": "other", "what": "kept"}
    stale = {"set": "hashes", "what": "gone"}
    results.write_text(json.dumps(other) + "\n" + json.dumps(stale) + "\n")
    done = _measure("--quick", "--results", str(results), "--only", "hashes")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    assert other in rows
    assert stale not in rows
    assert {row["set"] for row in rows} == {"other", "hashes"}


def test_a_folder_without_pictures_is_told_what_to_pass(tmp_path):
    done = _measure("--pictures", str(tmp_path), "--only", "hashes")
    assert done.returncode == 1
    assert "--pictures FOLDER" in done.stderr or "not installed" in done.stderr
    assert "Traceback" not in done.stderr
