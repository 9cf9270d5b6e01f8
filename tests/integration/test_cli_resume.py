"""Long runs that are interrupted, killed, and gone on with."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from tests.integration import bad_input
from tests.integration.command_line import eikona, started

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")

PICTURES = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with so many pictures that a run over it can be met half-way."""
    root = tmp_path_factory.mktemp("many")
    first = bad_input.save_picture(root / "000.jpg", size=(640, 480))
    for number in range(1, PICTURES):
        os.link(first, root / f"{number:03}.jpg")
    (root / "050.jpg").unlink()
    (root / "050.jpg").write_text("no picture")
    return root


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """What a run writes that nothing interrupts."""
    out = tmp_path_factory.mktemp("whole") / "out.jsonl"
    assert eikona("hash", folder, "--output", out).status == 1
    return out.read_bytes().splitlines()


def stop_half_way(process, out, number, lines):
    """Send a signal to all processes of a run once so many lines are written."""
    while not out.exists() or out.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "it was over too soon to be stopped"
        time.sleep(0.001)
    os.killpg(process.pid, number)
    said = process.stderr.read().decode()
    process.stdout.close()
    process.wait()
    return said


def left_over(process):
    listing = subprocess.run(
        ["ps", "-e", "-o", "pgid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in listing.splitlines())
    return [row for row in rows if int(row[0]) == process.pid and row[1][0] != "Z"]


def test_an_interrupted_run_says_how_to_go_on_and_does(folder, whole, tmp_path):
    out = tmp_path / "out.jsonl"
    with started("hash", folder, "--output", out, "--jobs", "2") as process:
        said = stop_half_way(process, out, signal.SIGINT, 60)
    assert process.returncode == 130
    assert (
        said.strip().splitlines()[-1].endswith("the same command with --resume goes on from here.")
    )
    assert "Traceback" not in said
    assert not left_over(process)
    half = out.read_bytes().splitlines()
    assert half == whole[: len(half)]
    assert 60 <= len(half) < PICTURES

    resumed = eikona("hash", folder, "--output", out, "--resume")
    assert resumed.status == 1  # 050.jpg, tried again
    assert f"{len(half) - 1} done before" in resumed.stderr
    # The failure was tried again and so stands later; all else is as if nothing had happened.
    assert sorted(out.read_bytes().splitlines()) == sorted(whole)


def test_a_run_that_was_killed_again_and_again_is_gone_on_with(folder, whole, tmp_path):
    out = tmp_path / "out.jsonl"
    for lines in (20, 100, 180):
        with started("hash", folder, "-o", out, "--jobs", "2", "--resume") as process:
            stop_half_way(process, out, signal.SIGKILL, lines)
        with out.open("ab") as file:
            file.write(whole[lines][: lines // 2])  # as if the last line had been torn
    resumed = eikona("hash", folder, "--output", out, "--resume")
    done_before = int(re.search(r"(\d+) done before", resumed.stderr)[1])
    assert done_before >= 180 - 3  # each of the three runs may have met the picture that fails
    assert sorted(out.read_bytes().splitlines()) == sorted(whole)


def test_an_interrupt_without_output_says_what_would_help(folder):
    with started("hash", folder, "--jobs", "1", "--format", "json") as process:
        for _ in range(20):
            process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        lines = process.stdout.read().splitlines()
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert "--output FILE" in said
    assert all(json.loads(line) for line in lines)
    assert not left_over(process)


def test_a_second_run_has_nothing_left_to_do(folder, whole, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_bytes(b"".join(line + b"\n" for line in whole))
    again = eikona("hash", folder, "--output", out, "--resume")
    assert f"{PICTURES - 1} done before" in again.stderr
    assert "1 picture in" in again.stderr  # the one that failed
    assert sorted(out.read_bytes().splitlines()) == sorted(whole)


def test_what_changed_or_failed_is_hashed_again(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    out = tmp_path / "out.jsonl"
    for name in ("a", "b", "c", "d"):
        bad_input.save_picture(root / f"{name}.png", ord(name))
    (root / "c.png").write_bytes(b"")
    assert eikona("hash", root, "--output", out).status == 1
    bad_input.save_picture(root / "b.png", 99)
    bad_input.save_picture(root / "c.png", ord("c"))
    resumed = eikona("hash", root, "--output", out, "--resume")
    assert resumed.status == 0
    assert "2 done before" in resumed.stderr
    fresh = tmp_path / "fresh.jsonl"
    eikona("hash", root, "--output", fresh)
    assert sorted(out.read_bytes().splitlines()) == sorted(fresh.read_bytes().splitlines())


def test_a_disk_that_is_not_there_now_costs_no_result(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    names = [bad_input.save_picture(disk / f"{letter}.png", ord(letter)) for letter in "abc"]
    (disk / "d.png").write_bytes(b"")
    out = tmp_path / "out.jsonl"
    assert eikona("hash", disk, "--output", out).status == 1
    before = out.read_bytes()
    disk.rename(tmp_path / "away")
    disk.mkdir()  # where it was mounted
    assert eikona("hash", disk, "--output", out, "--resume").status == 0
    assert eikona("hash", names[0], "--output", out, "--resume").status == 0
    other = bad_input.save_picture(tmp_path / "other.png", 7)
    assert eikona("hash", other, "--output", out, "--resume").status == 0
    assert out.read_bytes().startswith(before)
    disk.rmdir()
    (tmp_path / "away").rename(disk)
    again = eikona("hash", disk, other, "--output", out, "--resume")
    assert "4 done before" in again.stderr


def test_only_inputs_of_this_run_are_done_again(tmp_path):
    a, b = (bad_input.save_picture(tmp_path / name, 1) for name in ("a.png", "b.png"))
    out = tmp_path / "out.jsonl"
    eikona("hash", a, b, "--output", out)
    before = out.read_bytes().splitlines()
    for path in (a, b):
        bad_input.save_picture(path, 2)
    eikona("hash", b, "--output", out, "--resume")
    after = out.read_bytes().splitlines()
    assert after[0] == before[0]
    assert len(after) == 2
    assert after[1] != before[1]


def test_results_of_standard_input_are_kept(tmp_path):
    data = bad_input.save_picture(tmp_path / "a.png").read_bytes()
    out = tmp_path / "out.jsonl"
    eikona("hash", "-", "--output", out, stdin=data)
    before = out.read_bytes()
    assert eikona("hash", tmp_path / "a.png", "--output", out, "--resume").status == 0
    assert out.read_bytes().startswith(before)
    assert out.read_bytes().count(b"\n") == 2


def test_lines_that_hash_did_not_write_are_never_dropped(tmp_path):
    picture = bad_input.save_picture(tmp_path / "a.png")
    mine = tmp_path / "mine.jsonl"
    for line in (
        eikona("hash", picture, "--format", "json").text,
        '{"file":"zzz","label":"my annotation"}\n',
        2 * '{"file":"a.png","resume":{"of":"x"}}\n',
    ):
        mine.write_text(line)
        ended = eikona("hash", picture, "--output", mine, "--resume")
        assert ended.status == 2
        assert "did not write" in ended.stderr
        assert mine.read_text() == line


@pytest.mark.parametrize(
    "options", [["-a", "pdq"], ["--decode", "exact"], ["--frames"], ["--compat", "imagehash"]]
)
def test_other_settings_are_refused(tmp_path, options):
    picture = bad_input.save_picture(tmp_path / "a.png")
    out = tmp_path / "out.jsonl"
    eikona("hash", picture, "--output", out)
    before = out.read_bytes()
    resumed = eikona("hash", picture, "--output", out, "--resume", *options)
    assert resumed.status == 2
    assert "name a new file" in resumed.stderr
    assert out.read_bytes() == before


def test_frames_are_kept_all_or_none(tmp_path):
    first, *rest = (bad_input.picture(seed) for seed in range(4))
    for name in ("a.gif", "b.gif"):
        first.save(tmp_path / name, save_all=True, append_images=rest, duration=40)
    out = tmp_path / "out.jsonl"
    eikona("hash", tmp_path, "--frames", "--output", out)
    lines = out.read_bytes().splitlines(keepends=True)
    assert len(lines) == 8
    out.write_bytes(b"".join(lines[:6]))
    resumed = eikona("hash", tmp_path, "--frames", "--output", out, "--resume")
    assert "1 done before" in resumed.stderr
    assert out.read_bytes() == b"".join(lines)
