"""``eikona.Bank``: a bank of reference pictures, to be filled and searched."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.arguments import checked_codes, checked_policy, entry_for, key_of
from eikona.adapters.bank.searching import BankSearch
from eikona.adapters.bank.store import BankStore
from eikona.domain.bank import Added, Entry
from eikona.domain.errors import EntryNotFoundError, UsageError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.domain.local_features import MOST_FEATURES
from eikona.domain.policy import Policy
from eikona.imaging.source import Source
from eikona.services.fingerprint_source import fingerprint


class Bank(BankSearch):
    """A bank on disk: a folder of its own.

    What it finds is the state of when it was opened, or last changed through this object;
    ``refresh`` reads what others have changed. Each change is made whole or not at all.
    """

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        local_features: bool = True,
        descriptors: int = MOST_FEATURES,
    ) -> Self:
        """Make an empty bank, which only its owner may read, and open it.

        Args:
            path: where; nothing may stand there but an empty folder.
            local_features: whether entries keep theirs, by which crops, collages and screenshots of
                their pictures are found. They tell more of a picture than hashes do: leave them out
                of banks of sensitive pictures.
            descriptors: how many of each entry the shortlist knows, 1 to 300; fewer take less
                memory, and lose some matches.

        Raises:
            BankExistsError: something stands there.
            UsageError: no such number of descriptors.
            OSError: the folder cannot be made.
        """
        return cls(
            BankStore.create(Path(path), local_features=descriptors if local_features else None)
        )

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

    def set_policy(self, **changes: Any) -> Policy:  # noqa: ANN401  the fields' own types
        """Change how the bank is searched unless a search says otherwise, and return all of that.

        Args:
            **changes: any of ``rule`` (its name), ``block_odds`` and ``review_odds`` (the largest
                number of false matches that chance may be expected to bring into one look-up for
                these outcomes), ``plain`` (what becomes of matches with pictures too plain to tell
                copies by: "review" or "clear"), ``is_allow_list`` (whether a copy of an entry is
                cleared in banks that are searched together with this one).

        Raises:
            UsageError: there is no such rule, or a value is wrong.
            BankError: another process is writing, or the bank is damaged.
            OSError: the disk is full or broken; nothing is changed.
        """
        return self._store.set_policy(lambda policy: checked_policy(policy, changes))

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
            source = fingerprint(
                source,
                algorithms=algorithms,
                local_features=self._store.keeps_features,
                decode=decode,
                limits=limits,
            )
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
