"""The journal gives back what was stored, whatever a crash tears off its end."""

import os

import pytest

from eikona.adapters.raft.journal import Journal
from eikona.adapters.raft.messages import Entry, EntryKind, HardState, Mark
from eikona.adapters.raft.state import Effects
from eikona.domain.errors import ReplicaDamagedError, ReplicaStorageError


def _entry(index, term=1, data=b"x" * 40):
    return Entry(index, term, EntryKind.COMMAND, data)


def _open(folder, file_bytes=1_000_000):
    return Journal(folder, file_bytes=file_bytes, syncs=True)


def _reopened(folder):
    journal = _open(folder)
    journal.close()
    return journal.recovered


def test_what_was_stored_is_there_again(tmp_path):
    journal = _open(tmp_path)
    journal.store(Effects(hard=HardState(3, "n1"), entries=[_entry(1), _entry(2)]))
    journal.store(Effects(hard=HardState(4, None), entries=[_entry(3, 4)]))
    journal.close()
    recovered = _reopened(tmp_path)
    assert recovered.hard == HardState(4, None)
    assert recovered.entries == [_entry(1), _entry(2), _entry(3, 4)]


def test_an_entry_takes_the_place_of_all_from_there_on(tmp_path):
    journal = _open(tmp_path)
    journal.store(Effects(entries=[_entry(index) for index in range(1, 8)]))
    journal.store(Effects(entries=[_entry(4, 2)]))
    journal.close()
    entries = _reopened(tmp_path).entries
    assert [(entry.index, entry.term) for entry in entries] == [(1, 1), (2, 1), (3, 1), (4, 2)]


def test_wherever_a_crash_tears_the_last_batch_all_before_it_stays(tmp_path):
    journal = _open(tmp_path / "a")
    journal.store(Effects(hard=HardState(1, "n0"), entries=[_entry(1), _entry(2)]))
    (path,) = (tmp_path / "a").iterdir()
    safe = path.stat().st_size
    journal.store(Effects(hard=HardState(2, "n2"), entries=[_entry(3, 2), _entry(4, 2)]))
    journal.close()
    whole = path.read_bytes()
    for end in range(safe, len(whole)):
        folder = tmp_path / str(end)
        folder.mkdir()
        (folder / path.name).write_bytes(whole[:end])
        recovered = _reopened(folder)
        assert recovered.entries[:2] == [_entry(1), _entry(2)]
        assert len(recovered.entries) <= 3
        assert recovered.hard.term in (1, 2)
        assert _reopened(folder).entries == recovered.entries


def test_damage_to_what_was_safe_is_told_and_not_cut_off(tmp_path):
    journal = _open(tmp_path)
    for index in range(1, 6):
        journal.store(Effects(entries=[_entry(index)]))
    journal.close()
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for place in range(30, len(whole) - 2 * 120, 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ReplicaDamagedError):
            _open(tmp_path)


def test_files_that_a_snapshot_covers_go_and_term_and_vote_stay(tmp_path):
    journal = _open(tmp_path, file_bytes=500)
    journal.store(Effects(hard=HardState(7, "n2"), mark=Mark()))
    for index in range(1, 101):
        journal.store(Effects(entries=[_entry(index)]))
    before = journal.size
    journal.drop_to(95)
    assert journal.size < before / 5
    assert journal.size == sum(path.stat().st_size for path in tmp_path.iterdir())
    journal.close()
    recovered = _reopened(tmp_path)
    assert recovered.hard == HardState(7, "n2")
    assert recovered.entries[-1] == _entry(100)
    assert recovered.entries[0].index <= 96


def test_a_log_that_begins_anew_forgets_what_differs(tmp_path):
    journal = _open(tmp_path)
    journal.store(Effects(entries=[_entry(index) for index in range(1, 6)]))
    journal.store(Effects(mark=Mark(50, 4)))
    journal.store(Effects(entries=[_entry(51, 4)]))
    journal.close()
    recovered = _reopened(tmp_path)
    assert recovered.mark == Mark(50, 4)
    assert recovered.entries == [_entry(51, 4)]


def test_a_gap_is_damage(tmp_path):
    journal = _open(tmp_path)
    journal.store(Effects(entries=[_entry(1)]))
    journal.store(Effects(entries=[_entry(3)]))
    journal.close()
    with pytest.raises(ReplicaDamagedError, match="lacks"):
        _open(tmp_path)


def test_restarts_leave_no_heap_of_files(tmp_path):
    for _ in range(20):
        _open(tmp_path).close()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_lost_write_is_no_full_disk(tmp_path, monkeypatch):
    journal = _open(tmp_path)

    def fail(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("eikona.adapters.raft.disk._sync", fail)
    with pytest.raises(ReplicaStorageError, match="lost a write"):
        journal.store(Effects(entries=[_entry(1)]))
    journal.close()


def test_a_full_disk_loses_nothing_that_was_stored(tmp_path, monkeypatch):
    journal = _open(tmp_path)
    journal.store(Effects(entries=[_entry(1)]))
    write = os.write

    def half(handle, data):
        if len(data) < 30:
            raise OSError(28, "No space left on device")
        return write(handle, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        journal.store(Effects(entries=[_entry(2), _entry(3)]))
    monkeypatch.undo()
    journal.close()
    assert _reopened(tmp_path).entries[0] == _entry(1)
