"""Files of removed rows: each names rows of segments that no longer count."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.manifest import FileRow, tombstone_path
from eikona.adapters.bank.new_file import new_file
from eikona.domain.errors import BankDamagedError, BankFormatError

MAGIC = b"\x89EIKTOM\n"
VERSION = 1
_HEAD = struct.Struct("<8sHHIQ")  # magic, version, 0, checksum, pairs
_CHECKSUM_AT = 12
_PAIR = np.dtype([("segment", "<u4"), ("row", "<u4")])

Rows = Mapping[int, NDArray[np.uint32]]  # removed rows by number of their segment


def write_tombstones(bank: Path, number: int, rows: Rows, *, mode: int) -> FileRow:
    """Write one file.

    Raises:
        OSError: the disk is full or broken.
    """
    pairs = np.zeros(sum(map(len, rows.values())), _PAIR)
    pairs["segment"] = np.repeat(list(rows), list(map(len, rows.values())))
    pairs["row"] = np.concatenate(list(rows.values()))
    data = bytearray(_HEAD.pack(MAGIC, VERSION, 0, 0, len(pairs)) + pairs.tobytes())
    checksum = zlib.crc32(data)
    struct.pack_into("<I", data, _CHECKSUM_AT, checksum)
    with new_file(tombstone_path(bank, number), mode=mode) as file:
        file.write(data)
    return FileRow(number, len(pairs), len(data), checksum)


def read_tombstones(path: Path) -> tuple[NDArray[np.void], int]:
    """Return pairs of segment and row, and the file's checksum.

    Raises:
        FileNotFoundError: it does not exist.
        BankFormatError: it needs a newer version.
        BankDamagedError: it is torn, changed or something else.
    """
    data = bytearray(path.read_bytes())
    if len(data) < _HEAD.size or data[: len(MAGIC)] != MAGIC:
        raise BankDamagedError(f"{path.name} does not begin as tombstones do")
    _, version, _, checksum, count = _HEAD.unpack_from(data)
    if version > VERSION:
        raise BankFormatError(f"{path.name} has format {version}: update Eikona")
    struct.pack_into("<I", data, _CHECKSUM_AT, 0)
    if len(data) != _HEAD.size + count * _PAIR.itemsize or zlib.crc32(data) != checksum:
        raise BankDamagedError(f"{path.name} is damaged")
    return np.frombuffer(data, _PAIR, offset=_HEAD.size), checksum


def marked(number: int, rows: NDArray[np.uint32], count: int) -> NDArray[np.bool_]:
    """Return which of the ``count`` rows of a segment are removed.

    Raises:
        BankDamagedError: the segment of this number does not have one of them.
    """
    if len(rows) and int(rows.max()) >= count:
        raise BankDamagedError(f"a row is removed that segment {number} does not have")
    dead = np.zeros(count, np.bool_)
    dead[rows] = True
    return dead
