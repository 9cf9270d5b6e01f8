import contextlib
import errno
import io
import os
import pathlib
import socket
import tempfile

import pytest

from eikona.domain.errors import (
    BrokenLinkError,
    EmptySourceError,
    IsFolderError,
    LinkLoopError,
    NotRegularFileError,
    PermissionDeniedError,
    SourceError,
    SourceMissingError,
    TooManyBytesError,
    UsageError,
)
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.imaging.source import read_source, source_error

DATA = b"bytes of a file"
SMALL = Limits(max_bytes=len(DATA))


def read(source, limits=DEFAULT_LIMITS):
    return read_source(source, limits)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def open_files() -> int:
    return sum(1 for _ in pathlib.Path("/proc/self/fd").iterdir())


@contextlib.contextmanager
def as_nobody():
    """Root may read everything: be nobody for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# what can be read


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_buffers(kind):
    data = read(kind(DATA))
    assert type(data) is bytes
    assert data == DATA


def test_a_buffer_of_other_items_and_steps():
    assert read(memoryview(DATA)[::2]) == DATA[::2]
    assert read(memoryview(b"\1\0\2\0").cast("H")) == b"\1\0\2\0"


def test_paths(file):
    assert read(str(file)) == DATA
    assert read(file) == DATA


def test_a_path_object_that_gives_bytes(file):
    class Path:
        def __fspath__(self):
            return os.fsencode(file)

    assert read(Path()) == DATA


def test_bytes_are_content_never_a_path(file):
    assert read(os.fsencode(file)) == os.fsencode(file)


def test_names_that_are_not_utf_8(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    with open(name, "wb") as file:  # noqa: PTH123  a bytes path
        file.write(DATA)
    assert read(os.fsdecode(name)) == DATA


def test_a_link_to_a_file(file, tmp_path):
    (tmp_path / "link").symlink_to(file)
    assert read(tmp_path / "link") == DATA


def test_open_files(file):
    with file.open("rb") as opened:
        assert read(opened) == DATA
    assert read(io.BytesIO(DATA)) == DATA


def test_an_open_file_is_read_from_where_it_stands():
    opened = io.BytesIO(DATA)
    opened.seek(6)
    assert read(opened) == DATA[6:]


def test_an_open_pipe_that_gives_a_little_at_a_time():
    reader, writer = os.pipe()
    os.write(writer, DATA)
    os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as opened:
        assert read(opened) == DATA

    class Slow(io.RawIOBase):
        left = bytearray(DATA)

        def read(self, size=-1):
            given = bytes(self.left[:1])
            del self.left[:1]
            return given

    assert read(Slow()) == DATA


def test_an_open_file_may_give_other_buffers():
    parts = [bytearray(b"ab"), memoryview(b"cd"), b""]

    class Odd:
        def read(self, size):
            return parts.pop(0)

    assert read(Odd()) == b"abcd"


def test_a_file_without_a_size_is_read_to_its_end():
    assert read("/proc/self/status").startswith(b"Name:")


# limits


def test_as_many_bytes_as_the_limit_are_fine(file):
    for source in (DATA, bytearray(DATA), file, io.BytesIO(DATA)):
        assert read(source, SMALL) == DATA


def test_one_byte_more_is_too_many(file):
    limits = Limits(max_bytes=len(DATA) - 1)
    for source in (DATA, bytearray(DATA), memoryview(DATA), file, str(file), io.BytesIO(DATA)):
        with pytest.raises(TooManyBytesError) as caught:
            read(source, limits)
        assert caught.value.code == "too_many_bytes"
        assert "max_bytes = 14" in str(caught.value)


def test_a_sparse_giant_is_refused_unread(tmp_path):
    with (tmp_path / "giant").open("wb") as giant:
        giant.truncate(1 << 40)
    with pytest.raises(TooManyBytesError):
        read(tmp_path / "giant")


def test_a_stream_without_end_is_read_one_byte_past_the_limit():
    class Endless:
        asked = 0

        def read(self, size):
            self.asked += size
            return b"\0" * size

    stream = Endless()
    with pytest.raises(TooManyBytesError):
        read(stream, Limits(max_bytes=1000))
    assert stream.asked == 1001


def test_a_file_that_grows_while_it_is_read(file, monkeypatch):
    fstat = os.fstat

    def grow(descriptor):
        status = fstat(descriptor)
        with file.open("ab") as opened:
            opened.write(b"more" * 1000)
        return status

    monkeypatch.setattr(os, "fstat", grow)
    assert read(file) == DATA + b"more" * 1000
    file.write_bytes(DATA)
    with pytest.raises(TooManyBytesError):
        read(file, SMALL)


def test_a_file_that_shrinks_while_it_is_read(file, monkeypatch):
    fstat = os.fstat

    def shrink(descriptor):
        status = fstat(descriptor)
        os.truncate(file, 5)
        return status

    monkeypatch.setattr(os, "fstat", shrink)
    assert read(file) == DATA[:5]


@pytest.mark.parametrize("source", [b"", bytearray(), memoryview(b""), io.BytesIO(), io.StringIO()])
def test_nothing_at_all(source):
    with pytest.raises(EmptySourceError) as caught:
        read(source)
    assert caught.value.code == "empty_file"


def test_an_empty_file(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(EmptySourceError):
        read(tmp_path / "empty")
    with pytest.raises(EmptySourceError):
        read(tmp_path / "empty", Limits(max_bytes=0))


# what cannot be read: an error of its own each, and never a wait


def test_missing(tmp_path):
    with pytest.raises(SourceMissingError) as caught:
        read(tmp_path / "none")
    assert caught.value.code == "file_not_found"


def test_a_file_in_the_place_of_a_folder(file):
    with pytest.raises(SourceMissingError, match="not a folder"):
        read(file / "inside")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", ""])
def test_a_name_that_no_file_can_have(name):
    with pytest.raises(SourceMissingError):
        read(name)


def test_a_name_too_long(tmp_path):
    with pytest.raises(SourceError, match="name too long") as caught:
        read(tmp_path / ("n" * 300))
    assert caught.value.code == "unreadable"
    with pytest.raises(SourceError, match="name too long"):
        read("/".join(["folder"] * 2000))


def test_a_folder(tmp_path):
    before = open_files()
    for path in (tmp_path, str(tmp_path), "/"):
        with pytest.raises(IsFolderError) as caught:
            read(path)
        assert caught.value.code == "is_a_folder"
    assert open_files() == before


def test_a_broken_link(tmp_path):
    (tmp_path / "link").symlink_to("none")
    with pytest.raises(BrokenLinkError) as caught:
        read(tmp_path / "link")
    assert caught.value.code == "broken_symlink"


def test_a_loop_of_links(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(LinkLoopError) as caught:
        read(tmp_path / "a")
    assert caught.value.code == "symlink_loop"


def test_a_named_pipe_that_nobody_writes_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    before = open_files()
    with pytest.raises(NotRegularFileError) as caught:
        read(tmp_path / "pipe")
    assert caught.value.code == "not_a_regular_file"
    assert open_files() == before


def test_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # socket names are short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(NotRegularFileError):
            read("socket")


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_device(device):
    with pytest.raises(NotRegularFileError):
        read(device)


@pytest.fixture
def open_folder():
    """A folder that anybody may enter, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_file_that_may_not_be_read(open_folder):
    file = open_folder / "file"
    file.write_bytes(DATA)
    with as_nobody():
        assert read(file) == DATA
    file.chmod(0)
    with as_nobody(), pytest.raises(PermissionDeniedError) as caught:
        read(file)
    assert caught.value.code == "permission_denied"


