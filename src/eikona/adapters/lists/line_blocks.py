"""Reads text by lines without trusting their length."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST_LINE_BYTES = 1 << 22  # an entry with the longest name, hash and text stays below
_BLOCK_BYTES = 1 << 22
_BOM = b"\xef\xbb\xbf"
TOO_LONG = f"longer than {MOST_LINE_BYTES >> 20} MiB: no entry is"


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Some lines, without their ends.

    Attributes:
        first: number of the first one, from 1.
        lines: UTF-8; bytes that are none as surrogates. One that is too long is None.
    """

    first: int
    lines: list[str | None]


def line_blocks(file: BinaryIO) -> Iterator[LineBlock]:
    """Yield the lines of a file, some thousands at once, without a byte order mark.

    Memory stays bounded whatever is in the file.
    """
    number, rest, skipping = 1, b"", False
    is_first = True
    while block := file.read(_BLOCK_BYTES):
        if is_first:
            block, is_first = block.removeprefix(_BOM), False
        if skipping:
            end = block.find(b"\n")
            if end < 0:
                continue
            yield LineBlock(number, [None])
            number, block, skipping = number + 1, block[end + 1 :], False
        whole, ended, rest = (rest + block).rpartition(b"\n")
        if ended:
            lines = _decoded(whole)
            yield LineBlock(number, lines)
            number += len(lines)
        if len(rest) > MOST_LINE_BYTES:
            rest, skipping = b"", True
    if skipping:
        yield LineBlock(number, [None])
    elif rest:
        yield LineBlock(number, _decoded(rest))


def _decoded(data: bytes) -> list[str | None]:
    text = data.decode("utf-8", "surrogateescape")
    lines: list[str | None] = [*text.split("\n")]
    if len(data) > MOST_LINE_BYTES:
        return [line if line is None or len(line) <= MOST_LINE_BYTES else None for line in lines]
    return lines


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, str | None]]:
    """Yield every line with its number; one that is too long is None."""
    for block in line_blocks(file):
        yield from enumerate(block.lines, block.first)
