import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from eikona.adapters.journal import Journal, Stamp
from eikona.domain.errors import UsageError

SETTINGS = "settings-a"


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{letter}.jpg" for letter in "abcd"]
    for path in paths:
        path.write_text(path.name)
    return [str(path) for path in paths]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.jsonl"


def lines_of(name, count=1, settings=SETTINGS):
    stamp = Stamp.of(name, settings)
    records = [{"file": name, "frame": n, "resume": stamp.entry(count)} for n in range(count)]
    return [json.dumps(record).encode() for record in records]


def failure_of(name):
    return [json.dumps({"file": name, "error": {"code": "x", "message": "y"}}).encode()]


def write(path, *groups):
    with closing(Journal.create(path)) as journal:
        for group in groups:
            journal.append(group)
    return path.read_bytes()


def resume(path, settings=SETTINGS):
    with closing(Journal.resume(path, settings)) as journal:
        return journal.done


def test_resuming_nothing_begins_a_new_file(path):
    assert resume(path) == set()
    assert path.read_bytes() == b""


def test_creating_never_overwrites(path):
    path.write_text("precious")
    with pytest.raises(UsageError, match="--resume"):
        Journal.create(path)
    assert path.read_text() == "precious"


def test_keeps_what_is_done_and_appends_to_it(path, pictures):
    before = write(path, lines_of(pictures[0]), lines_of(pictures[1]))
    with closing(Journal.resume(path, SETTINGS)) as journal:
        assert journal.done == set(pictures[:2])
        journal.append(lines_of(pictures[2]))
    assert path.read_bytes() == before + lines_of(pictures[2])[0] + b"\n"


def test_every_torn_end_costs_at_most_the_last_file(path, pictures):
    groups = [lines_of(pictures[0]), lines_of(pictures[1], count=3), lines_of(pictures[2])]
    whole = write(path, *groups)
    ends, at = [], 0
    for group in groups:
        at += sum(len(line) + 1 for line in group)
        ends.append(at)
    for length in {*range(0, len(whole), 5), *ends, *(end - 1 for end in ends)}:
        path.write_bytes(whole[:length])
        complete = sum(end <= length for end in ends)
        assert resume(path) == set(pictures[:complete])
        assert path.read_bytes() == whole[: ends[complete - 1] if complete else 0]


def test_drops_failures_so_that_they_are_tried_again(path, pictures):
    write(path, lines_of(pictures[0]), failure_of(pictures[1]), lines_of(pictures[2]))
    assert resume(path) == {pictures[0], pictures[2]}
    assert path.read_bytes() == lines_of(pictures[0])[0] + b"\n" + lines_of(pictures[2])[0] + b"\n"


@pytest.mark.parametrize("change", ["size", "time", "gone", "settings"])
def test_drops_what_is_no_longer_so(path, pictures, change):
    write(path, lines_of(pictures[0]), lines_of(pictures[1], settings=SETTINGS))
    if change == "size":
        Path(pictures[0]).write_text("something longer than before")
    if change == "time":
        os.utime(pictures[0], ns=(0, 1))
    if change == "gone":
        Path(pictures[0]).unlink()
    if change == "settings":
        assert resume(path, "settings-b") == set()
        assert path.read_bytes() == b""
    else:
        assert resume(path) == {pictures[1]}
        assert path.read_bytes() == lines_of(pictures[1])[0] + b"\n"


def test_a_file_done_twice_is_kept_once(path, pictures):
    write(path, lines_of(pictures[0]), lines_of(pictures[0]))
    assert resume(path) == {pictures[0]}
    assert path.read_bytes().count(b"\n") == 1


NO_LINES_OF_OURS = [
    "my diary",
    '{"other": 1}',
    "[1, 2]",
    '{"file": 3}',
    "\0\0",
    '{"file": "zzz", "label": "my annotation"}',
    '{"file": "a.png", "width": 3, "hashes": {"pdq": "00"}}',
    '{"file": "a.png", "error": "no such file"}',
    '{"file": "a.png", "error": {"code": 3, "message": "y"}}',
    '{"file": "a.png", "resume": {"of": "x"}}',
    '{"file": "a.png", "resume": {"size": 1, "mtime_ns": 1, "settings": "s"}}',
    '{"file": "a.png", "resume": {"size": 1, "mtime_ns": 1, "settings": "s", "of": true}}',
    '{"file": "a.png", "resume": {"size": 1.5, "mtime_ns": 1, "settings": "s", "of": 1}}',
    '{"file": "a.png", "resume": {"size": 1, "mtime_ns": 1, "settings": "s", "of": 0}}',
    "[" * 200_000,
]


@pytest.mark.parametrize("content", NO_LINES_OF_OURS, ids=lambda content: content[:90])
@pytest.mark.parametrize("end", ["\n", ""])
def test_leaves_files_alone_that_are_no_journal(path, content, end):
    for whole in (content + end, 2 * (content + "\n") + content + end):
        path.write_text(whole)
        with pytest.raises(UsageError, match="did not write"):
            Journal.resume(path, SETTINGS)
        assert path.read_text() == whole


def test_one_line_of_somebody_else_keeps_all_others(path, pictures):
    write(path, lines_of(pictures[0]), failure_of(pictures[1]))
    with path.open("a") as file:
        file.write('{"file": "zzz", "label": "my annotation"}\n')
    before = path.read_bytes()
    with pytest.raises(UsageError, match="did not write"):
        Journal.resume(path, SETTINGS)
    assert path.read_bytes() == before


def test_blocks_that_never_reached_the_disk_are_a_torn_end(path, pictures):
    before = write(path, lines_of(pictures[0]))
    for torn in (bytes(4096), b'{"file": "a' + bytes(4096)):
        path.write_bytes(before + torn)
        assert resume(path) == {pictures[0]}
        assert path.read_bytes() == before


def test_only_one_run_at_a_time_writes(path, pictures):
    with closing(Journal.create(path)) as journal:
        journal.append(lines_of(pictures[0]))
        with pytest.raises(UsageError, match="another run"):
            Journal.resume(path, SETTINGS)
    assert resume(path) == {pictures[0]}


def test_a_link_to_the_journal_stays_a_link(path, pictures, tmp_path):
    write(path, failure_of(pictures[0]), lines_of(pictures[1]))
    link = tmp_path / "link.jsonl"
    link.symlink_to(path.name)
    resume(link)
    assert link.is_symlink()
    assert path.read_bytes() == lines_of(pictures[1])[0] + b"\n"


def test_neither_a_folder_nor_a_pipe_is_a_journal(path):
    os.mkfifo(path)
    with pytest.raises(UsageError, match="regular file"):
        Journal.resume(path, SETTINGS)


def test_names_that_are_no_text_are_found_again(path, tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")
    Path(name).write_text("x")
    write(path, lines_of(name))
    assert resume(path) == {name}


def test_a_planted_link_is_neither_followed_nor_taken(path, pictures, tmp_path):
    write(path, failure_of(pictures[0]), lines_of(pictures[1]))
    target = tmp_path / "precious"
    target.write_text("precious")
    planted = tmp_path / f".{path.name}.part"
    planted.symlink_to(target)
    resume(path)
    assert target.read_text() == "precious"
    assert planted.is_symlink()
    assert path.is_file()


def test_a_copy_that_fails_leaves_the_journal_and_nothing_else(
    path, pictures, tmp_path, monkeypatch
):
    before = write(path, failure_of(pictures[0]), lines_of(pictures[1]))
    there = set(tmp_path.iterdir())

    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        resume(path)
    assert path.read_bytes() == before
    assert set(tmp_path.iterdir()) == there
