"""``eikona.Bank``: a bank of reference pictures, to be filled and searched."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.arguments import (
    checked_codes,
    checked_top,
    chosen_rule,
    entry_filter,
    entry_for,
    key_of,
)
from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import DEFAULT_RULE
from eikona.domain.bank import EVERY_ENTRY, Added, Entry, EntryFilter, EntryState
from eikona.domain.errors import EntryNotFoundError, UsageError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.domain.match import Match
from eikona.hashing.registry import DEFAULT_ALGORITHMS
from eikona.imaging.source import Source
from eikona.services.fingerprint_source import fingerprint
from eikona.services.search_bank import passed_by, search_bank
from eikona.services.search_codes import CodeMatches, search_codes


class Bank:
    """A bank on disk: a folder of its own.

    What it finds is the state of when it was opened, or last changed through this object;
    ``refresh`` reads what others have changed. Each change is made whole or not at all.
    """

    def __init__(self, store: BankStore) -> None:
        """Use ``Bank.create`` or ``Bank.open`` instead."""
        self._store = store

    @classmethod
    def create(cls, path: str | os.PathLike[str], *, local_features: bool = False) -> Self:
        """Make an empty bank, which only its owner may read, and open it.

        Args:
            path: where; nothing may stand there but an empty folder.
            local_features: not available in this version.

        Raises:
            BankExistsError: something stands there.
            OSError: the folder cannot be made.
        """
        return cls(BankStore.create(Path(path), local_features=local_features))

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, writable: bool = False) -> Self:
        """Open a bank.

        Args:
            path: its folder.
            writable: keep other writers out until ``close``; otherwise only during each change.

        Raises:
            BankError: there is none, it is damaged, in use, or needs a newer version.
        """
        return cls(BankStore.open(Path(path), writable=writable))

    def close(self) -> None:
        """Let other writers in."""
        self._store.close()

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
        """Return the number of entries."""
        return len(self._store)

    def __contains__(self, name: str) -> bool:
        """Whether an entry has this name."""
        try:
            self._store.entry(name)
        except EntryNotFoundError:
            return False
        return True

    def __iter__(self) -> Iterator[Entry]:
        """Yield every entry."""
        return self._store.entries()

    def entry(self, name: str) -> Entry:
        """Return the entry of this name.

        Raises:
            EntryNotFoundError: there is none.
        """
        return self._store.entry(name)

    def refresh(self) -> None:
        """Read the state that the bank has now.

        Raises:
            BankError: it cannot be read any more.
        """
        self._store.refresh()

    def add(
        self,
        source: Source | Fingerprint,
        *,
        name: str | None = None,
        algorithms: Sequence[str] | None = None,
        decode: str = DecodeMode.AUTO,
        limits: Limits = DEFAULT_LIMITS,
        durable: bool = False,
    ) -> Added:
        """Add one picture; for many, ``add_entries`` takes them in one step.

        A name that is there already keeps its entry where the picture is the same, with the hashes
        of both; a changed picture takes the place of the old one.

        Args:
            source: a path, encoded bytes, an open file, or a fingerprint made before.
            name: what to call it; of a path the path itself if not given.
            algorithms: hashes to store, as for ``fingerprint``.
            decode: as for ``fingerprint``.
            limits: as for ``fingerprint``.
            durable: return only when it outlives a power cut. It is found, and outlives this
                process, in any case; a bank that is opened to be written makes it last some
                milliseconds later by itself, and any other at once.

        Raises:
            SourceError: the bytes cannot be had.
            InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
            UsageError: there is no name, or an argument is wrong.
            BankError: another process is writing, or the bank is damaged.
            OSError: the disk is full or broken; nothing is changed.
        """
        place = os.fsdecode(source) if isinstance(source, str | os.PathLike) else None
        called = place if name is None else name
        if called is None:
            raise UsageError("only a path is a name by itself: give name=…")
        if not isinstance(source, Fingerprint):
            source = fingerprint(source, algorithms=algorithms, decode=decode, limits=limits)
        origin = "" if place is None else os.path.abspath(place)  # noqa: PTH100  follows no link
        with self._store.writing():
            one = entry_for(self._store, called, source, origin)
            return self._store.add([one], durable=durable)

    def add_entries(self, entries: Iterable[Entry], *, durable: bool = False) -> Added:
        """Add entries in one step; of several of one name the last counts.

        Args:
            entries: what to add.
            durable: as for ``add``.

        Raises:
            UsageError: an entry has no proper name.
            InvalidFingerprintError: an entry has no hash, or one that no bank can hold.
            BankError: another process is writing, or the bank is damaged.
            OSError: the disk is full or broken; nothing is changed.
        """
        return self._store.add(entries, durable=durable)

    def add_codes(self, algorithm: str, names: Sequence[str], codes: NDArray[np.uint8]) -> Added:
        """Add bare hashes in one step; entries that are there get this hash besides theirs.

        Args:
            algorithm: name of the hash, one of Eikona's or another program's.
            names: one for each code, each of them once.
            codes: shape (names, bytes).

        Raises:
            UsageError: the shapes do not fit, or a name is improper or there twice.
            InvalidFingerprintError: the algorithm's hashes have another length.
            BankError: another process is writing, or the bank is damaged.
            OSError: the disk is full or broken; nothing is changed.
        """
        values = checked_codes(codes)
        if len(names) != len(values):
            raise UsageError(f"{len(names)} names and {len(values)} codes: give as many of both")
        return self._store.add_codes(key_of(algorithm, values.shape[1]), names, values)

    def remove(self, *names: str, durable: bool = False) -> int:
        """Remove the entries of these names in one step and return how many there were.

        Args:
            names: those that no entry has are passed by.
            durable: as for ``add``.

        Raises:
            BankError: another process is writing, or the bank is damaged.
            OSError: the disk is full or broken; nothing is changed.
        """
        return self._store.remove(names, durable=durable)

    def search(  # noqa: PLR0913  what a search may be told, by name
        self,
        source: Source | Fingerprint,
        *,
        rule: str = DEFAULT_RULE,
        radius: int | None = None,
        top: int | None = None,
        tags: Iterable[str] = (),
        owner: str | None = None,
        states: Iterable[EntryState | str] = tuple(EntryState),
        decode: str = DecodeMode.AUTO,
        limits: Limits = DEFAULT_LIMITS,
    ) -> list[Match]:
        """Return the entries that a picture may be a copy of, nearest first.

        Args:
            source: a path, encoded bytes, an open file, or a fingerprint made before.
            rule: how to judge; what it finds clear is not listed.
            radius: instead of a rule, all within so many of PDQ's 256 bits in eight orientations.
            top: at most so many, 1 or more.
            tags: only entries that have all of these.
            owner: only entries of this owner.
            states: only entries that stand so; those withdrawn match in no case.
            decode: as for ``fingerprint``.
            limits: as for ``fingerprint``.

        Raises:
            SourceError: the bytes cannot be had.
            InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
            UsageError: no such rule or state, a wrong ``top``, or the bank or the fingerprint lacks
                the hash that is needed.
        """
        most = checked_top(top)
        judge, among = chosen_rule(rule, radius), entry_filter(tags, owner, states)
        if not isinstance(source, Fingerprint):
            names = tuple(dict.fromkeys((*DEFAULT_ALGORITHMS, *judge.needs)))
            source = fingerprint(source, algorithms=names, decode=decode, limits=limits)
        return search_bank(self._store.snapshot, [source], judge, among=among)[0][:most]

    def search_many(
        self,
        fingerprints: Sequence[Fingerprint],
        *,
        rule: str = DEFAULT_RULE,
        among: EntryFilter = EVERY_ENTRY,
    ) -> list[list[Match]]:
        """Return for each fingerprint what ``search`` returns, in less time than one by one.

        Args:
            fingerprints: made before.
            rule: as for ``search``.
            among: which entries to search.

        Raises:
            UsageError: no such rule, or the bank or a fingerprint lacks the hash it needs.
        """
        return search_bank(self._store.snapshot, fingerprints, chosen_rule(rule), among=among)

    def search_codes(self, algorithm: str, codes: NDArray[np.uint8], radius: int) -> CodeMatches:
        """Return for each code the (name, distance) of all entries within a radius, nearest first.

        Codes are taken as they are, in one orientation.

        Args:
            algorithm: name of the hash.
            codes: shape (queries, bytes).
            radius: in bits, at least 0.

        Raises:
            UsageError: an argument is wrong, or no entry has this hash in this length.
        """
        values = checked_codes(codes)
        key = key_of(algorithm, values.shape[1])
        return search_codes(self._store.snapshot, key, values, radius)

    def passed_by(self, *, rule: str = DEFAULT_RULE) -> int:
        """Return how many entries a search by this rule cannot judge for lack of a hash."""
        return passed_by(self._store.snapshot, chosen_rule(rule))
