import os
import sqlite3
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from eikona.adapters.fingerprint_cache import FingerprintCache
from eikona.domain.errors import (
    DecodeTimeoutError,
    EmptySourceError,
    NotAnImageError,
    OutOfMemoryError,
    PermissionDeniedError,
    TooManyPixelsError,
    UnsupportedFormatError,
    UsageError,
)
from eikona.domain.local_features import LocalFeatures
from tests.unit.adapters.stored_fingerprints import fingerprint_of

ROOT = Path(__file__).parents[3]
LATER_NS = 10 * 10**9  # so much later than now, every file is settled
DAY_NS = 86_400 * 10**9


class Cache:
    """Caches on one file, each closed when the next one is opened."""

    def __init__(self, path):
        self.path = path
        self.said = []
        self.days = 0

    def open(self, *, settings=b"settings", maker="maker", **options):
        options.setdefault("max_bytes", 10**9)
        options.setdefault("now_ns", lambda: time.time_ns() + LATER_NS + self.days * DAY_NS)
        return FingerprintCache(
            self.path, settings=settings, maker=maker, notify=self.said.append, **options
        )

    def keep(self, values, **options):
        """Store what each path came to."""
        cache = self.open(**options)
        for path, value in values.items():
            ((look, _),) = cache.recall([str(path)])
            cache.keep(look, value)
        cache.close()

    def known(self, *paths, **options):
        cache = self.open(**options)
        values = [value for _, value in cache.recall(list(map(str, paths)))]
        cache.close()
        return values


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache" / "fingerprints.sqlite")


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{letter}.jpg" for letter in "abcd"]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_what_was_kept_is_known_for_unchanged_files(cache, files):
    a, b, c, _ = files
    values = {a: fingerprint_of(1), b: fingerprint_of(2), c: NotAnImageError("no image")}
    assert cache.known(*files) == [None] * 4
    cache.keep(values)
    one, two, three, four = cache.known(*files)
    assert (one, two, four) == (values[a], values[b], None)
    assert type(three) is NotAnImageError
    assert str(three) == "no image"

    a.write_text("other")
    b.chmod(0o600)
    assert cache.known(a, b) == [None, None]
    assert cache.said == []


def test_local_features_are_kept_for_those_who_ask_and_sought_where_they_lack(cache, files):
    plain = fingerprint_of(1)
    full = replace(plain, local_features=LocalFeatures(9, 9, bytes(16), bytes(8), bytes(128)))
    cache.keep({files[0]: plain})
    assert cache.known(files[0], needs_features=True) == [None]
    cache.keep({files[0]: full}, needs_features=True)
    assert cache.known(files[0], needs_features=True) == [full]
    assert cache.known(files[0]) == [plain]
    cache.keep({files[1]: NotAnImageError("no image")})
    assert isinstance(cache.known(files[1], needs_features=True)[0], NotAnImageError)


def test_more_names_than_one_query_takes(cache, tmp_path):
    (tmp_path / "many").mkdir()
    paths = [tmp_path / "many" / f"{number}.jpg" for number in range(1203)]
    for path in paths:
        path.touch()
    values = {path: fingerprint_of(number) for number, path in enumerate(paths)}
    cache.keep(values)
    assert cache.known(*reversed(paths)) == list(reversed(values.values()))


def test_nothing_is_known_under_other_settings(cache, files):
    cache.keep({files[0]: fingerprint_of(1)})
    cache.keep({files[0]: fingerprint_of(2)}, settings=b"other")
    assert cache.known(files[0]) == [fingerprint_of(1)]
    assert cache.known(files[0], settings=b"other") == [fingerprint_of(2)]
    assert cache.known(files[0], settings=b"third") == [None]


def test_errors_are_believed_of_the_same_maker_only(cache, files):
    cache.keep({files[0]: NotAnImageError("no"), files[1]: fingerprint_of(1)})
    assert cache.known(*files[:2], maker="newer") == [None, fingerprint_of(1)]


