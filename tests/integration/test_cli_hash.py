import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import eikona as library
from eikona.apps.cli.options import ALGORITHM_NAMES
from eikona.hashing.registry import ALGORITHMS, DEFAULT_ALGORITHMS
from tests.integration import bad_input
from tests.integration.command_line import (
    ENVIRONMENT,
    eikona,
    eikona_json,
    started,
    without_root_rights,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes pipes, sockets and links")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures") / "root"
    bad_input.make_readable_pictures(root)
    return root


@pytest.fixture(scope="module")
def one(folder):
    return folder / "b.jpg"


def test_json_says_what_the_library_says(one):
    status, (record,) = eikona_json("hash", one)
    expected = library.fingerprint(one)
    assert status == 0
    assert record == {
        "file": str(one),
        "width": 160,
        "height": 120,
        "frames": 1,
        "quality": expected.quality,
        "format": "jpeg",
        "decode": "exact",
        "hashes": expected.hex,
        "versions": dict(expected.versions),
    }
    assert list(record["hashes"]) == list(DEFAULT_ALGORITHMS)


def test_json_holds_nothing_but_objects_on_standard_output(folder):
    ended = eikona("hash", folder, "--format", "json")
    assert all(isinstance(record, dict) for record in ended.records)
    assert ended.stdout.endswith(b"}\n")
    assert "8 pictures in" in ended.stderr
    assert "1 other file passed by" in ended.stderr
    assert "1 link to folders not followed" in ended.stderr


@pytest.fixture(scope="module")
def reference(folder):
    return eikona("hash", folder, "--format", "json", "--jobs", "1").stdout


@pytest.mark.parametrize(
    ("jobs", "method"), [("3", "fork"), ("1", "spawn"), ("3", "spawn"), ("3", "forkserver")]
)
def test_order_and_content_depend_on_neither_jobs_nor_start_method(folder, reference, jobs, method):
    got = eikona("hash", folder, "--format", "json", "--jobs", jobs, "--start-method", method)
    assert got.stdout == reference


def test_files_keep_the_order_and_the_spelling_they_were_named_with(folder):
    named = ["b.jpg", "below", "./a.png", "below/../b.jpg"]
    _, records = eikona_json("hash", *named, cwd=folder)
    assert [record["file"] for record in records] == [
        "b.jpg",
        "below/c.webp",
        "below/deeper/d.gif",
        "./a.png",
        "below/../b.jpg",
    ]


def test_one_bad_file_never_stops_a_folder(tmp_path):
    root = tmp_path / "root"
    expected = bad_input.make_unreadable_things(root)
    bad_input.save_picture(root / "aaa.jpg", 1)
    bad_input.save_picture(root / "zzz.jpg", 2)
    status, records = eikona_json("hash", root, "--jobs", "2", before=without_root_rights)
    good = [os.path.relpath(record["file"], root) for record in records if "error" not in record]
    codes = {
        os.path.relpath(record["file"], root): record["error"]["code"]
        for record in records
        if "error" in record
    }
    assert status == 1
    assert good == ["aaa.jpg", "zzz.jpg"]
    assert codes == expected
    assert all(record["error"]["message"] for record in records if "error" in record)


def test_everything_that_is_named_is_reported(tmp_path):
    root = tmp_path / "root"
    expected = bad_input.make_unreadable_things(root) | {"notes.txt": "not_an_image"}
    (root / "notes.txt").write_text("nothing to see")
    expected["missing.jpg"] = "file_not_found"
    status, records = eikona_json("hash", *expected, cwd=root, before=without_root_rights)
    assert status == 1
    assert {record["file"]: record["error"]["code"] for record in records} == expected


def test_text_names_each_failure_and_sums_up(tmp_path, one):
    (tmp_path / "empty.jpg").touch()
    ended = eikona("hash", tmp_path / "empty.jpg", one)
    assert ended.status == 1
    assert "empty.jpg: " in ended.stderr
    assert "1 failed: 1 empty_file" in ended.stderr
    assert f"{one}  (jpeg, 160 x 120, quality" in ended.text
    for name, code in library.fingerprint(one).hex.items():
        assert f"  {name:<10}  {code}" in ended.text


