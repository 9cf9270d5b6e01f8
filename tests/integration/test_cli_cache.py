"""What ``--cache`` does with the file that it names."""

from tests.integration import bad_input
from tests.integration.command_line import eikona


def test_a_file_that_is_no_cache_stays_where_it_is(tmp_path):
    bad_input.save_picture(tmp_path / "a.png", 1, (64, 64))
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    ended = eikona("dedupe", tmp_path / "a.png", "--cache", notes)
    assert ended.status == 2
    assert "no cache" in ended.stderr
    assert notes.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "notes.txt"]


def test_an_empty_file_becomes_a_cache(tmp_path):
    bad_input.save_picture(tmp_path / "a.png", 1, (64, 64))
    empty = tmp_path / "cache"
    empty.touch()
    assert eikona("dedupe", tmp_path / "a.png", "--cache", empty).status == 0
    assert empty.read_bytes().startswith(b"SQLite format 3")
