"""Remembers which names a list has given a hash already, in 16 bytes each."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.lists.listed import Listed
from eikona.services.ports import HashKey

_GROWTH = 4  # parts of about one size are put together when they are so many


@dataclass(slots=True)
class ToldNames:
    """Digests of names by hash, in sorted parts of growing size.

    Two names have one digest of 64 bits once in some billions of lists; the bank says whether they
    are one, so nothing but a message's line number hangs on it.
    """

    _parts: dict[HashKey, list[tuple[NDArray[np.uint64], NDArray[np.int64]]]] = field(
        default_factory=dict
    )

    def add(self, listed: Listed) -> None:
        """Remember names, and the lines where they stand."""
        digests = listed.columns.digests
        order = np.argsort(digests, kind="stable")
        for key in listed.columns.codes:
            parts = self._parts.setdefault(key, [])
            parts.append((digests[order], listed.hash_lines.get(key, listed.lines)[order]))
            while len(parts) > 1 and len(parts[-2][0]) < _GROWTH * len(parts[-1][0]):
                parts.append(_merged(parts.pop(-2), parts.pop()))

    def among(self, columns: EntryColumns) -> NDArray[np.bool_]:
        """Return which names were given one of these hashes before."""
        found = np.zeros(len(columns), np.bool_)
        for key in columns.codes:
            for digests, _ in self._parts.get(key, ()):
                places = np.searchsorted(digests, columns.digests)
                places[places == len(digests)] = 0
                found |= digests[places] == columns.digests
        return found

    def line(self, key: HashKey, digest: np.uint64) -> int | None:
        """Return the first line that gave a name this hash; None where none did."""
        for digests, lines in self._parts.get(key, ()):
            place = int(np.searchsorted(digests, digest))
            if place < len(digests) and digests[place] == digest:
                return int(lines[place])
        return None


def _merged(
    one: tuple[NDArray[np.uint64], NDArray[np.int64]],
    other: tuple[NDArray[np.uint64], NDArray[np.int64]],
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    digests = np.concatenate([one[0], other[0]])
    order = np.argsort(digests, kind="stable")
    return digests[order], np.concatenate([one[1], other[1]])[order]
