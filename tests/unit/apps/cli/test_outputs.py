"""A result never takes the place of what it is made from."""

import errno
import os
from pathlib import Path

import pytest

from eikona.adapters.system_errors import in_words
from eikona.apps.cli.outputs import check_output
from eikona.domain.errors import UnwritableError, UsageError


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


def test_what_can_be_no_file_is_told_of(tmp_path):
    with pytest.raises(UnwritableError, match="cannot be written"):
        check_output("-o", tmp_path / ("x" * 300))
    with pytest.raises(UnwritableError, match=r"^/proc/x.csv cannot be written"):
        check_output("-o", Path("/proc/x.csv"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "a/lock"), "a/lock: not permitted"),
        (OSError(errno.EROFS, "Read-only file system", "a"), "a: the file system is read-only"),
        (OSError(errno.EIO, "Input/output error", "a"), "a: Input/output error"),
        (OSError("odd"), "odd"),
    ],
)
def test_the_system_is_quoted_in_words(error, said):
    assert str(in_words(error)).startswith(said)
    assert "Errno" not in str(in_words(error))
    assert str(in_words(error)).endswith(str(in_words(error, named=False)))
    assert not str(in_words(error, named=False)).startswith("a")
