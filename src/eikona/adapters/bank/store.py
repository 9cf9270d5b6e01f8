"""A bank on disk: reads one consistent state, and changes it in steps that happen whole or not.

New files are written first; then a new manifest that names them takes the place of the old one.
Whatever ends a process before that leaves the bank as it was, and files that no manifest names,
which the next writer removes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.additions import Additions, plan_codes, plan_entries
from eikona.adapters.bank.commit import commit, file_mode, rows_of, tidy
from eikona.adapters.bank.contents import Contents, Kept, of_segments
from eikona.adapters.bank.lock import LOCK, writer_lock
from eikona.adapters.bank.manifest import Manifest, read_manifest, write_manifest
from eikona.adapters.bank.merging import to_merge
from eikona.adapters.bank.names import encode_name
from eikona.adapters.bank.new_file import PART
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.snapshot import Snapshot, open_snapshot
from eikona.adapters.bank.tombstones import Rows
from eikona.adapters.bank.verify import read_manifest_of
from eikona.domain.bank import Added, Entry
from eikona.domain.errors import (
    BankDamagedError,
    BankExistsError,
    EntryNotFoundError,
    UsageError,
)
from eikona.services.ports import HashKey

_REMEDY = "; verify says what is damaged, repair keeps the rest"
_FOLDER_MODE = 0o700  # fingerprints tell of the pictures: others may not read them unless allowed


class BankStore:
    """An open bank. What it reads is the state of when it was opened or last changed by it."""

    def __init__(self, path: Path, snapshot: Snapshot) -> None:
        self.path = path
        self.snapshot = snapshot
        self._lock = ExitStack()
        self._is_locked = False  # whether this process has the lock of the folder
        self._changing = RLock()  # one thread at a time: the lock is of the process

    @classmethod
    def create(cls, path: Path, *, local_features: bool = False) -> Self:
        """Make an empty bank, a folder that only its owner may read, and open it.

        Args:
            path: where; nothing may stand there but an empty folder.
            local_features: not available in this version.

        Raises:
            BankExistsError: something stands there.
            UsageError: local features are asked for.
            OSError: the folder cannot be made.
        """
        if local_features:
            raise UsageError("local features are not available in this version: leave them out")
        try:
            path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        except FileExistsError as error:
            raise BankExistsError(f"{path} exists: name another path") from error
        _check_empty(path)
        path.chmod(_FOLDER_MODE)  # it may have been there
        with writer_lock(path, mode=file_mode(path)):
            _check_empty(path)
            write_manifest(path, Manifest(datetime.now(UTC)), mode=file_mode(path))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, writable: bool = False) -> Self:
        """Open a bank.

        Args:
            path: its folder.
            writable: keep other writers out until it is closed; otherwise only while changing it.

        Raises:
            BankNotFoundError: nothing is there.
            NotABankError: what is there is no bank.
            BankDamagedError: a file is torn, changed or missing.
            BankFormatError: it needs a newer version.
            BankInUseError: another process is writing to it.
        """
        store = cls(path, _opened(path, {}))
        if writable:
            store._lock.enter_context(store._locked())
        return store

    def close(self) -> None:
        """Let other writers in; what is read is not needed any more."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.snapshot)

    def entries(self) -> Iterator[Entry]:
        """Yield every entry; additions meanwhile are not among them."""
        return self.snapshot.entries()

    def names(self) -> Iterator[str]:
        """Yield every name, in the same order."""
        return self.snapshot.names()

    def entry(self, name: str) -> Entry:
        """Return the entry of this name.

        Raises:
            EntryNotFoundError: there is none.
        """
        found = self.snapshot.find([encode_name(name)]).get(0)
        if found is None:
            raise EntryNotFoundError(f"{self.path} has no entry named {name!r}")
        segment, row = found
        return segment.entry(row)

    def refresh(self) -> None:
        """Read the state that the bank has now.

        Raises:
            BankError: it cannot be read any more.
        """
        if read_manifest(self.path) != self.snapshot.manifest:
            known = {segment.number: segment for segment in self.snapshot.segments}
            self.snapshot = _opened(self.path, known)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer for a while, from the newest state on; other threads wait.

        Raises:
            BankInUseError: another process is writing to it.
        """
        with self._changing:
            if self._is_locked:
                yield
                return
            with self._locked():
                yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with writer_lock(self.path, mode=file_mode(self.path)):
            self._is_locked = True
            try:
                self.refresh()
                tidy(self.path, self.snapshot.manifest)
                yield
            finally:
                self._is_locked = False

    def add(self, entries: Iterable[Entry]) -> Added:
        """Add entries, all or none; see ``plan_entries`` for names that are there already.

        Raises:
            UsageError: an entry has no proper name, or no hash.
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        with self.writing():
            return self._make(plan_entries(self.snapshot, list(entries)))

    def add_codes(self, key: HashKey, names: Sequence[str], codes: NDArray[np.uint8]) -> Added:
        """Add one hash each of many entries, all or none; see ``plan_codes``.

        Args:
            key: which hash.
            names: unique names.
            codes: shape (names, key.size).

        Raises:
            UsageError: a name is improper or there twice.
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        with self.writing():
            return self._make(plan_codes(self.snapshot, key, names, codes, datetime.now(UTC)))

    def remove(self, names: Iterable[str]) -> int:
        """Remove the entries of these names, all at once, and return how many there were.

        Raises:
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        with self.writing():
            found = self.snapshot.find([encode_name(name) for name in dict.fromkeys(names)])
            if found:
                self._commit([], rows_of(found.values()))
                self._merge()
            return len(found)

    def _make(self, additions: Additions) -> Added:
        if additions.contents:
            self._commit(additions.contents, rows_of(additions.replaced))
            self._merge()
        return additions.counts

    def _merge(self) -> None:
        damaged: set[int] = set()  # stay as they are: written anew, damage would pass for sound
        while parts := to_merge(
            [one for one in self.snapshot.segments if one.number not in damaged],
            self.snapshot.live_rows,
        ):
            if torn := {one.number for one in parts if not one.is_whole}:
                damaged |= torn
                continue
            kept = [Kept(segment, self.snapshot.live(segment)) for segment in parts]
            contents = [of_segments(kept)] if any(one.live.any() for one in kept) else []
            self._commit(contents, {}, without=parts)

    def _commit(
        self, contents: Sequence[Contents], removed: Rows, *, without: Sequence[Segment] = ()
    ) -> None:
        commit(self.path, self.snapshot, contents, removed, without=without)
        self.refresh()
        tidy(self.path, self.snapshot.manifest)


def _check_empty(path: Path) -> None:
    left_by_a_crash = {LOCK, f"manifest{PART}"}
    if any(one.name not in left_by_a_crash for one in path.iterdir()):
        raise BankExistsError(f"{path} exists and is not empty: name another path")


def _opened(path: Path, known: Mapping[int, Segment]) -> Snapshot:
    try:
        read_manifest_of(path)
        return open_snapshot(path, known)
    except BankDamagedError as error:
        raise BankDamagedError(f"{path}: {error}{_REMEDY}") from error
