"""Tells which of many entries a bank has already as they are, by comparing whole columns."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.columns import DECIDED, RECORD_FACTS, TEXT_FACTS, EntryColumns
from eikona.adapters.bank.records import STATES
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.snapshot import Snapshot
from eikona.matching.linear import word_columns

_DECIDED = [STATES.index(state) for state in DECIDED]


def differing(snapshot: Snapshot, columns: EntryColumns, rows: NDArray[np.int64]) -> Iterator[int]:
    """Yield places of entries that the bank may have otherwise; it has all others as they are.

    Args:
        snapshot: of the bank.
        columns: the entries.
        rows: their numbers in the bank, -1 for those that are not there.
    """
    for segment, places, own in snapshot.in_segments(rows):
        agree = _agreeing(segment, own, columns, places)
        yield from places[~agree].tolist()
    yield from np.flatnonzero(rows >= snapshot.sealed_rows).tolist()


def _agreeing(
    segment: Segment, rows: NDArray[np.int64], columns: EntryColumns, places: NDArray[np.intp]
) -> NDArray[np.bool_]:
    agree = np.ones(len(rows), np.bool_)
    for key, codes in columns.codes.items():
        if key not in segment.hashes:
            return np.zeros(len(rows), np.bool_)
        if segment.is_vector(key):
            agree &= (segment.vectors(key)[rows] == codes[places]).all(axis=1)
        else:
            agree &= (segment.columns(key)[:, rows] == word_columns(codes[places])).all(axis=0)
    if columns.greys is not None:
        if segment.greys is None:
            return np.zeros(len(rows), np.bool_)
        agree &= (segment.greys[rows] == columns.greys[places]).all(axis=1)
    there, new = segment.records[rows], columns.records[places]
    for fact in RECORD_FACTS & columns.given:
        same = there[fact] == new[fact]
        if fact == "state" and columns.is_opinion:
            same |= np.isin(there[fact], _DECIDED)
        agree &= same
    if TEXT_FACTS & columns.given and (segment.texts is not None or columns.texts is not None):
        agree &= _texts_agree(segment, rows, columns, places)
    return agree


def _texts_agree(
    segment: Segment, rows: NDArray[np.int64], columns: EntryColumns, places: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return where all of the text is the same: what is not given may stand only in the bank."""
    there = [b""] * len(rows) if segment.texts is None else segment.texts.all_at(rows)
    new = [columns.text(place) for place in places.tolist()]
    return np.array([one == other for one, other in zip(there, new, strict=True)], np.bool_)
