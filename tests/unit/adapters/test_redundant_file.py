import os
from pathlib import Path

import pytest

from eikona.adapters.redundant_file import FileFacts, delete, move
from eikona.domain.errors import FileChangedError, SourceError


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "kept.jpg"
    path.write_text("kept")
    return FileFacts.of(str(path))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "below" / "copy.jpg"
    path.parent.mkdir()
    path.write_text("copy")
    return FileFacts.of(str(path))


def remove_by(way, file, kept, tmp_path):
    if way == "delete":
        return delete(file, kept=kept)
    return move(file, tmp_path / "away", kept=kept)


WAYS = pytest.mark.parametrize("way", ["delete", "move"])


@WAYS
def test_a_redundant_file_goes_and_the_kept_one_stays(way, file, kept, tmp_path):
    where = remove_by(way, file, kept, tmp_path)
    assert not Path(file.path).exists()
    assert Path(kept.path).read_text() == "kept"
    if way == "move":
        assert where == tmp_path / "away" / file.path.lstrip("/")
        assert where.read_text() == "copy"


@WAYS
@pytest.mark.parametrize("which", ["file", "kept"])
@pytest.mark.parametrize("change", ["text", "time", "link", "other file"])
def test_nothing_goes_when_either_has_changed(way, which, change, file, kept, tmp_path):
    path = Path((file if which == "file" else kept).path)
    status = path.stat()
    if change == "text":
        path.write_text("something longer")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "time":
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    elif change == "link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        (tmp_path / "new").write_text(path.read_text())
        os.utime(tmp_path / "new", ns=(status.st_atime_ns, status.st_mtime_ns))
        (tmp_path / "new").replace(path)
    with pytest.raises(FileChangedError):
        remove_by(way, file, kept, tmp_path)
    assert Path(file.path).exists()
    assert Path(kept.path).exists()


@WAYS
def test_nothing_goes_when_the_kept_one_is_gone(way, file, kept, tmp_path):
    Path(kept.path).unlink()
    with pytest.raises(SourceError):
        remove_by(way, file, kept, tmp_path)
    assert Path(file.path).exists()


@WAYS
def test_no_other_name_of_the_kept_file_goes(way, kept, tmp_path):
    for name, make in (("hard", Path.hardlink_to), ("soft", Path.symlink_to)):
        make(tmp_path / name, kept.path)
        with pytest.raises(FileChangedError):
            remove_by(way, FileFacts.of(str(tmp_path / name)), kept, tmp_path)
        assert os.path.lexists(tmp_path / name)


def test_a_link_is_never_what_goes(file, kept, tmp_path):
    (tmp_path / "link").symlink_to(file.path)
    with pytest.raises(FileChangedError):
        delete(FileFacts.of(str(tmp_path / "link")), kept=kept)
    assert (tmp_path / "link").is_symlink()


def test_moving_never_overwrites(file, kept, tmp_path):
    path = Path(file.path)
    places = []
    for text in ("one", "two", "three"):
        path.write_text(text)
        places.append(move(FileFacts.of(file.path), tmp_path / "away", kept=kept))
    assert [place.name for place in places] == ["copy.jpg", "copy (2).jpg", "copy (3).jpg"]
    assert [place.read_text() for place in places] == ["one", "two", "three"]


def test_moving_to_another_disk_copies_the_times_too(file, kept, tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError("another disk")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    os.utime(file.path, ns=(1_000, 2_000))
    where = move(FileFacts.of(file.path), tmp_path / "away", kept=kept)
    assert where.read_text() == "copy"
    assert where.stat().st_mtime_ns == 2_000
    assert not Path(file.path).exists()


def test_a_disk_that_fills_up_keeps_the_file(file, kept, tmp_path, monkeypatch):
    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "hardlink_to", full)
    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(OSError, match="no space"):
        move(file, tmp_path / "away", kept=kept)
    assert Path(file.path).read_text() == "copy"
    assert not [path for path in (tmp_path / "away").rglob("*") if path.is_file()]


def test_a_file_that_changes_while_it_is_copied_stays(file, kept, tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError("another disk")

    def copied(source, target):
        target.write(source.read())
        Path(file.path).write_text("a later version")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    monkeypatch.setattr("shutil.copyfileobj", copied)
    with pytest.raises(FileChangedError):
        move(file, tmp_path / "away", kept=kept)
    assert Path(file.path).read_text() == "a later version"
    assert not [path for path in (tmp_path / "away").rglob("*") if path.is_file()]


def test_a_file_that_cannot_be_taken_away_is_not_doubled(file, kept, tmp_path, monkeypatch):
    unlink = Path.unlink

    def not_this_one(path):
        if path == Path(file.path):
            raise PermissionError("a folder that may not be written to")
        unlink(path)

    monkeypatch.setattr(Path, "unlink", not_this_one)
    with pytest.raises(PermissionError):
        move(file, tmp_path / "away", kept=kept)
    assert Path(file.path).read_text() == "copy"
    assert not [path for path in (tmp_path / "away").rglob("*") if path.is_file()]


def test_what_cannot_be_looked_at_is_said(tmp_path):
    for name in ("gone", "a\0b"):
        with pytest.raises(SourceError):
            FileFacts.of(f"{tmp_path}/{name}")
