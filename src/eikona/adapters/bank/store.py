"""A bank on disk: reads one consistent state, and changes it in steps that happen whole or not.

New files are written first; then a new manifest that names them takes the place of the old one.
Whatever ends a process before that leaves the bank as it was, and files that no manifest names,
which the next writer removes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.additions import (
    Additions,
    plan_codes,
    plan_columns,
    plan_entries,
)
from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.commit import file_mode, tidy
from eikona.adapters.bank.lock import writer_lock
from eikona.adapters.bank.manifest import read_manifest
from eikona.adapters.bank.names import encode_name
from eikona.adapters.bank.new_bank import make_bank
from eikona.adapters.bank.opening import open_snapshot
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.verify import read_manifest_of
from eikona.adapters.bank.writer import Writer
from eikona.adapters.system_errors import reason
from eikona.domain.bank import Added, Entry
from eikona.domain.errors import BankDamagedError, BankDeniedError, EntryNotFoundError
from eikona.domain.policy import Policy
from eikona.services.ports import HashKey

_REMEDY = "; verify says what is damaged, repair keeps the rest"


class BankStore:
    """An open bank. What it reads is the state of when it was opened or last changed by it."""

    def __init__(self, path: Path, snapshot: Snapshot) -> None:
        self.path = path
        self._writer = Writer(path, snapshot)
        self._lock = ExitStack()
        self._is_locked = False  # whether this process has the lock of the folder

    @property
    def keeps_features(self) -> bool:
        """Whether entries keep their local features."""
        return self.snapshot.manifest.local_features is not None

    @property
    def snapshot(self) -> Snapshot:
        """The state that is read; it does not change, another takes its place."""
        return self._writer.snapshot

    @property
    def policy(self) -> Policy:
        """What the owner has decided about matches."""
        return self.snapshot.manifest.policy

    @classmethod
    def create(cls, path: Path, *, local_features: int | None = None) -> Self:
        """Make an empty bank, a folder that only its owner may read, and open it.

        Args:
            path: where; nothing may stand there but an empty folder.
            local_features: keep those of each entry, and have so many of them in the shortlist;
                None for a bank that keeps none.

        Raises:
            BankExistsError: something stands there.
            UsageError: no shortlist has so many.
            OSError: the folder cannot be made.
        """
        make_bank(path, local_features=local_features)
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
            BankDeniedError: this user may not read it, or not write to it.
            BankInUseError: another process is writing to it.
        """
        store = cls(path, _opened(path, None))
        if writable:
            store._lock.enter_context(store._locked())
            store._writer.is_held = True
        return store

    def close(self) -> None:
        """Let other writers in; what is read is not needed any more.

        Raises:
            OSError: the disk is full or broken; what was changed stays in the log.
        """
        try:
            if self._writer.is_held:
                self._writer.settle()
        finally:
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
        snapshot = self.snapshot
        found = snapshot.find([encode_name(name)]).get(0)
        if found is None:
            raise EntryNotFoundError(f"{self.path} has no entry named {name!r}")
        return snapshot.entry_at(found)

    def refresh(self) -> None:
        """Read the state that the bank has now.

        Raises:
            BankError: it cannot be read any more.
        """
        with self._writer.changing:
            if self._writer.is_held:
                return  # nobody else changes it
            before = self.snapshot
            if before.tail is not None or read_manifest(self.path) != before.manifest:
                self._writer.snapshot = _opened(self.path, before)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer for a while, from the newest state on; other threads wait.

        Raises:
            BankInUseError: another process is writing to it.
        """
        with self._writer.changing:
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
                if self.snapshot.manifest.log is not None:
                    self._writer.seal()  # a writer that was killed has left it
                tidy(self.path, self.snapshot.manifest)
                yield
            finally:
                self._is_locked = False

    def add(self, entries: Iterable[Entry], *, durable: bool = False) -> Added:
        """Add entries, all or none; see ``plan_entries`` for names that are there already.

        They are found as soon as this returns, and outlive the end of this process however it
        comes. While the bank is held open for writing, few entries outlive a power cut some
        milliseconds later; otherwise at once.

        Args:
            entries: of several of one name the last counts.
            durable: return when they outlive a power cut.

        Raises:
            UsageError: an entry has no proper name, or no hash.
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        given = list(entries)
        with self.writing():
            additions = self._put(lambda: plan_entries(self.snapshot, given))
            log = self._writer.log()
        if durable and log is not None:
            log.wait()
        return additions.counts

    def add_codes(
        self,
        key: HashKey,
        names: Sequence[str],
        codes: NDArray[np.uint8],
        *,
        durable: bool = False,
    ) -> Added:
        """Add one hash each of many entries, all or none; see ``plan_codes``.

        Args:
            key: which hash.
            names: unique names.
            codes: shape (names, key.size).
            durable: as for ``add``.

        Raises:
            UsageError: a name is improper or there twice.
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        with self.writing():
            now = datetime.now(UTC)
            additions = self._put(lambda: plan_codes(self.snapshot, key, names, codes, now))
            log = self._writer.log()
        if durable and log is not None:
            log.wait()
        return additions.counts

    def add_columns(self, columns: EntryColumns) -> Added:
        """Add entries that are given as columns, all or none; see ``plan_columns``.

        Raises:
            InvalidFingerprintError: there is a hash that no bank can hold.
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        with self.writing():
            return self._put(lambda: plan_columns(self.snapshot, columns)).counts

    def remove(self, names: Iterable[str], *, durable: bool = False) -> int:
        """Remove the entries of these names, all at once, and return how many there were.

        Args:
            names: those that no entry has are passed by.
            durable: as for ``add``.

        Raises:
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        wanted = [encode_name(name) for name in dict.fromkeys(names)]
        with self.writing():
            found = self.snapshot.find(wanted)
            while found and not self._writer.remove(list(found.values())):
                found = self.snapshot.find(wanted)
            log = self._writer.log()
        if durable and log is not None:
            log.wait()
        return len(found)

    def set_policy(self, change: Callable[[Policy], Policy]) -> Policy:
        """Put another policy in the place of the newest one, and return it.

        Args:
            change: makes it of the one there is.

        Raises:
            BankInUseError: another process is writing.
            OSError: the disk is full or broken; nothing is changed.
        """
        with self.writing():
            policy = change(self.policy)
            while policy != self.policy and not self._writer.set_policy(policy):
                policy = change(self.policy)
            return policy

    def _put(self, plan: Callable[[], Additions]) -> Additions:
        """Make additions as they are planned, and planned anew where that had to wait."""
        additions = plan()
        while not self._writer.put(additions):
            additions = plan()
        return additions


def _opened(path: Path, before: Snapshot | None) -> Snapshot:
    try:
        read_manifest_of(path)
        return open_snapshot(path, before)
    except BankDamagedError as error:
        raise BankDamagedError(f"{path}: {error}{_REMEDY}") from error
    except PermissionError as error:
        raise BankDeniedError(f"{path} cannot be read: {reason(error)}") from error
