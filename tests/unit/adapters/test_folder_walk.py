import os
import sys

import pytest

from eikona.adapters.folder_walk import Found, Tally, Unreadable, walk
from eikona.apps.cli.inputs import passed_by
from tests.integration import bad_input

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes pipes, sockets and links")


def test_finds_pictures_sorted_by_name_and_counts_the_rest(tmp_path):
    root = tmp_path / "root"
    expected = bad_input.make_readable_pictures(root)
    tally = Tally()
    assert list(walk(str(root), tally)) == [Found(f"{root}/{name}") for name in expected]
    assert tally == Tally(not_pictures=1, folder_links=1)


def test_pictures_in_other_formats_are_told_from_what_is_none(tmp_path):
    for name, head in (
        ("a.jp2", b"x"),
        ("b.bin", b"\x00\x00\x00\x0cjP  \r\n"),
        ("c.tga", b""),
        ("d.bin", b"\x00\x00\x01\x00"),  # as icons begin, and other things do
        ("e.txt", b"prose"),
        ("f.ICO", b"\x00\x00\x01\x00"),
    ):
        (tmp_path / name).write_bytes(head)
    tally = Tally()
    assert list(walk(str(tmp_path), tally)) == []
    assert tally.other_formats == {"jpeg2000": 2, "tga": 1, "ico": 1}
    assert tally.of_other_formats == [
        f"{tmp_path}/{n}" for n in ("a.jp2", "b.bin", "c.tga", "f.ICO")
    ]
    assert tally.not_pictures == 2
    assert list(passed_by(tally)) == [
        (
            "4 pictures passed by for a format that is not read: 1 ico, 2 jpeg2000, 1 tga"
            f" ({', '.join(tally.of_other_formats)})"
        ),
        "2 other files passed by",
    ]


def test_paths_begin_with_the_folder_as_it_was_given(tmp_path, monkeypatch):
    bad_input.save_picture(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    assert list(walk(".", Tally())) == [Found("./a.png")]
    assert list(walk("./", Tally())) == [Found("./a.png")]
    assert list(walk(f"../{tmp_path.name}", Tally())) == [Found(f"../{tmp_path.name}/a.png")]


def test_reports_what_cannot_be_looked_into_and_blocks_on_nothing(tmp_path):
    root = tmp_path / "root"
    expected = bad_input.make_unreadable_things(root)
    # These are found by their name; reading them is what fails.
    by_name = {"empty.jpg", "prose.jpg", "locked.png", "listed/inside.jpg"}
    with bad_input.as_nobody(root):
        entries = list(walk(str(root), Tally()))
    found = {os.path.relpath(e.path, root) for e in entries if isinstance(e, Found)}
    codes = {
        os.path.relpath(e.path, root): e.error.code for e in entries if isinstance(e, Unreadable)
    }
    assert found == by_name
    assert codes == {name: code for name, code in expected.items() if name not in by_name}


def test_a_link_to_a_folder_is_followed_where_it_is_named(tmp_path):
    (tmp_path / "real").mkdir()
    bad_input.save_picture(tmp_path / "real" / "a.png")
    (tmp_path / "link").symlink_to("real")
    assert list(walk(str(tmp_path / "link"), Tally())) == [Found(f"{tmp_path}/link/a.png")]


def test_links_that_lead_upwards_end_nothing_in_a_circle(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to("..")
    bad_input.save_picture(tmp_path / "sub" / "a.png")
    tally = Tally()
    assert list(walk(str(tmp_path), tally)) == [Found(f"{tmp_path}/sub/a.png")]
    assert tally.folder_links == 1


@pytest.fixture
def deep_tree(tmp_path, monkeypatch):
    """A folder in a folder in a folder, deeper than calls may nest and than a path may be long."""
    monkeypatch.chdir(tmp_path)
    handle = os.open(".", os.O_RDONLY)
    for _ in range(2 * sys.getrecursionlimit() + 1500):
        os.mkdir("d", dir_fd=handle)
        deeper = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    os.close(handle)
    yield tmp_path
    # Taken away level by level: pytest's own tidying up calls itself for each.
    while os.path.lexists("d"):
        if os.path.lexists("d/d"):
            os.rename("d/d", "rest")  # noqa: PTH104  as the other calls here
        os.rmdir("d")  # noqa: PTH106
        if os.path.lexists("rest"):
            os.rename("rest", "d")  # noqa: PTH104


def test_depth_is_bounded_by_the_system_alone(deep_tree):
    bad_input.save_picture(deep_tree / "z.png")
    *others, last = walk(".", Tally())
    assert last == Found("./z.png")
    # A path that the system takes no more is reported like anything else that cannot be read.
    assert [entry.error.code for entry in others] == ["unreadable"]


def test_names_that_are_no_text_survive(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    bad_input.picture().save(os.fsdecode(name), format="PNG")
    (entry,) = walk(str(tmp_path), Tally())
    assert os.fsencode(entry.path) == name


def test_a_missing_folder_is_reported(tmp_path):
    (entry,) = walk(str(tmp_path / "gone"), Tally())
    assert entry.error.code == "file_not_found"
