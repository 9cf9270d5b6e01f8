"""A result never takes the place of what it is made from."""

import os

import pytest

from eikona.apps.cli.outputs import check_output
from eikona.domain.errors import UsageError


def test_an_input_is_refused_under_all_its_names(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    (tmp_path / "link.png").symlink_to(picture)
    os.link(picture, tmp_path / "hard.png")
    for name in ("a.png", "link.png", "hard.png"):
        with pytest.raises(UsageError, match="which is read"):
            check_output("--show", tmp_path / name, inputs=["-", str(picture)])
    check_output("--show", tmp_path / "new.png", inputs=["-", str(picture)])
    check_output("--show", picture, inputs=[str(tmp_path)])


def test_there_must_be_a_place_for_it(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        check_output("-o", tmp_path / "none" / "a.png")
    with pytest.raises(UsageError, match="is a folder"):
        check_output("-o", tmp_path)
