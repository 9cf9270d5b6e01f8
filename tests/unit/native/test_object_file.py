import os
import sys
import threading

import pytest

from eikona.native import object_file

CODE = b"\x7fELF and so on" * 1000


@pytest.fixture
def folders(tmp_path, monkeypatch):
    found = [tmp_path / "environment" / "kernels", tmp_path / "user" / "kernels"]
    monkeypatch.setattr(object_file, "_folders", lambda: iter(found))
    return found


def test_keeps_what_it_is_given(folders):
    assert object_file.read_stored() is None
    assert not object_file.any_stored()
    assert object_file.store(CODE)
    assert object_file.any_stored()
    assert object_file.read_stored() == CODE
    assert [len(list(folder.parent.glob("*/*"))) for folder in folders] == [1, 0]


def test_the_second_folder_serves_where_the_first_cannot_be_made(folders):
    folders[0].parent.write_text("a file is in the way")
    assert object_file.store(CODE)
    assert object_file.read_stored() == CODE
    assert len(list(folders[1].iterdir())) == 1


def test_nowhere_to_write_is_no_error(folders):
    for folder in folders:
        folder.parent.write_text("a file is in the way")
    assert not object_file.store(CODE)
    assert object_file.read_stored() is None


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other"])
def test_damaged_code_is_not_run(folders, damage):
    object_file.store(CODE)
    (path,) = folders[0].iterdir()
    whole = path.read_bytes()
    changed = whole[:-9] + b"!" + whole[-8:]
    parts = {"cut": whole[:-1], "changed": changed, "empty": b"", "other": b"x" + whole[1:]}
    path.write_bytes(parts[damage])
    assert object_file.read_stored() is None
    assert object_file.store(CODE)
    assert object_file.read_stored() == CODE


def test_what_others_can_write_is_not_run(folders):
    object_file.store(CODE)
    (path,) = folders[0].iterdir()
    for mode in (0o664, 0o646):
        path.chmod(mode)
        assert object_file.read_stored() is None
    path.chmod(0o644)
    folders[0].chmod(0o777)
    assert object_file.read_stored() is None
    folders[0].chmod(0o755)
    assert object_file.read_stored() == CODE


def test_what_another_user_wrote_is_not_run(folders, monkeypatch):
    object_file.store(CODE)
    owner = folders[0].stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    trusted = owner == 0  # root could do anything anyway
    assert (object_file.read_stored() == CODE) is trusted


def test_another_source_or_processor_has_other_code(folders, monkeypatch):
    object_file.store(CODE)
    monkeypatch.setattr(
        "llvmlite.binding.get_host_cpu_name", lambda: "a processor that comes next year"
    )
    assert object_file.read_stored() is None


def test_readers_see_all_of_it_or_nothing_while_it_is_written(folders):
    seen = set()
    done = threading.Event()

    def read():
        while not done.is_set():
            seen.add(object_file.read_stored())

    reader = threading.Thread(target=read)
    reader.start()
    writers = [
        threading.Thread(target=lambda: [object_file.store(CODE) for _ in range(30)])
        for _ in range(3)
    ]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert seen <= {None, CODE}
    assert CODE in seen | {object_file.read_stored()}
    assert len(list(folders[0].iterdir())) == 1


def test_lies_with_the_environment_or_with_the_user(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert [str(path.relative_to(tmp_path)) for path in object_file._folders()] == [
        "venv/share/eikona/kernels",
        "cache/eikona/kernels",
    ]
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert [str(path.relative_to(tmp_path)) for path in object_file._folders()] == [
        "cache/eikona/kernels"
    ]


def test_the_file_that_is_run_is_the_one_that_was_looked_at(folders, monkeypatch):
    """Somebody puts another file in its place as soon as it has been looked at."""
    object_file.store(CODE)
    (path,) = folders[0].iterdir()
    foreign = path.with_name("foreign")
    foreign.write_bytes(b"anything")
    is_ours = object_file._is_ours

    def swapped(looked_at):
        answer = is_ours(looked_at)
        if foreign.exists():
            foreign.replace(path)
        return answer

    monkeypatch.setattr(object_file, "_is_ours", swapped)
    assert object_file.read_stored() == CODE


def test_what_is_no_regular_file_is_not_waited_for(folders):
    object_file.store(CODE)
    (path,) = folders[0].iterdir()
    path.unlink()
    os.mkfifo(path, 0o600)
    assert object_file.read_stored() is None


@pytest.mark.skipif(sys.platform == "darwin", reason="keeps to Library/Caches")
def test_a_relative_cache_folder_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert list(object_file._folders())[-1] == tmp_path / ".cache" / "eikona" / "kernels"


def test_a_user_without_a_home_has_the_environment_s_own(monkeypatch, tmp_path):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(object_file.Path, "home", no_home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert object_file.read_stored() is None
    assert object_file.store(CODE)
    assert object_file.read_stored() == CODE
