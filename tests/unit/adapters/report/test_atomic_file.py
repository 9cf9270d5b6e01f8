import os
import stat
from pathlib import Path

import pytest

from eikona.adapters.report.atomic_file import replacing, replacing_bytes


def test_nothing_shows_before_the_end(tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    with replacing(target) as file:
        file.write("half")
        file.flush()
        assert not target.exists()
        file.write(" and half\r\n")
    assert target.read_bytes() == b"half and half\r\n"
    assert os.listdir(tmp_path) == ["out.html"]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "out.html") as file:
        file.write(str(1 / 0))
    assert os.listdir(tmp_path) == []


def test_others_may_read_it_as_any_new_file_and_a_replaced_one_as_before(tmp_path: Path) -> None:
    usual, kept = tmp_path / "usual", tmp_path / "kept"
    plain = tmp_path / "plain"
    plain.touch()
    kept.touch(mode=0o600)
    for target in (usual, kept):
        with replacing(target) as file:
            file.write("x")
    assert stat.S_IMODE(usual.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "out").write_text("old")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real" / "out")
    with replacing(link) as file:
        file.write("new")
    assert link.is_symlink()
    assert (tmp_path / "real" / "out").read_text() == "new"


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_pipe_stays_a_pipe_and_gets_what_is_written(tmp_path: Path, as_bytes: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if as_bytes:
            with replacing_bytes(pipe) as file:
                file.write(b"all of it")
        else:
            with replacing(pipe) as text:
                text.write("all of it")
        assert os.read(reader, 100) == b"all of it"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def test_bytes_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing_bytes(target) as file:
        file.write(b"new"[: 1 // 0])
    assert target.read_bytes() == b"old"
    with replacing_bytes(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out.png"]
