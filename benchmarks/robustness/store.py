"""Keeps hash records on disk, so that an interrupted run goes on where it was.

One file a hasher and attack, under names that hold their versions. Records have one length and are
only ever appended, so a torn one can only be the last, and is dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.robustness.hashers.hasher import Codes, Hasher
from benchmarks.robustness.photos import Photo
from eikona.imaging.alterations.attack import Attack

WORK = Path(__file__).resolve().parent.parent / ".scratch" / "robustness"
ORIGINAL = "original"


class NotHashedError(Exception):
    """A record is asked for that no run has made."""


@dataclass(frozen=True, slots=True)
class Store:
    """The records under one folder.

    Attributes:
        folder: made when it is first written to.
    """

    folder: Path

    def photos(self, hasher: Hasher, attack: Attack | None) -> set[bytes]:
        """Return the digests of the photographs that there are records of."""
        return {bytes(record["photo"]) for record in self._records(hasher, attack)}

    def codes(self, hasher: Hasher, attack: Attack | None, photos: Iterable[Photo]) -> Codes:
        """Return one record a photograph, in their order.

        Args:
            hasher: whose codes.
            attack: what was done to the photographs; None for them as they are.
            photos: which ones.

        Raises:
            NotHashedError: there is none of a photograph.
        """
        records = self._records(hasher, attack)
        places = {bytes(photo): place for place, photo in enumerate(records["photo"])}
        try:
            return records[[places[photo.digest] for photo in photos]]
        except KeyError as error:
            raise NotHashedError(f"{hasher.name} has no codes of every photograph") from error

    def append(self, hasher: Hasher, attack: Attack | None, record: bytes) -> None:
        """Add one record, after whatever whole records there are."""
        path = self._path(hasher, attack)
        path.parent.mkdir(parents=True, exist_ok=True)
        length = hasher.dtype.itemsize
        with path.open("ab") as file:
            torn = file.tell() % length
            if torn:
                file.truncate(file.tell() - torn)
            file.write(record)

    def _records(self, hasher: Hasher, attack: Attack | None) -> Codes:
        path = self._path(hasher, attack)
        if not path.exists():
            return np.zeros(0, hasher.dtype)
        data = path.read_bytes()
        return np.frombuffer(data, hasher.dtype, count=len(data) // hasher.dtype.itemsize)

    def _path(self, hasher: Hasher, attack: Attack | None) -> Path:
        name = ORIGINAL if attack is None else attack.key
        return self.folder / hasher.key / f"{name}.codes"