@pytest.mark.parametrize(
    ("kind", "lasts"),
    [
        (NotAnImageError, True),
        (TooManyPixelsError, True),
        (EmptySourceError, True),
        (DecodeTimeoutError, False),
        (OutOfMemoryError, False),
        (UnsupportedFormatError, False),
        (PermissionDeniedError, False),
    ],
)
def test_only_lasting_errors_are_kept(cache, files, kind, lasts):
    cache.keep({files[0]: kind("why")})
    (known,) = cache.known(files[0])
    assert (type(known) is kind) if lasts else known is None


def test_a_file_that_changed_just_now_is_not_trusted(cache, files):
    cache.keep({files[0]: fingerprint_of(1)}, now_ns=time.time_ns)
    assert cache.known(files[0]) == [None]


def test_a_change_while_it_is_read_is_not_kept_for_the_new_file(cache, files):
    opened = cache.open()
    ((look, _),) = opened.recall([str(files[0])])
    files[0].write_text("changed after the look")
    opened.keep(look, fingerprint_of(1))
    opened.close()
    assert cache.known(files[0]) == [None]


def test_is_private(cache, files):
    previous = os.umask(0)
    try:
        opened = cache.open()
        for path in cache.path.parent.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(cache.path.parent.stat().st_mode) == 0o700
        opened.close()
    finally:
        os.umask(previous)


def test_what_was_not_used_for_longest_goes_when_there_is_no_room(cache, tmp_path):
    (tmp_path / "many").mkdir()
    paths = [tmp_path / "many" / f"{number:04}.jpg" for number in range(900)]
    for path in paths:
        path.touch()
    first, second, third = paths[:300], paths[300:600], paths[600:]
    cache.keep({path: fingerprint_of(0) for path in first})
    whole = cache.path.stat().st_size
    cache.days = 1
    cache.keep({path: fingerprint_of(0) for path in second})
    cache.days = 2
    assert None not in cache.known(*first)  # used again, on the third day
    cache.keep({path: fingerprint_of(0) for path in third}, max_bytes=int(whole * 1.9))
    assert cache.path.stat().st_size <= whole * 1.9
    left = [
        sum(known is not None for known in cache.known(*some)) for some in (first, second, third)
    ]
    assert left[1] < 60
    assert left[0] + left[2] > 450
    assert left[2] == 300


# damage


@pytest.mark.parametrize("torn", ["whole", "head", "middle", "other tables", "other version"])
def test_a_damaged_file_is_moved_aside_and_begun_anew(cache, files, torn):
    cache.keep({path: fingerprint_of(1) for path in files})
    data = bytearray(cache.path.read_bytes())
    if torn == "whole":
        data = bytearray(b"This is no database, whatever its name says." * 99)
    elif torn == "head":
        data[:4096] = os.urandom(4096)
    elif torn == "middle":
        data[4096:] = os.urandom(len(data) - 4096)
    cache.path.write_bytes(data)
    if torn == "other tables":
        with sqlite3.connect(cache.path) as database:
            database.execute("ALTER TABLE pictures RENAME TO paintings")
        database.close()
    elif torn == "other version":
        with sqlite3.connect(cache.path) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
    before = cache.path.read_bytes()

    assert cache.known(*files) == [None] * 4
    cache.keep({files[0]: fingerprint_of(2)})
    assert cache.known(files[0]) == [fingerprint_of(2)]
    (said,) = cache.said
    aside = cache.path.with_name("fingerprints.sqlite.damaged")
    assert str(cache.path) in said
    assert aside.name in said
    assert aside.read_bytes() == before


def test_a_second_damaged_file_leaves_the_first_one(cache, files):
    for text in ("one", "two"):
        cache.known(files[0])
        cache.path.write_text(text * 999)
    cache.known(files[0])
    kept = sorted(path for path in cache.path.parent.iterdir() if "damaged" in path.name)
    assert [path.read_text()[:3] for path in kept] == ["one", "two"]


