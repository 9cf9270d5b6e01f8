"""A node's journal: term, vote and entries in numbered files, each batch one write and one sync."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from eikona.adapters.raft.disk import sync_folder, sync_write
from eikona.adapters.raft.journal_frame import (
    HEAD_BYTES,
    RecordKind,
    pack_head,
    pack_record,
    read_records,
)
from eikona.adapters.raft.messages import Entry, HardState, Mark
from eikona.adapters.raft.state import Effects
from eikona.adapters.raft.wire import (
    Reader,
    UnreadableError,
    pack_entry,
    pack_hard_state,
    pack_mark,
    read_entry,
    unpack_hard_state,
    unpack_mark,
)
from eikona.domain.errors import ReplicaDamagedError

_SUFFIX = ".journal"


@dataclass(slots=True)
class Recovered:
    """What the journal tells of the time before."""

    hard: HardState = field(default_factory=HardState)
    mark: Mark | None = None
    entries: list[Entry] = field(default_factory=list)

    def put(self, entry: Entry) -> None:
        """Take an entry, which replaces what stood at its place and after."""
        if self.entries and entry.index <= self.entries[-1].index:
            del self.entries[max(entry.index - self.entries[0].index, 0) :]
        if self.entries and entry.index != self.entries[-1].index + 1:
            raise ReplicaDamagedError(f"the journal lacks what is before entry {entry.index}")
        self.entries.append(entry)

    def begin_at(self, mark: Mark) -> None:
        """Keep only what follows a place that a snapshot covers."""
        held = {entry.index: entry.term for entry in self.entries}
        is_same = held.get(mark.index) == mark.term or (bool(held) and min(held) == mark.index + 1)
        self.entries = [e for e in self.entries if e.index > mark.index] if is_same else []
        if self.mark is None or mark.index >= self.mark.index:
            self.mark = mark


@dataclass(slots=True)
class _File:
    """One file of the journal that is no longer written to."""

    path: Path
    size: int
    last_index: int
    holds_something: bool = True  # besides a term and a vote, which later files repeat


class Journal:
    """The one that writes a node's journal."""

    def __init__(self, folder: Path, *, file_bytes: int, syncs: bool) -> None:
        """Open the journal, and read what it tells.

        Args:
            folder: where its files stand; made where it is not there.
            file_bytes: a file that is longer is followed by another.
            syncs: whether what is written must outlive a power cut, not only this process.

        Raises:
            ReplicaDamagedError: a file is torn where it was safe, or is missing.
            OSError: the disk is full or broken.
        """
        self._folder = folder
        self._file_bytes = file_bytes
        self._syncs = syncs
        self._closed: list[_File] = []
        self.recovered = Recovered()
        folder.mkdir(parents=True, exist_ok=True)
        paths = sorted(folder.glob(f"*{_SUFFIX}"))
        for path in paths:
            self._read(path, is_last=path == paths[-1])
        self._hard = self.recovered.hard
        self._number = _number(paths[-1]) if paths else 0
        self._handle: int | None = None
        self._end = self._safe = self._last_index = 0
        self._begin()
        for file in [file for file in self._closed if not file.holds_something]:
            self._closed.remove(file)
            file.path.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Return how many bytes the journal has on the disk."""
        return self._end + sum(file.size for file in self._closed)

    def store(self, effects: Effects) -> None:
        """Write what a core wants stored; it is safe when this returns.

        Raises:
            OSError: the disk is full or broken; some of it may be there, none may be relied on.
        """
        if self._end > self._file_bytes:
            self._begin()
        batch = bytearray()
        for kind, payload in _records(effects):
            batch += pack_record(kind, payload, self._safe)
        self._hard = effects.hard or self._hard
        if effects.entries:
            self._last_index = max(self._last_index, effects.entries[-1].index)
        self._write(bytes(batch))

    def drop_to(self, index: int) -> None:
        """Remove the files all of whose entries a snapshot covers."""
        while self._closed and self._closed[0].last_index <= index:
            self._closed.pop(0).path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _begin(self) -> None:
        """Begin a new file; it repeats term and vote, so that earlier ones can go."""
        if self._handle is not None:
            self._closed.append(_File(self._path(), self._end, self._last_index))
            self.close()
        self._number += 1
        head = pack_head(self._number)
        hard = pack_record(RecordKind.HARD, pack_hard_state(self._hard), 0)
        self._handle = os.open(self._path(), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        self._end = self._last_index = 0
        self._write(head + hard)
        if self._syncs:
            sync_folder(self._folder)

    def _write(self, data: bytes) -> None:
        handle = self._handle
        if handle is None:
            raise OSError("the journal is closed")
        sync_write(handle, data, syncs=self._syncs)
        self._end += len(data)
        self._safe = self._end

    def _path(self) -> Path:
        return self._folder / f"{self._number:016d}{_SUFFIX}"

    def _read(self, path: Path, *, is_last: bool) -> None:
        data = path.read_bytes()
        if data[:HEAD_BYTES] != pack_head(_number(path)):
            if is_last and len(data) <= HEAD_BYTES:
                path.unlink()  # a crash came while it was made; nothing was written to it
                return
            raise ReplicaDamagedError(f"{path} does not begin as a journal does")
        records, end = read_records(data, str(path))
        if end < len(data):
            if not is_last:
                raise ReplicaDamagedError(f"{path} is damaged at byte {end}")
            _cut(path, end)
        last_index = 0
        for kind, payload in records:
            last_index = max(last_index, self._take(path, kind, payload))
        holds_something = any(kind is not RecordKind.HARD for kind, _ in records)
        self._closed.append(_File(path, end, last_index, holds_something))

    def _take(self, path: Path, kind: RecordKind, payload: bytes) -> int:
        try:
            match kind:
                case RecordKind.HARD:
                    self.recovered.hard = unpack_hard_state(payload)
                case RecordKind.MARK:
                    self.recovered.begin_at(unpack_mark(payload))
                case RecordKind.ENTRY:
                    reader = Reader(payload)
                    entry = read_entry(reader)
                    reader.end()
                    self.recovered.put(entry)
                    return entry.index
        except UnreadableError as error:
            raise ReplicaDamagedError(f"{path} holds a record that is none: {error}") from error
        return 0


def _records(effects: Effects) -> Iterator[tuple[RecordKind, bytes]]:
    if effects.hard is not None:
        yield RecordKind.HARD, pack_hard_state(effects.hard)
    if effects.mark is not None:
        yield RecordKind.MARK, pack_mark(effects.mark)
    for entry in effects.entries:
        yield RecordKind.ENTRY, pack_entry(entry)


def _number(path: Path) -> int:
    try:
        return int(path.name.removesuffix(_SUFFIX))
    except ValueError:
        raise ReplicaDamagedError(f"{path} is no journal's name: move it away") from None


def _cut(path: Path, end: int) -> None:
    """Take off the torn end that a crash left, for good."""
    handle = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(handle, end)
        os.fsync(handle)
    finally:
        os.close(handle)
