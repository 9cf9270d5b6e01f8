"""The frame of a segment file, byte by byte: head, section table, checksums, footer.

``docs/bank-format.md`` is its description; all numbers are little-endian.
"""

import struct
import zlib
from dataclasses import dataclass

from eikona.domain.errors import BankDamagedError, BankFormatError

MAGIC = b"\x89EIKSEG\n"  # a byte that no text has, and a line end that a text copy would change
SEAL = b"EIKSEAL\n"
VERSION = 1
ALIGNMENT = 64  # bytes: a cache line
BLOCK_BYTES = 1 << 16  # what one checksum is of
MOST_ROWS = (1 << 32) - 1
MUST_UNDERSTAND = 1  # flag of a section: who does not know its kind must not read the segment

_HEAD = struct.Struct("<8sHHIQQQII16x")
_CHECKSUM_AT = 12  # where the head keeps its own
_SECTION = struct.Struct("<16s48sQQII8x")
_FOOTER = struct.Struct("<8sQII")
FOOTER_BYTES = _FOOTER.size


@dataclass(frozen=True, slots=True)
class Section:
    """One row of the section table.

    Attributes:
        kind: what the bytes are.
        algorithm: ``name@version`` of the hash they belong to, or empty.
        offset: where they begin in the file.
        length: how many bytes.
        element: bytes that each entry has of it, 0 where they vary.
        flags: ``MUST_UNDERSTAND`` or 0.
    """

    kind: str
    algorithm: str
    offset: int
    length: int
    element: int
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the data of a segment.

    Attributes:
        rows: entries.
        sections: the section table.
        checksums: CRC-32 of each block of the data.
        start: where the data begin.
        end: where they end and the footer begins.
    """

    rows: int
    sections: tuple[Section, ...]
    checksums: tuple[int, ...]
    start: int
    end: int

    @property
    def file_bytes(self) -> int:
        """Length of the whole file."""
        return self.end + FOOTER_BYTES

    def block(self, number: int) -> tuple[int, int]:
        """Return where a block of the data begins and ends."""
        first = self.start + number * BLOCK_BYTES
        return first, min(first + BLOCK_BYTES, self.end)


def aligned(place: int) -> int:
    """Return the next place where a section may begin."""
    return -(-place // ALIGNMENT) * ALIGNMENT


def blocks_of(data_bytes: int) -> int:
    """Return how many checksums so many bytes have."""
    return -(-data_bytes // BLOCK_BYTES)


def data_start(sections: int, blocks: int) -> int:
    """Return where the data begin behind a head of so many sections and checksums."""
    return aligned(_HEAD.size + sections * _SECTION.size + 4 * blocks)


def pack_head(head: Head) -> bytes:
    """Return the bytes before the data."""
    table = b"".join(
        _SECTION.pack(
            one.kind.encode(),
            one.algorithm.encode(),
            one.offset,
            one.length,
            one.element,
            one.flags,
        )
        for one in head.sections
    )
    fixed = _HEAD.pack(
        *(MAGIC, VERSION, len(head.sections), 0, head.rows, head.start, head.end),
        *(BLOCK_BYTES, len(head.checksums)),
    )
    checksums = struct.pack(f"<{len(head.checksums)}I", *head.checksums)
    packed = bytearray((fixed + table + checksums).ljust(head.start, b"\0"))
    struct.pack_into("<I", packed, _CHECKSUM_AT, zlib.crc32(packed))
    return bytes(packed)


def head_checksum(packed: bytes) -> int:
    """Return the checksum that a packed head carries."""
    checksum: int = struct.unpack_from("<I", packed, _CHECKSUM_AT)[0]
    return checksum


def pack_footer(head: Head, checksum: int) -> bytes:
    """Return the bytes that seal a segment: its length and its head's checksum, checked."""
    body = _FOOTER.pack(SEAL, head.file_bytes, checksum, 0)[:-4]
    return body + struct.pack("<I", zlib.crc32(body))


def parse_head(data: memoryview, name: str) -> tuple[Head, int]:
    """Return the head that ``data`` begins with, and its checksum.

    Args:
        data: the file, or more than its head.
        name: what to call it in errors.

    Raises:
        BankFormatError: it was written by a newer version.
        BankDamagedError: it is torn, changed, or something else.
    """
    if len(data) < _HEAD.size or bytes(data[: len(MAGIC)]) != MAGIC:
        raise BankDamagedError(f"{name} does not begin as a segment does")
    _, version, count, checksum, rows, start, end, block_bytes, blocks = _HEAD.unpack_from(data)
    if version > VERSION:
        raise BankFormatError(f"{name} has format {version}, this Eikona reads {VERSION}: update")
    table_end = _HEAD.size + count * _SECTION.size
    if not table_end + 4 * blocks <= start <= len(data):
        raise BankDamagedError(f"{name} ends within its head")
    unsealed = bytearray(data[:start])
    unsealed[_CHECKSUM_AT : _CHECKSUM_AT + 4] = bytes(4)
    if zlib.crc32(unsealed) != checksum:
        raise BankDamagedError(f"the head of {name} is damaged")
    head = Head(
        rows=rows,
        sections=_sections(data[_HEAD.size : table_end]),
        checksums=struct.unpack_from(f"<{blocks}I", data, table_end),
        start=start,
        end=end,
    )
    if block_bytes != BLOCK_BYTES or not _consistent(head):
        raise BankDamagedError(f"the head of {name} contradicts itself")
    return head, checksum


def check_footer(data: memoryview, head: Head, checksum: int, name: str) -> None:
    """Make sure that a segment was written to its end.

    Raises:
        BankDamagedError: it was not, or bytes follow.
    """
    if len(data) != head.file_bytes:
        raise BankDamagedError(f"{name} has {len(data)} bytes instead of {head.file_bytes}")
    if bytes(data[head.end :]) != pack_footer(head, checksum):
        raise BankDamagedError(f"the footer of {name} is damaged")


def damaged_blocks(data: memoryview, head: Head) -> list[int]:
    """Return the numbers of the data blocks that are not what was written."""
    return [
        number
        for number, checksum in enumerate(head.checksums)
        if zlib.crc32(data[slice(*head.block(number))]) != checksum
    ]


def _sections(table: memoryview) -> tuple[Section, ...]:
    return tuple(
        Section(
            bytes(kind).rstrip(b"\0").decode("ascii", "replace"),
            bytes(algorithm).rstrip(b"\0").decode("ascii", "replace"),
            *numbers,
        )
        for kind, algorithm, *numbers in _SECTION.iter_unpack(table)
    )


def _consistent(head: Head) -> bool:
    within = all(
        one.offset % ALIGNMENT == 0
        and head.start <= one.offset <= one.offset + one.length <= head.end
        for one in head.sections
    )
    return within and len(head.checksums) == blocks_of(head.end - head.start)