def test_a_folder_that_may_not_be_entered(open_folder):
    file = open_folder / "inside" / "file"
    file.parent.mkdir()
    file.write_bytes(DATA)
    file.parent.chmod(0)
    with as_nobody(), pytest.raises(PermissionDeniedError):
        read(file)
    file.parent.chmod(0o700)


def test_a_failing_disk(file, monkeypatch):
    def fail(descriptor):
        monkeypatch.undo()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fstat", fail)
    with pytest.raises(SourceError, match="Input/output error") as caught:
        read(file)
    assert caught.value.code == "unreadable"


def test_an_open_file_that_fails():
    class Failing:
        name = "disk"

        def read(self, size):
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(SourceError, match="Input/output error"):
        read(Failing())


def test_a_closed_file(file):
    with file.open("rb") as opened:
        pass
    with pytest.raises(SourceError, match="closed"):
        read(opened)


def test_a_text_file_is_a_mistake_of_the_caller(file):
    with file.open() as opened, pytest.raises(UsageError, match="reading bytes"):
        read(opened)


@pytest.mark.parametrize("source", [None, 3, 1.5, ["a"], object()])
def test_other_things_are_a_mistake_of_the_caller(source):
    with pytest.raises(UsageError) as caught:
        read(source)
    assert caught.value.code == "wrong_usage"


def test_a_file_opened_for_writing(tmp_path):
    with (tmp_path / "new").open("wb") as opened, pytest.raises(SourceError):
        read(opened)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, SourceMissingError),
        (errno.EACCES, PermissionDeniedError),
        (errno.EPERM, PermissionDeniedError),
        (errno.ELOOP, LinkLoopError),
        (errno.ENXIO, NotRegularFileError),
        (errno.ENOTDIR, SourceMissingError),
        (errno.ESTALE, SourceError),
        (errno.EMFILE, SourceError),
    ],
)
def test_every_error_of_the_system_has_a_name(number, kind):
    error = source_error("nowhere", OSError(number, os.strerror(number)))
    assert type(error) is kind
