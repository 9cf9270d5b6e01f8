"""Bytes of different lengths, one after the other, as segments hold names, texts and features."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.segment_write import NewSection, Part
from eikona.domain.errors import BankDamagedError


class Ragged(NamedTuple):
    """Bytes of different lengths, one after the other."""

    offsets: NDArray[np.uint64]  # shape (rows + 1,)
    text: memoryview

    @classmethod
    def nothing(cls, rows: int) -> "Ragged":
        """Return so many empty rows."""
        return cls(np.zeros(rows + 1, np.uint64), memoryview(b""))

    def at(self, row: int) -> bytes:
        """Return the bytes of one row.

        Raises:
            BankDamagedError: the offsets make no sense.
        """
        start, end = int(self.offsets[row]), int(self.offsets[row + 1])
        if not start <= end <= len(self.text):
            raise BankDamagedError("an entry's place makes no sense: verify the bank")
        return bytes(self.text[start:end])

    def all_at(self, rows: NDArray[np.integer[Any]]) -> list[bytes]:
        """Return the bytes of some rows.

        Raises:
            BankDamagedError: the offsets make no sense.
        """
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        if (starts > ends).any() or (ends > len(self.text)).any():
            raise BankDamagedError("an entry's place makes no sense: verify the bank")
        text = self.text
        return [
            bytes(text[start:end])
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]

    def runs(self, kept: NDArray[np.bool_]) -> Iterator[memoryview]:
        """Yield the bytes of the rows that are kept, those of neighbours at once."""
        edges = np.flatnonzero(np.diff(kept, prepend=False, append=False))
        for start, end in edges.reshape(-1, 2):
            yield self.text[int(self.offsets[start]) : int(self.offsets[end])]


def ragged_sections(
    offsets: str, text: str, lengths: NDArray[np.uint64], parts: Iterable[Part]
) -> list[NewSection]:
    """Return the two sections of bytes of different lengths.

    Args:
        offsets: kind of the section that says where they begin.
        text: kind of the section that holds them.
        lengths: of each row.
        parts: the bytes of all rows.
    """
    places = np.zeros(len(lengths) + 1, "<u8")
    np.cumsum(lengths, out=places[1:])
    return [
        NewSection(offsets, "", 8, places.nbytes, [places]),
        NewSection(text, "", 0, int(places[-1]), parts),
    ]
