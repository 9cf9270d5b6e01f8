"""Journal and snapshot together: a crash between the two loses nothing."""

import pytest

from eikona.adapters.raft.messages import Entry, EntryKind, HardState, Mark, Member
from eikona.adapters.raft.snapshot_file import Snapshot, SnapshotFolder, pack_snapshot
from eikona.adapters.raft.state import Effects
from eikona.adapters.raft.storage import Storage
from eikona.domain.errors import EngineStoppedError, ReplicaDamagedError

MEMBERS = (Member("n0", "127.0.0.1:1", b"certificate"),)


def _open(folder):
    return Storage(folder, members=MEMBERS, file_bytes=300, syncs=True)


def _entries(first, last, term=1):
    return [Entry(i, term, EntryKind.COMMAND, b"x" * 30) for i in range(first, last + 1)]


def _stored(folder):
    storage = _open(folder)
    storage.close()
    return storage.stored


def _with_entries(folder, last):
    storage = _open(folder)
    for entry in _entries(1, last):
        storage.journal.store(Effects(entries=[entry]))
    return storage


def test_a_new_node_begins_with_its_members(tmp_path):
    assert _stored(tmp_path).mark == Mark(0, 0, MEMBERS)
    assert _stored(tmp_path).mark == Mark(0, 0, MEMBERS)


def test_the_snapshot_and_what_follows_it_come_back(tmp_path):
    storage = _with_entries(tmp_path, 40)
    mark = Mark(30, 1, MEMBERS)
    storage.snapshots.save(Snapshot(mark, b"state"))
    storage.journal.drop_to(30)
    storage.close()
    stored = _stored(tmp_path)
    assert stored.snapshot == Snapshot(mark, b"state")
    assert stored.mark == mark
    assert list(stored.entries) == _entries(31, 40)


def test_killed_between_snapshot_and_trim_nothing_is_lost(tmp_path):
    """Where PySyncObj 0.3.17 loses acknowledged entries."""
    storage = _with_entries(tmp_path, 40)
    storage.snapshots.save(Snapshot(Mark(30, 1, MEMBERS), b"state"))
    storage.close()
    assert list(_stored(tmp_path).entries) == _entries(31, 40)


def test_killed_between_a_received_snapshot_and_its_mark(tmp_path):
    storage = _with_entries(tmp_path, 4)
    mark = Mark(90, 5, MEMBERS)
    storage.snapshots.take_in(pack_snapshot(Snapshot(mark, b"from the leader")))
    storage.close()
    storage = _open(tmp_path)
    assert storage.stored.mark == mark
    assert storage.stored.entries == ()
    storage.journal.store(Effects(entries=_entries(91, 93, 5)))
    storage.close()
    assert list(_stored(tmp_path).entries) == _entries(91, 93, 5)
    assert _stored(tmp_path).mark == mark


def test_a_received_snapshot_and_its_mark(tmp_path):
    storage = _with_entries(tmp_path, 4)
    mark = Mark(90, 5, MEMBERS)
    storage.snapshots.take_in(pack_snapshot(Snapshot(mark, b"from the leader")))
    storage.journal.store(Effects(mark=mark, hard=HardState(5, None)))
    storage.journal.store(Effects(entries=_entries(91, 92, 5)))
    storage.close()
    stored = _stored(tmp_path)
    assert list(stored.entries) == _entries(91, 92, 5)
    assert stored.hard.term == 5


def test_a_snapshot_that_is_gone_is_told(tmp_path):
    storage = _with_entries(tmp_path, 40)
    storage.snapshots.save(Snapshot(Mark(30, 1, MEMBERS), b"state"))
    storage.journal.drop_to(30)
    storage.close()
    for path in (tmp_path / "snapshots").iterdir():
        path.unlink()
    with pytest.raises(ReplicaDamagedError):
        _open(tmp_path)


def test_a_damaged_snapshot_is_told(tmp_path):
    folder = SnapshotFolder(tmp_path, syncs=True)
    folder.save(Snapshot(Mark(30, 1, MEMBERS), b"state"))
    path = folder.newest()
    packed = path.read_bytes()
    for place in range(0, len(packed), 9):
        path.write_bytes(packed[:place] + bytes([packed[place] ^ 4]) + packed[place + 1 :])
        with pytest.raises(ReplicaDamagedError):
            folder.load()
    for end in range(0, len(packed), 9):
        path.write_bytes(packed[:end])
        with pytest.raises(ReplicaDamagedError):
            folder.load()


def test_what_another_node_sends_must_be_whole(tmp_path):
    folder = SnapshotFolder(tmp_path, syncs=True)
    folder.save(Snapshot(Mark(30, 1, MEMBERS), b"state"))
    with pytest.raises(ReplicaDamagedError):
        folder.take_in(pack_snapshot(Snapshot(Mark(90, 1, MEMBERS), b"state"))[:-1])
    assert folder.load().mark.index == 30


def test_a_partial_snapshot_is_swept_and_the_one_before_counts(tmp_path):
    folder = SnapshotFolder(tmp_path, syncs=True)
    folder.save(Snapshot(Mark(30, 1, MEMBERS), b"state"))
    (tmp_path / "00000000000000000099.partial").write_bytes(b"torn")
    assert folder.load().mark.index == 30
    assert len(list(tmp_path.iterdir())) == 1


def test_one_process_at_a_time(tmp_path):
    storage = _open(tmp_path)
    with pytest.raises(EngineStoppedError, match="another process"):
        _open(tmp_path)
    storage.close()
