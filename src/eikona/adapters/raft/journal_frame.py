"""The frame of a journal's file: a head, then records, each checked, that are only ever appended.

A record says up to where its file was safe on the disk when it was written. So the torn end that a
crash leaves, which no one was told of, and damage to what was promised can be told apart.
"""

import struct
import zlib
from collections.abc import Iterator
from enum import Enum

from eikona.domain.errors import ReplicaDamagedError

MAGIC = b"\x89EIKRAF\n"
VERSION = 1
_HEAD = struct.Struct("<8sHHIQ")  # magic, version, 0, checksum, number
HEAD_BYTES = _HEAD.size
_RECORD_MAGIC = b"EKRJ"
_RECORD = struct.Struct("<4sIIIQ")  # magic, bytes, checksum, kind, safe up to
MAX_RECORD_BYTES = 64 * 1024 * 1024


class RecordKind(Enum):
    """What a record of the journal tells."""

    HARD = 1
    ENTRY = 2
    MARK = 3


def pack_head(number: int) -> bytes:
    """Return what a journal's file begins with."""
    checksum = zlib.crc32(_HEAD.pack(MAGIC, VERSION, 0, 0, number))
    return _HEAD.pack(MAGIC, VERSION, 0, checksum, number)


def pack_record(kind: RecordKind, payload: bytes, safe: int) -> bytes:
    """Return one record."""
    checksum = zlib.crc32(payload, zlib.crc32(_RECORD.pack(b"", len(payload), 0, kind.value, safe)))
    return _RECORD.pack(_RECORD_MAGIC, len(payload), checksum, kind.value, safe) + payload


def read_records(data: bytes, name: str) -> tuple[list[tuple[RecordKind, bytes]], int]:
    """Return the whole records of a file, and where they end.

    Raises:
        ReplicaDamagedError: something that was safe on the disk is not what was written.
    """
    records = []
    place = HEAD_BYTES
    while (found := _record_at(data, place)) is not None:
        kind, payload, _, place = found
        records.append((kind, payload))
    if any(safe > place for safe in _later_promises(data, place)):
        raise ReplicaDamagedError(
            f"{name} is damaged at byte {place}: remove this node from the quorum, add it anew"
        )
    return records, place


def _later_promises(data: bytes, place: int) -> Iterator[int]:
    """Yield what the whole records behind a bad one say was safe."""
    at = data.find(_RECORD_MAGIC, place + 1)
    while at >= 0:
        found = _record_at(data, at)
        if found is not None:
            yield found[2]
        at = data.find(_RECORD_MAGIC, at + 1)


def _record_at(data: bytes, place: int) -> tuple[RecordKind, bytes, int, int] | None:
    """Return kind, payload, what was safe, and the end; None where no whole record begins."""
    if place + _RECORD.size > len(data):
        return None
    magic, length, checksum, kind, safe = _RECORD.unpack_from(data, place)
    end = place + _RECORD.size + length
    if magic != _RECORD_MAGIC or end > len(data):
        return None
    payload = data[place + _RECORD.size : end]
    if zlib.crc32(payload, zlib.crc32(_RECORD.pack(b"", length, 0, kind, safe))) != checksum:
        return None
    return RecordKind(kind), payload, safe, end
