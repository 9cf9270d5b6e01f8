"""The frame of a log: a head, then records, each checked, that are only ever appended.

``docs/bank-format.md`` is its description. A record says up to where the log was safe on the disk
when it was written. So what a crash has torn (the end, not yet safe) and what is damaged (anything
that was) can be told apart.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eikona.domain.errors import BankDamagedError, BankFormatError

MAGIC = b"\x89EIKLOG\n"
VERSION = 1
_HEAD = struct.Struct("<8sHHIQ8x")  # magic, version, 0, checksum, number
_HEAD_CHECKSUM_AT = 12
HEAD_BYTES = _HEAD.size
RECORD_MAGIC = b"EKLR"
_RECORD = struct.Struct("<4sIQII")  # magic, bytes, safe up to, checksum, 0
_RECORD_CHECKSUM_AT = 16
_ALIGNMENT = 8  # bytes: where a record may begin


@dataclass(frozen=True, slots=True)
class Parsed:
    """What stands in a log from some place on.

    Attributes:
        payloads: of the whole records, in order; marks have none.
        end: where the last of them ends.
        damaged: from and to where bytes are not what was written, before records that are whole.
    """

    payloads: list[bytes]
    end: int
    damaged: tuple[int, int] | None = None


def log_path(bank: Path, number: int) -> Path:
    """Return where a log stands."""
    return bank / f"log-{number:08d}.eik"


def pack_head(number: int) -> bytes:
    """Return what a log begins with."""
    packed = bytearray(_HEAD.pack(MAGIC, VERSION, 0, 0, number))
    struct.pack_into("<I", packed, _HEAD_CHECKSUM_AT, zlib.crc32(packed))
    return bytes(packed)


def check_head(data: memoryview, number: int, name: str) -> None:
    """Make sure that a log begins as it must.

    Raises:
        BankFormatError: it was written by a newer version.
        BankDamagedError: it is torn, changed, or something else.
    """
    head = bytes(data[:HEAD_BYTES])
    if len(head) < HEAD_BYTES or head[: len(MAGIC)] != MAGIC:
        raise BankDamagedError(f"{name} does not begin as a log does")
    version = _HEAD.unpack(head)[1]
    if version > VERSION:
        raise BankFormatError(f"{name} has format {version}, this Eikona reads {VERSION}: update")
    if head != pack_head(number):
        raise BankDamagedError(f"the head of {name} is damaged")


def pack_record(payload: bytes, safe: int) -> bytes:
    """Return one record.

    Args:
        payload: what it says; nothing in a mark, which only tells what is safe.
        safe: up to where the log is on the disk for good.
    """
    padded = payload + bytes(-len(payload) % _ALIGNMENT)
    packed = bytearray(_RECORD.pack(RECORD_MAGIC, len(payload), safe, 0, 0) + padded)
    struct.pack_into("<I", packed, _RECORD_CHECKSUM_AT, zlib.crc32(packed))
    return bytes(packed)


def parse_log(data: memoryview, *, start: int = HEAD_BYTES) -> Parsed:
    """Return the records up to the first that is not whole.

    Args:
        data: the log from ``start`` on.
        start: where a record begins in the file.
    """
    payloads, place = [], 0
    while (record := _record_at(data, place)) is not None:
        payload, place, _ = record
        if payload:
            payloads.append(payload)
    for later, (_, _, safe) in _records_after(data, place):
        if safe > start + place:
            return Parsed(payloads, start + place, (start + place, start + later))
    return Parsed(payloads, start + place)


def whole_records(data: memoryview) -> list[bytes]:
    """Return the payloads of all whole records of a damaged log.

    Args:
        data: the log behind its head.
    """
    return [payload for _, (payload, _, _) in _records_after(data, 0) if payload]


def _records_after(data: memoryview, place: int) -> Iterator[tuple[int, tuple[bytes, int, int]]]:
    """Yield whole records behind ``place``, with where they begin, however far away they are."""
    rest = bytes(data[place:])
    found = rest.find(RECORD_MAGIC)
    while found >= 0:
        record = _record_at(data, place + found) if found % _ALIGNMENT == 0 else None
        if record is not None:
            yield place + found, record
        found = rest.find(RECORD_MAGIC, found + 1 if record is None else record[1] - place)


def _record_at(data: memoryview, place: int) -> tuple[bytes, int, int] | None:
    """Return payload, end and what was safe; None where no whole record begins."""
    if place + _RECORD.size > len(data):
        return None
    magic, length, safe, checksum, _ = _RECORD.unpack_from(data, place)
    end = place + _RECORD.size + length + -length % _ALIGNMENT
    if magic != RECORD_MAGIC or end > len(data):
        return None
    unsealed = bytearray(data[place:end])
    unsealed[_RECORD_CHECKSUM_AT : _RECORD_CHECKSUM_AT + 4] = bytes(4)
    if zlib.crc32(unsealed) != checksum:
        return None
    return bytes(unsealed[_RECORD.size : _RECORD.size + length]), end, safe
