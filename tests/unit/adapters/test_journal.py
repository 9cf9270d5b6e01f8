import fcntl
import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from eikona.adapters.journal import Journal
from eikona.adapters.journal_lines import Stamp
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


def name_in(group):
    return json.loads(group[0])["file"]


def joined(*groups):
    return b"".join(line + b"\n" for group in groups for line in group)


def write(path, *groups):
    with closing(Journal.create(path)) as journal:
        for group in groups:
            journal.append(name_in(group), group)
    return path.read_bytes()


def resume(path, *groups, settings=SETTINGS):
    """Go on, add these lines, and return what was done already."""
    with closing(Journal.resume(path, settings)) as journal:
        done = set(journal.done)
        for group in groups:
            journal.append(name_in(group), group)
        return done


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
        journal.append(pictures[2], lines_of(pictures[2]))
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


def change(name, how):
    if how == "size":
        Path(name).write_text("something longer than before")
    elif how == "time":
        os.utime(name, ns=(0, 1))


def test_a_failure_stands_until_it_was_tried_again(path, pictures):
    before = write(path, lines_of(pictures[0]), failure_of(pictures[1]), lines_of(pictures[2]))
    assert resume(path) == {pictures[0], pictures[2]}
    assert path.read_bytes() == before
    resume(path, lines_of(pictures[1]))
    assert path.read_bytes() == joined(*map(lines_of, (pictures[0], pictures[2], pictures[1])))


@pytest.mark.parametrize("how", ["size", "time"])
def test_what_has_changed_stands_until_it_was_done_again(path, pictures, how):
    before = write(path, lines_of(pictures[0], count=2), lines_of(pictures[1]))
    change(pictures[0], how)
    assert resume(path) == {pictures[1]}
    assert path.read_bytes() == before
    resume(path, lines_of(pictures[0], count=3))
    assert path.read_bytes() == joined(lines_of(pictures[1]), lines_of(pictures[0], count=3))


def gone(folder):
    folder.rename(folder.with_name("elsewhere"))


def behind_a_link_loop(folder):
    gone(folder)
    folder.symlink_to(folder.name)


def replaced_by_a_file(folder):
    gone(folder)
    folder.write_text("no folder")


@pytest.mark.parametrize("vanish", [gone, behind_a_link_loop, replaced_by_a_file])
def test_lines_of_files_that_are_out_of_reach_are_kept(path, pictures, tmp_path, vanish):
    folder = tmp_path / "mounted"
    folder.mkdir()
    there = [str(folder / "x.jpg"), str(folder / "y.jpg")]
    for name in there:
        Path(name).write_text(name)
    whole = [lines_of(there[0]), lines_of(pictures[0]), lines_of(there[1], count=2)]
    before = write(path, failure_of(pictures[1]), *whole)
    vanish(folder)
    assert resume(path, lines_of(pictures[1])) == {pictures[0], *there}
    assert path.read_bytes() == before.partition(b"\n")[2] + joined(lines_of(pictures[1]))


def test_results_of_both_states_stay_while_the_file_is_out_of_reach(path, pictures):
    old = lines_of(pictures[0])
    write(path, old)
    change(pictures[0], "size")
    new = lines_of(pictures[0])
    with path.open("ab") as file:  # as a run leaves it that was killed
        file.write(joined(new))
    aside = Path(pictures[0] + ".aside")
    Path(pictures[0]).rename(aside)
    assert resume(path) == {pictures[0]}
    assert path.read_bytes() == joined(old, new)
    aside.rename(pictures[0])
    assert resume(path) == {pictures[0]}
    assert path.read_bytes() == joined(new)


def test_nothing_is_lost_when_a_run_is_killed_that_was_gone_on_with(path, pictures):
    before = write(path, *map(lines_of, pictures[:3]), failure_of(pictures[3]))
    for name in pictures[:2]:
        change(name, "size")
    new = lines_of(pictures[0])
    journal = Journal.resume(path, SETTINGS)
    journal.append(pictures[0], new)
    assert path.read_bytes() == before + joined(new)
    journal._file.close()  # all that is left of it when the process is killed
    assert resume(path, lines_of(pictures[3])) == {pictures[0], pictures[2]}
    old = joined(lines_of(pictures[2]), new, lines_of(pictures[3]))
    assert path.read_bytes() == before.splitlines(keepends=True)[1] + old


def test_what_cannot_be_read_again_is_never_dropped(path, pictures):
    stamp = Stamp(3, None, SETTINGS).entry(1)
    piped = [json.dumps({"file": "-", "resume": stamp}).encode()]
    before = write(path, piped, lines_of(pictures[0]), piped)
    assert resume(path) == {pictures[0]}
    resume(path, piped, failure_of("-"))
    assert path.read_bytes() == before + joined(piped, failure_of("-"))


def test_other_settings_are_refused_and_say_what_to_do(path, pictures):
    before = write(path, lines_of(pictures[0]), lines_of(pictures[1], settings="settings-b"))
    for settings in (SETTINGS, "settings-b"):
        with pytest.raises(UsageError, match="name a new file"):
            resume(path, settings=settings)
        assert path.read_bytes() == before


def test_a_journal_that_was_replaced_meanwhile_is_not_written_to(path, pictures, monkeypatch):
    write(path, lines_of(pictures[0]))
    real = fcntl.flock

    def replaced_first(file, how):
        other = path.with_name("new")
        other.write_bytes(path.read_bytes())
        other.replace(path)
        real(file, how)

    monkeypatch.setattr(fcntl, "flock", replaced_first)
    with pytest.raises(UsageError, match="another run"):
        resume(path)


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
        journal.append(pictures[0], lines_of(pictures[0]))
        with pytest.raises(UsageError, match="another run"):
            Journal.resume(path, SETTINGS)
    assert resume(path) == {pictures[0]}


def test_a_link_to_the_journal_stays_a_link(path, pictures, tmp_path):
    write(path, failure_of(pictures[0]), lines_of(pictures[1]))
    link = tmp_path / "link.jsonl"
    link.symlink_to(path.name)
    resume(link, lines_of(pictures[0]))
    assert link.is_symlink()
    assert path.read_bytes() == joined(lines_of(pictures[1]), lines_of(pictures[0]))


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
    resume(path, lines_of(pictures[0]))
    assert target.read_text() == "precious"
    assert planted.is_symlink()
    assert path.is_file()


def test_a_copy_that_fails_leaves_the_journal_and_nothing_else(
    path, pictures, tmp_path, monkeypatch
):
    before = write(path, failure_of(pictures[0]), lines_of(pictures[1]))
    there = set(tmp_path.iterdir())

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        resume(path, lines_of(pictures[0]))
    assert path.read_bytes() == before + joined(lines_of(pictures[0]))
    assert set(tmp_path.iterdir()) == there
    monkeypatch.undo()
    assert resume(path) == set(pictures[:2])
    assert path.read_bytes() == joined(lines_of(pictures[1]), lines_of(pictures[0]))
