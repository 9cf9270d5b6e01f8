"""Writes one sealed segment: data first, then the head with their checksums, then the name."""

import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.layout import (
    ALIGNMENT,
    BLOCK_BYTES,
    Head,
    Section,
    aligned,
    blocks_of,
    data_start,
    head_checksum,
    pack_footer,
    pack_head,
)
from eikona.adapters.bank.new_file import new_file

_STEP_BYTES = 1 << 22

Part = bytes | memoryview | NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class NewSection:
    """A section that is still to be written.

    Attributes:
        kind: what the bytes are.
        algorithm: ``name@version`` of the hash they belong to, or empty.
        element: bytes that each entry has of it, 0 where they vary.
        length: how many bytes there will be.
        parts: the bytes, made while they are written.
        flags: ``MUST_UNDERSTAND`` or 0.
    """

    kind: str
    algorithm: str
    element: int
    length: int
    parts: Iterable[Part]
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """A segment that stands on the disk."""

    file_bytes: int
    checksum: int


def write_segment(path: Path, rows: int, sections: Sequence[NewSection], *, mode: int) -> Written:
    """Write a segment under a name that does not exist yet, whole or not at all.

    Args:
        path: the file.
        rows: entries in it.
        sections: what it holds.
        mode: permissions of the file.

    Raises:
        OSError: the disk is full or broken.
    """
    start = data_start(len(sections), blocks_of(sum(aligned(one.length) for one in sections)))
    table = _table(sections, start)
    end = start + sum(aligned(one.length) for one in sections)
    with new_file(path, mode=mode) as file:
        file.seek(start)
        data = _Checked(file)
        for one in sections:
            for piece in one.parts:
                data.write(_bytes_of(piece))
            data.write(memoryview(bytes(-one.length % ALIGNMENT)))
        head = Head(rows, table, data.checksums(), start, end)
        packed = pack_head(head)
        checksum = head_checksum(packed)
        file.write(pack_footer(head, checksum))
        file.seek(0)
        file.write(packed)
    return Written(head.file_bytes, checksum)


def _bytes_of(part: Part) -> memoryview:
    if isinstance(part, np.ndarray):
        return np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
    return memoryview(part)


def _table(sections: Sequence[NewSection], start: int) -> tuple[Section, ...]:
    table = []
    for one in sections:
        table.append(Section(one.kind, one.algorithm, start, one.length, one.element, one.flags))
        start += aligned(one.length)
    return tuple(table)


class _Checked:
    """Passes bytes on to a file and keeps the checksum of each block of them.

    What was passed on is sent to the disk every few megabytes. Left to the end, all of a long
    segment would be waited for at once, also by whoever else makes something last meanwhile.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begun = self._end = file.tell()  # of what is not on its way to the disk yet
        self._done: list[int] = []
        self._running = 0
        self._room = BLOCK_BYTES

    def write(self, data: memoryview) -> None:
        for start in range(0, len(data), _STEP_BYTES):
            step = data[start : start + _STEP_BYTES]
            self._file.write(step)
            self._check(step)
            self._send(len(step))

    def _check(self, data: memoryview) -> None:
        while data:
            self._running = zlib.crc32(data[: self._room], self._running)
            taken = min(self._room, len(data))
            data = data[taken:]
            self._room -= taken
            if self._room == 0:
                self._done.append(self._running)
                self._running, self._room = 0, BLOCK_BYTES

    def _send(self, length: int) -> None:
        """Let the system begin to write what it holds, where it can be told to."""
        self._end += length
        if self._end - self._begun < _STEP_BYTES or not hasattr(os, "posix_fadvise"):
            return
        self._file.flush()
        advice = os.POSIX_FADV_DONTNEED  # begins to write what is dirty, and keeps that
        os.posix_fadvise(self._file.fileno(), self._begun, self._end - self._begun, advice)
        self._begun = self._end

    def checksums(self) -> tuple[int, ...]:
        last = () if self._room == BLOCK_BYTES else (self._running,)
        return (*self._done, *last)
