"""What use cases need of the world outside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eikona.domain.bank import Entry
from eikona.matching.banded import BandedIndex
from eikona.matching.bands import BandTables
from eikona.matching.linear import Hits, Words
from eikona.matching.parts import threads_for
from eikona.matching.shortlist.probing import SearchedTable


class HashKey(NamedTuple):
    """What makes two hashes comparable: algorithm, its version, and the length in bytes."""

    name: str
    version: int
    size: int


@dataclass(frozen=True, slots=True)
class Block:
    """Hashes of some entries of a bank, as they lie in memory.

    Attributes:
        values: codes as columns of words, shape (words, entries), uint64; hashes that are compared
            by correlation as rows, shape (entries, bytes), uint8.
        rows: the entries' numbers in the bank, shape (entries,); entries that are removed may be
            among them.
        tables: band tables of the codes, where there are any.
    """

    values: NDArray[np.generic]
    rows: NDArray[np.int64] | range
    tables: BandTables | None = None

    def rows_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the bank's numbers of the entries at these places of the block."""
        if isinstance(self.rows, range):
            return places + self.rows.start
        return self.rows[places]

    def within(self, queries: Words, radius: int) -> Hits:
        """Return every pair of a query and a code that differ in at most ``radius`` bits.

        Args:
            queries: shape (queries, words).
            radius: in bits, at least 0.

        Returns:
            Hits with the codes' places in the block.
        """
        codes = self.values.view(np.uint64)
        threads = threads_for(codes.shape[1] * len(queries), codes.shape[1])
        return BandedIndex(codes, self.tables).within(queries, radius, threads=threads)

    def nearest(self, queries: Words, count: int) -> Hits:
        """Return the ``count`` nearest codes of each query; of equally near ones the first places.

        Args:
            queries: shape (queries, words).
            count: codes per query, at least 0; all of them if there are fewer.

        Returns:
            Hits by query, then by distance, then by place.
        """
        codes = self.values.view(np.uint64)
        threads = threads_for(codes.shape[1] * len(queries), codes.shape[1])
        return BandedIndex(codes, self.tables).nearest(queries, count, threads=threads)


@dataclass(frozen=True, slots=True)
class FeatureBlock:
    """What the shortlist knows of some entries of a bank.

    Attributes:
        table: their postings, and which of them are removed.
        start: the bank's number of the table's first row.
    """

    table: SearchedTable
    start: int


class SearchableBank(Protocol):
    """A consistent state of a bank, to be searched."""

    def __len__(self) -> int:
        """Return the number of entries."""

    def blocks(self, key: HashKey) -> Sequence[Block]:
        """Return all hashes of one kind."""

    def feature_blocks(self) -> Sequence[FeatureBlock]:
        """Return the local features of all entries that have any."""

    def are_live(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of these entries are not removed."""

    def entry_at(self, row: int) -> Entry:
        """Return one entry.

        Raises:
            BankDamagedError: what is stored of it makes no sense.
        """

    def name_at(self, row: int) -> str:
        """Return the name of one entry.

        Raises:
            BankDamagedError: what is stored of it makes no sense.
        """

    def holding(self, keys: Collection[HashKey]) -> int:
        """Return how many entries have all of these hashes."""
