import os
import stat
from pathlib import Path

import pytest

from eikona.adapters.report.atomic_file import replacing


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