def test_damage_that_shows_late_costs_only_the_cache(cache, tmp_path):
    (tmp_path / "many").mkdir()
    paths = [tmp_path / "many" / f"{number}.jpg" for number in range(400)]
    for path in paths:
        path.touch()
    cache.keep({path: fingerprint_of(1) for path in paths})
    opened = cache.open()
    with cache.path.open("r+b") as file:  # pages that are read only when they are needed
        file.seek(3 * 4096)
        file.write(os.urandom(cache.path.stat().st_size - 3 * 4096))
    known = opened.recall(list(map(str, paths)))
    assert all(value in (None, fingerprint_of(1)) for _, value in known)
    for look, _ in known:
        opened.keep(look, fingerprint_of(2))
    opened.close()
    assert len(cache.said) == 1
    assert cache.known(*paths) == [fingerprint_of(2)] * 400


def test_a_row_that_was_tampered_with_is_computed_anew(cache, files):
    cache.keep({path: fingerprint_of(1) for path in files})
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE pictures SET fingerprint = X'0102' WHERE id = 1")
        database.execute("UPDATE pictures SET fingerprint = 'text' WHERE id = 2")
        database.execute(
            "UPDATE pictures SET fingerprint = NULL, code = 'other', message = X'ff',"
            " maker = 'maker' WHERE id = 3"
        )
    database.close()
    assert cache.known(*files) == [None, None, None, fingerprint_of(1)]


def test_the_database_of_another_program_is_left_alone(cache, tmp_path):
    cache.path.parent.mkdir()
    with sqlite3.connect(cache.path) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    before = cache.path.read_bytes()
    with pytest.raises(UsageError, match="another program"):
        cache.open()
    assert cache.path.read_bytes() == before


def test_where_there_can_be_no_cache_the_work_goes_on_without(cache, files, tmp_path):
    cache.path = tmp_path / "a.jpg" / "cache"
    assert cache.known(*files) == [None] * 4
    cache.keep({files[0]: fingerprint_of(1)})
    cache.path = tmp_path
    assert cache.known(*files) == [None] * 4
    assert all("going on without it" in said for said in cache.said)


# several processes


def test_processes_share_one_cache(cache, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number:02}.jpg").write_text(str(number))
    time.sleep(0.15)  # until they are settled
    users = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.unit.adapters.cache_user", cache.path, folder, str(seed)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in (0, 0, 1)
    ]
    for user in users:
        _, said = user.communicate(timeout=60)
        assert (user.returncode, said) == (0, "")
    paths = sorted(folder.iterdir())
    expected = [fingerprint_of(n) if n % 3 != 2 else None for n in range(30)]
    assert cache.known(*paths) == expected


def test_a_killed_process_leaves_a_sound_cache(cache, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number:02}.jpg").write_text(str(number))
    time.sleep(0.15)
    command = [sys.executable, "-m", "tests.unit.adapters.cache_user", cache.path, folder, "0"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
    ) as user:
        assert user.stdout.readline() == b"begun\n"
        user.kill()
    paths = sorted(folder.iterdir())[::3]
    assert cache.known(*paths) == [fingerprint_of(n) for n in range(0, 30, 3)]
    assert cache.said == []


def test_one_that_writes_for_too_long_is_not_waited_for_ever(cache, files, monkeypatch):
    monkeypatch.setattr("eikona.adapters.cache_file._BUSY_S", 0.05)
    cache.keep({files[0]: fingerprint_of(1)})
    other = sqlite3.connect(cache.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    cache.keep({files[1]: fingerprint_of(2)})
    assert cache.known(*files[:2]) == [fingerprint_of(1), None]
    other.execute("ROLLBACK")
    other.close()
    assert cache.said == []


def test_a_new_file_of_another_process_is_not_moved_aside(cache, files):
    first, second = cache.open(), cache.open()
    cache.path.replace(cache.path.with_name("elsewhere"))
    for ending in ("-wal", "-shm"):
        cache.path.with_name(cache.path.name + ending).unlink()
    cache.keep({files[0]: fingerprint_of(1)})  # the other process's
    error = sqlite3.DatabaseError("malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

    def damaged(_):
        raise error

    first._attempt(damaged)
    first.close()
    second.close()
    assert cache.said == []
    assert cache.known(files[0]) == [fingerprint_of(1)]
