import os
import time

import pytest

from eikona.adapters.file_look import is_settled, look_at

S = 1_000_000_000
NOW = 1_700_000_000 * S


@pytest.mark.parametrize(
    ("modified", "changed", "settled"),
    [
        (NOW - 5 * S + 1, NOW - 5 * S, True),
        (NOW - S + 1, NOW - S, True),  # a second is long where times are fine
        (NOW - S, NOW - S, False),  # and nothing where they are whole seconds
        (NOW - 3 * S, NOW - 3 * S, True),
        (NOW - 1, NOW - 1, False),
        (NOW - 50_000_001, NOW - 50_000_000, False),
        (NOW - 900 * S + 1, NOW - 1, False),  # its old time was set, just now
        (NOW + 900 * S + 1, NOW - 5 * S, True),  # a camera whose clock was wrong
        (NOW - 900 * S + 1, NOW + 5 * S, False),  # a server whose clock is: no telling
        (NOW + 1, NOW - 5 * S, False),
    ],
)
def test_settled_is_what_cannot_change_unseen(modified, changed, settled):
    assert is_settled(modified_ns=modified, changed_ns=changed, now_ns=NOW) is settled


def test_every_change_shows(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    stamps = [look_at(str(path), NOW).stamp]
    times = path.stat()

    time.sleep(0.02)  # longer than a tick of the file system's clock
    path.write_bytes(b"two")
    stamps.append(look_at(str(path), NOW).stamp)
    time.sleep(0.02)
    (tmp_path / "b").write_bytes(b"six")
    (tmp_path / "b").replace(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # same size, same time
    stamps.append(look_at(str(path), NOW).stamp)
    assert len(set(stamps)) == 3


def test_paths_are_absolute_and_links_are_followed(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"one")
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    monkeypatch.chdir(tmp_path)
    one, other = look_at("a.jpg", NOW), look_at("././link.jpg", NOW)
    assert one.path == os.fsencode(tmp_path / "a.jpg")
    assert other.path == os.fsencode(tmp_path / "link.jpg")
    assert other.stamp == one.stamp


def test_what_is_no_file_is_not_looked_at(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "gone", "pipe", "a\0b"):
        assert look_at(f"{tmp_path}/{name}", NOW) is None