def test_text_of_a_single_hash_is_a_line_as_of_sha256sum(one):
    ended = eikona("hash", one, "--algorithm", "pdq")
    assert ended.text == f"{library.fingerprint(one).hex['pdq']}  {one}\n"


def test_standard_input(one):
    status, (record,) = eikona_json("hash", "-", stdin=one.read_bytes())
    assert status == 0
    assert record["file"] == "-"
    assert record["hashes"] == library.fingerprint(one).hex


def test_standard_input_may_be_empty_or_too_long(one):
    _, (record,) = eikona_json("hash", "-")
    assert record["error"]["code"] == "empty_file"
    _, (record,) = eikona_json("hash", "-", "--max-bytes", "1k", stdin=one.read_bytes())
    assert record["error"]["code"] == "too_many_bytes"


def test_algorithms_are_those_asked_for(one):
    _, (record,) = eikona_json("hash", one, "--algorithm", "nmf", "-a", "phash")
    assert list(record["hashes"]) == ["nmf", "phash"]
    assert record["versions"] == {name: ALGORITHMS[name].id.version for name in record["hashes"]}


def test_an_unknown_algorithm_is_wrong_usage_and_the_names_are_listed(one):
    ended = eikona("hash", one, "--algorithm", "phas")
    assert ended.status == 2
    assert ended.stdout == b""
    assert "did you mean 'phash'?" in ended.stderr
    assert "forbild" in ended.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--hash-size", "8"],
        ["--compat", "imagehash", "--hash-size", "1"],
        ["--compat", "imagehash", "--algorithm", "phash"],
        ["--compat", "imagehash", "--frames"],
        ["--compat", "perception"],
        ["--frames", "--decode", "fast"],
        ["--decode", "half"],
        ["--resume"],
        ["--jobs", "0"],
        ["--max-bytes", "many"],
        ["--timeout", "0"],
        ["--format", "xml"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_done(one, options):
    ended = eikona("hash", one, *options)
    assert ended.status == 2
    assert ended.stdout == b""


def test_compat_has_the_hashes_of_that_library(one):
    status, (record,) = eikona_json("hash", one, "--compat", "imagehash", "--hash-size", "16")
    assert status == 0
    assert list(record["hashes"]) == ["average_hash", "dhash", "phash", "whash"]
    assert {len(code) for code in record["hashes"].values()} == {64}
    assert record["quality"] is None


def test_frames_are_one_object_each(tmp_path):
    first, *rest = (bad_input.picture(seed) for seed in range(5))
    first.save(tmp_path / "moving.gif", save_all=True, append_images=rest, duration=40)
    status, records = eikona_json("hash", tmp_path / "moving.gif", "--frames")
    assert status == 0
    assert [record["frame"] for record in records] == [0, 1, 2, 3, 4]
    assert {record["frames"] for record in records} == {5}
    assert len({record["hashes"]["pdq"] for record in records}) == 5


def test_limits_can_be_set(one):
    for option, code in [("--max-pixels", "too_many_pixels"), ("--max-bytes", "too_many_bytes")]:
        status, (record,) = eikona_json("hash", one, option, "1000")
        assert (status, record["error"]["code"]) == (1, code)


def test_names_that_are_no_text_survive_in_both_formats(tmp_path):
    name = b"\xff\xfe odd.png"
    path = os.fsencode(tmp_path) + b"/" + name
    bad_input.picture().save(os.fsdecode(path), format="PNG")
    for argument in [tmp_path, os.fsdecode(path)]:
        ended = eikona("hash", argument, "--format", "json")
        (record,) = ended.records  # decodes as UTF-8
        assert os.fsencode(record["file"]) == path
        assert ended.status == 0
    assert rb"\xff\xfe odd.png" in eikona("hash", tmp_path).stdout


def test_names_cannot_steer_a_terminal(tmp_path):
    bad_input.save_picture(tmp_path / "\x1b[31mred\n.png")
    ended = eikona("hash", tmp_path)
    assert rb"\x1b[31mred\x0a.png" in ended.stdout
    assert b"\x1b" not in ended.stdout


def test_a_reader_that_leaves_ends_the_run_quietly(folder):
    many = [folder] * 40
    with started("hash", *many, "--format", "json") as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_output_holds_the_records_and_standard_output_nothing(folder, tmp_path):
    out = tmp_path / "out.jsonl"
    ended = eikona("hash", folder, "--output", out)
    assert (ended.status, ended.stdout) == (0, b"")
    records = [json.loads(line) for line in out.read_text().splitlines()]
    for record in records:
        assert record.pop("resume")["of"] == 1
    assert records == eikona_json("hash", folder)[1]


def test_sizes_that_are_no_power_of_two_have_no_whash_and_say_so(one):
    ended = eikona("hash", one, "--compat", "imagehash", "--hash-size", "12", "--format", "json")
    assert ended.status == 0
    assert set(json.loads(ended.stdout)["hashes"]) == {"average_hash", "dhash", "phash"}
    assert "no whash" in ended.stderr


def test_output_never_overwrites_and_says_what_to_do(folder, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("precious")
    ended = eikona("hash", folder, "--output", out)
    assert ended.status == 2
    assert "--resume" in ended.stderr
    assert out.read_text() == "precious"


def test_an_output_that_cannot_be_written_is_said(one, tmp_path):
    ended = eikona("hash", one, "--output", tmp_path / "missing" / "out.jsonl")
    assert ended.status == 1
    assert "missing" in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_a_full_disk_is_said(one):
    with Path("/dev/full").open("wb") as full, started("hash", one, stdout=full) as process:
        said = process.stderr.read()
    assert process.returncode == 1
    assert b"No space left" in said
    assert b"Traceback" not in said


def test_memory_of_workers_is_bounded(tmp_path):
    tile = np.asarray(bad_input.picture(size=(96, 96)))
    Image.fromarray(np.tile(tile, (100, 100, 1))).save(tmp_path / "large.jpg")
    options = ["--max-memory-mb", "512", "--decode", "exact", "--timeout", "30"]
    status, (record,) = eikona_json("hash", tmp_path / "large.jpg", *options)
    assert status == 1
    assert record["error"]["code"] == "out_of_memory"


def test_a_terminal_sees_a_bar_and_standard_output_stays_clean(folder):
    ours, theirs = pty.openpty()
    options = {"stderr": theirs, "environment": {"TERM": "xterm"}}
    with started("hash", *[folder] * 400, "--format", "json", **options) as process:
        os.close(theirs)
        lines = process.stdout.readlines()
    seen = b""
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
        while data := terminal.read(4096):
            seen += data
    assert process.returncode == 0
    assert len([json.loads(line) for line in lines]) == 3200
    assert b"/3200" in seen
    assert b"/s" in seen
    assert b"3200 pictures in" in seen


def in_a_process_where(tmp_path, before, *arguments):
    """Run the command after some statements, which its forked workers inherit."""
    script = tmp_path / "run.py"
    script.write_text(f"{before}\nfrom eikona.apps.cli.main import main\nmain()\n")
    command = [sys.executable, script, *map(str, arguments), "--start-method", "fork"]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def test_workers_that_cannot_begin_end_the_command_with_a_sentence(tmp_path, one):
    before = """
import threading
def no_room(_):
    raise RuntimeError("can't start new thread")
threading.Thread.start = no_room
"""
    done = in_a_process_where(tmp_path, before, "hash", one, one)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("eikona: worker processes die before they begin")
    assert done.stderr.count("\n") == 1


def test_a_system_without_memory_limits_is_said_once(tmp_path, one):
    before = """
import resource
def refuse(*_):
    raise ValueError("current limit exceeds maximum limit")
resource.setrlimit = refuse
"""
    done = in_a_process_where(tmp_path, before, "hash", *[one] * 20, "-a", "pdq", "-j", "2")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 20
    said, summary = done.stderr.splitlines()
    assert said.startswith("the system refuses to bound the memory")
    assert summary.startswith("20 pictures in")


def test_a_terminal_that_sees_the_results_has_no_bar_in_them(folder):
    ours, theirs = pty.openpty()
    options = {"stdout": theirs, "stderr": theirs, "environment": {"TERM": "xterm"}}
    with started("hash", *[folder] * 400, "-a", "pdq", **options):
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
            while data := terminal.read(4096):
                seen += data
    assert b"\x1b" not in seen
    assert seen.count(b"  ") >= 3200
    assert b"3200 pictures" in seen


def test_help_lists_the_algorithms_of_the_registry():
    assert tuple(ALGORITHMS) == ALGORITHM_NAMES
