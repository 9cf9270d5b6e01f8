"""Band tables of long segments: written when a segment is sealed or merged, mapped when opened."""

import functools
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.layout import Section
from eikona.adapters.bank.segment_write import NewSection
from eikona.domain.fingerprint import AlgorithmId
from eikona.matching.bands import BandTables, build_tables, plan_bands
from eikona.matching.linear import WORD_BITS, Words
from eikona.matching.parts import threads_for
from eikona.services.ports import HashKey

BAND_OFFSETS, BAND_IDS = "band-offsets", "band-ids"
BANDED_ROWS = 1 << 19  # rows: a scan of fewer takes less than a millisecond, tables several bytes
_LEADING = "pdq"  # what pictures are looked up by within a narrow radius
_NUMBER = 4  # bytes
_MOST_WIDTH = 32  # bits of a band


def banded_key(keys: Collection[HashKey]) -> HashKey | None:
    """Return which of a segment's hashes has tables: PDQ, or the only one there is."""
    leading = [key for key in keys if key.name == _LEADING]
    if leading or len(keys) == 1:
        return (leading or list(keys))[0]
    return None


def table_sections(key: HashKey, rows: int, columns: Callable[[], Words]) -> list[NewSection]:
    """Return the sections of a segment's tables, none where a scan is as good.

    Args:
        key: whose tables.
        rows: of the segment.
        columns: gives all its codes, shape (words, rows), when the sections are written.
    """
    words = -(-key.size * 8 // WORD_BITS)
    plan = plan_bands(rows, words * WORD_BITS) if rows >= BANDED_ROWS else None
    if plan is None:
        return []

    @functools.cache
    def tables() -> BandTables:
        return build_tables(columns(), plan, threads=threads_for(rows * plan.bands))

    def offsets() -> Iterator[NDArray[Any]]:
        yield tables().offsets.astype("<u4", copy=False)

    def ids() -> Iterator[NDArray[Any]]:
        yield tables().ids.astype("<u4", copy=False)

    algorithm = str(AlgorithmId(key.name, key.version))
    length = plan.bands * _NUMBER * ((1 << plan.width) + 1)
    each = plan.bands * _NUMBER
    return [
        NewSection(BAND_OFFSETS, algorithm, 0, length, offsets()),
        NewSection(BAND_IDS, algorithm, each, each * rows, ids()),
    ]


def read_tables(
    offsets: Section, ids: Section, rows: int, bits: int, read: Callable[[Section], NDArray[Any]]
) -> BandTables | None:
    """Return the tables of two sections as views of the file; None where they make no sense.

    Args:
        offsets: the section of this kind.
        ids: the other.
        rows: of the segment.
        bits: of a code, as whole words.
        read: gives a section's numbers.
    """
    bands, odd = divmod(ids.element, _NUMBER)
    if odd or not bands or ids.length != ids.element * rows or offsets.length % ids.element:
        return None
    buckets = offsets.length // ids.element - 1
    width = buckets.bit_length() - 1
    if not 0 < width <= _MOST_WIDTH or buckets != 1 << width or bands * width > bits:
        return None
    return BandTables(
        read(offsets).reshape(bands, -1).astype(np.uint32, copy=False),
        read(ids).reshape(bands, -1).astype(np.uint32, copy=False),
    )
