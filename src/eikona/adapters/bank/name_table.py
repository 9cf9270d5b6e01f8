"""Finds entries of a segment by their names: digests in order, and the row of each."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.names import name_digest
from eikona.adapters.bank.ragged import Ragged


@dataclass(frozen=True)
class NameTable:
    """The names of a segment, of which two may have one digest.

    Attributes:
        names: by row.
        digests: ascending, shape (rows,).
        digest_rows: the row of each.
    """

    names: Ragged
    digests: NDArray[np.uint64]
    digest_rows: NDArray[np.uint32]

    def rows_of(
        self, names: Sequence[bytes], digests: NDArray[np.uint64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Return the places in ``names`` of those that are here, and their rows, removed or not.

        Args:
            names: each of which a segment holds once at most.
            digests: theirs, in ascending order, which lets many be found at once.
        """
        found = np.searchsorted(self.digests, digests)
        found[found == len(self.digests)] = 0
        places = np.flatnonzero(self.digests[found] == digests)
        rows = self.digest_rows[found[places]].astype(np.int64)
        rows[rows >= len(self.digests)] = 0
        wanted = [names[place] for place in places.tolist()]
        there = self.names.all_at(rows)
        if there != wanted:  # another name has the same digest
            for number, name in enumerate(wanted):
                if name != there[number]:
                    other = self.row_of(name, name_digest(name))
                    rows[number] = -1 if other is None else other
        return places[rows >= 0], rows[rows >= 0]

    def row_of(self, name: bytes, digest: int) -> int | None:
        """Return the row of a name, removed or not; None where it is not here.

        For one name this takes a fraction of what ``rows_of`` does, and never hands over the
        interpreter, for which who adds an entry would have to wait again.

        Args:
            name: which a segment holds once at most.
            digest: the name's.
        """
        place = bisect_left(self._digest_numbers, digest)
        while place < len(self.digests) and self._digest_numbers[place] == digest:
            row = int(self.digest_rows[place])
            if row < len(self.digests) and self.names.at(row) == name:
                return row
            place += 1  # another name has the same digest
        return None

    @cached_property
    def _digest_numbers(self) -> memoryview:
        return self.digests.astype(np.uint64, copy=False).data
