"""Tells which entries of a damaged segment, and which changes of a damaged log, are whole."""

import contextlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank import layout
from eikona.adapters.bank.changes import Change, unpack_changes
from eikona.adapters.bank.contents import Kept
from eikona.adapters.bank.features import FEATURE_OFFSETS, FEATURES
from eikona.adapters.bank.layout import Head, Section
from eikona.adapters.bank.log_file import HEAD_BYTES, log_path, whole_records
from eikona.adapters.bank.manifest import FileRow
from eikona.adapters.bank.ragged import Ragged
from eikona.adapters.bank.segment import (
    CODES,
    GREY,
    NAME_OFFSETS,
    NAME_TEXT,
    RECORDS,
    TEXT,
    TEXT_OFFSETS,
    VECTORS,
    Segment,
)
from eikona.domain.errors import BankDamagedError
from eikona.matching.linear import WORD_BYTES

_OFFSET_BYTES = 8
_BY_ENTRY = (VECTORS, GREY, RECORDS)
_OFFSETS = (NAME_OFFSETS, TEXT_OFFSETS, FEATURE_OFFSETS)


def salvage(path: Path, row: FileRow | None, number: int) -> Kept:
    """Return a damaged segment, and which of its entries and their features no damage touches.

    What looks entries up by name is not asked: it may be damaged, and is made anew.

    Args:
        path: the file, which may be cut short.
        row: what the manifest says of it; None where there is no manifest.
        number: of the segment.

    Raises:
        BankDamagedError: its head is damaged, so that nothing of it can be told.
        BankFormatError: it needs a newer version.
        OSError: it cannot be read.
    """
    stored = path.read_bytes()
    head, checksum = layout.parse_head(memoryview(stored), path.name)
    if row is not None and (head.rows, checksum) != (row.rows, row.checksum):
        raise BankDamagedError(f"{path.name} is not the file that the manifest names")
    data = memoryview(stored[: head.file_bytes].ljust(head.file_bytes, b"\0"))
    segment = Segment(number, head, checksum, data)
    damaged = [head.block(block) for block in layout.damaged_blocks(data, head)]
    whole, featured = np.ones(head.rows, np.bool_), np.ones(head.rows, np.bool_)
    for section in head.sections:
        if section.kind in (NAME_TEXT, TEXT, FEATURES):
            continue  # offsets first: they tell whose letters these are
        marked = featured if section.kind == FEATURE_OFFSETS else whole
        for start, end in _within(section, damaged):
            _mark_fixed(marked, section, start, end)
    for kind, ragged, marked in (
        (NAME_TEXT, segment.names, whole),
        (TEXT, segment.texts, whole),
        (FEATURES, segment.features, featured),
    ):
        if ragged is not None:
            _mark_letters(marked, ragged, _section(head, kind), damaged)
    return Kept(segment, whole, digests_are_sound=False, featured=featured)


def salvage_log(bank: Path, number: int, start: int = 0) -> list[Change]:
    """Return the changes that whole records of a log make; none where it is missing.

    Args:
        bank: the folder.
        number: of the log.
        start: where its changes begin that are in no segment.
    """
    try:
        data = memoryview(log_path(bank, number).read_bytes())
    except FileNotFoundError:
        return []
    changes: list[Change] = []
    for payload in whole_records(data[max(HEAD_BYTES, start) :]):
        with contextlib.suppress(BankDamagedError):
            changes += unpack_changes(payload)
    return changes


def _within(section: Section, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the parts of byte ranges of the file that lie in a section, from its beginning."""
    clipped = [
        (max(start, section.offset), min(end, section.offset + section.length))
        for start, end in ranges
    ]
    return [(start - section.offset, end - section.offset) for start, end in clipped if start < end]


def _mark_fixed(whole: NDArray[np.bool_], section: Section, start: int, end: int) -> None:
    """Take out the entries that bytes ``start`` to ``end`` of a section belong to."""
    if section.kind in _BY_ENTRY:
        whole[start // section.element : -(-end // section.element)] = False
    elif section.kind in _OFFSETS:  # an offset ends one entry's bytes and begins the next one's
        whole[max(0, start // _OFFSET_BYTES - 1) : -(-end // _OFFSET_BYTES)] = False
    elif section.kind == CODES:
        words = np.arange(start // WORD_BYTES, -(-end // WORD_BYTES))
        whole[words % len(whole)] = False


def _mark_letters(
    whole: NDArray[np.bool_], ragged: Ragged, section: Section, damaged: list[tuple[int, int]]
) -> None:
    begins, ends = ragged.offsets[:-1], ragged.offsets[1:]
    whole &= (begins <= ends) & (ends <= section.length)
    for start, end in _within(section, damaged):
        whole &= (begins >= end) | (ends <= start) | (begins == ends)


def _section(head: Head, kind: str) -> Section:
    return next(one for one in head.sections if one.kind == kind)
