"""What reading a list gives: entries as columns, and what could not be taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.columns import EntryColumns
from eikona.services.ports import HashKey

ROWS_AT_ONCE = 1 << 16  # rows of a chunk: some 60 MB while they are read
BYTES_AT_ONCE = 1 << 28  # of what the rows of a chunk say
MOST_HASHES = 64  # kinds of hashes in a list; each takes room for every row


@dataclass(frozen=True, slots=True, order=True)
class BadLine:
    """A line that cannot be read.

    Attributes:
        line: its number, from 1; of formats without lines, the row's.
        reason: what is wrong with it.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Some entries of a list.

    Attributes:
        columns: what the list says of them; a name may stand there more than once.
        lines: where they stand, from 1, ascending.
        hash_lines: where each hash of them stands, in lists with one hash a line; else empty.
    """

    columns: EntryColumns
    lines: NDArray[np.int64]
    hash_lines: Mapping[HashKey, NDArray[np.int64]] = field(default_factory=dict)

    def take(self, places: NDArray[np.intp]) -> "Listed":
        """Return the entries at these places."""
        of_hashes = {key: lines[places] for key, lines in self.hash_lines.items()}
        return Listed(self.columns.take(places), self.lines[places], of_hashes)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines of a list.

    Attributes:
        listed: entries, those with the same hashes and the same facts together.
        bad: lines that cannot be read.
        foreign: how many hashes are of a type that no bank holds, by type.
        rows: how many lines or rows these were, good and bad.
    """

    listed: tuple[Listed, ...] = ()
    bad: tuple[BadLine, ...] = ()
    foreign: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0


def shortened(text: str) -> str:
    """Return ``text`` as it is shown in a message, however long it is."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
