"""Local features: marked places of one picture, each with what its surroundings look like.

Coordinates run from the left and top edge of the upright picture; the middle of its first pixel is
at (0.5, 0.5). Angles run from right to down.
"""

import struct
import sys
from array import array
from dataclasses import dataclass, field

from eikona.domain.errors import InvalidFingerprintError
from eikona.domain.fingerprint import AlgorithmId

LOCAL_FEATURES = AlgorithmId("local", 1)
MOST_FEATURES = 300
CODE_BYTES = 16
GEOMETRY_BYTES = 8
MARGIN_BYTES = 128
PLACE_STEPS = 1 << 16  # along the width, and along the height
TURN_STEPS = 1 << 16  # in a full turn
SIZE_STEPS = 1 << 12  # in a doubling of the size
SIZE_OFFSET = 2  # doublings below one pixel that a size can be

LONGEST_SIDE = 384  # pixels that a picture is reduced to
SHORTEST_LONG_SIDE = 256  # pixels that a small one is enlarged to

_HEAD = struct.Struct("<BxHII")  # version, features, width, height
_CELLS = 4  # of a code, along each side
_DIRECTIONS = 8  # of a cell, its bits: one byte
# In a mirror directions run the other way round: bit k of a cell becomes bit -k.
_MIRRORED_CELL = bytes(
    sum(1 << (7 - k) for k in range(8) if cell >> (7 - (-k) % 8) & 1) for cell in range(256)
)


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """Local features of one picture, in the order in which they were chosen.

    Attributes:
        width: of the upright picture in pixels, before any reduction.
        height: likewise.
        codes: 16 bytes a feature: 4 x 4 cells, row by row, one byte a cell, one bit a direction.
        geometry: 8 bytes a feature, four numbers of 16 bits, the lowest byte first: x and y in
            65536ths of width and height, the size in 4096ths of a doubling from a fourth of a
            fitted pixel on, the angle in 65536ths of a turn.
        margins: 128 bytes a feature: how far each value is from the median that its bit tells it
            from. Of pictures that are looked for; empty where only codes are known.
    """

    width: int
    height: int
    codes: bytes = field(repr=False)
    geometry: bytes = field(repr=False)
    margins: bytes = field(default=b"", repr=False)

    def __len__(self) -> int:
        return len(self.codes) // CODE_BYTES

    @property
    def scale(self) -> float:
        """Fitted pixels a pixel of the picture: features are sought and compared at that size."""
        return fitted_scale(self.width, self.height)

    def place(self, number: int) -> tuple[float, float]:
        """Return x and y of a feature in pixels of the upright picture."""
        x, y, _, _ = struct.unpack_from("<4H", self.geometry, number * GEOMETRY_BYTES)
        return (
            (x + 0.5) / PLACE_STEPS * self.width,
            (y + 0.5) / PLACE_STEPS * self.height,
        )

    def mirrored(self) -> "LocalFeatures":
        """Return the features that the picture has when left and right are exchanged.

        Each feature keeps its own frame, whose first axis is its angle; the second one turns over.
        So the rows of its cells change places, directions run backwards, and nothing is computed
        from pixels.
        """
        codes = bytearray(len(self.codes))
        turned = self.codes.translate(_MIRRORED_CELL)
        for cell in range(CODE_BYTES):
            codes[cell::CODE_BYTES] = turned[_opposite(cell) :: CODE_BYTES]
        margins = bytearray(len(self.margins))
        if margins:
            for bit in range(MARGIN_BYTES):
                cell, direction = divmod(bit, _DIRECTIONS)
                origin = _opposite(cell) * _DIRECTIONS + (-direction) % _DIRECTIONS
                margins[bit::MARGIN_BYTES] = self.margins[origin::MARGIN_BYTES]
        numbers = _shorts(self.geometry)
        numbers[0::4] = array("H", [PLACE_STEPS - 1 - x for x in numbers[0::4]])
        half = TURN_STEPS // 2
        numbers[3::4] = array("H", [(half - angle) % TURN_STEPS for angle in numbers[3::4]])
        return LocalFeatures(
            self.width,
            self.height,
            bytes(codes),
            _shorts(numbers.tobytes()).tobytes(),
            bytes(margins),
        )

    def to_bytes(self) -> bytes:
        """Return all but the margins, which only a search needs: at most 7212 bytes."""
        head = _HEAD.pack(LOCAL_FEATURES.version, len(self), self.width, self.height)
        return head + self.codes + self.geometry

    @classmethod
    def from_bytes(cls, data: bytes) -> "LocalFeatures":
        """Return what ``to_bytes`` was called on, without margins.

        Raises:
            InvalidFingerprintError: the bytes are of another version or cut short.
        """
        if len(data) < _HEAD.size or data[0] != LOCAL_FEATURES.version:
            msg = f"no local features of version {LOCAL_FEATURES.version}: add the picture again"
            raise InvalidFingerprintError(msg)
        _, count, width, height = _HEAD.unpack_from(data)
        cut = _HEAD.size + count * CODE_BYTES
        whole = cut + count * GEOMETRY_BYTES
        if len(data) != whole or count > MOST_FEATURES or not width or not height:
            msg = f"damaged local features, {len(data)} bytes for {count}: add the picture again"
            raise InvalidFingerprintError(msg)
        return cls(width, height, bytes(data[_HEAD.size : cut]), bytes(data[cut:]))


def fitted_scale(width: int, height: int) -> float:
    """Return the factor to the size that features are sought at."""
    longer = max(width, height)
    return min(LONGEST_SIDE / longer, max(1.0, SHORTEST_LONG_SIDE / longer))


def _opposite(cell: int) -> int:
    """Return the cell in the same column, as far from the other end."""
    row, column = divmod(cell, _CELLS)
    return (_CELLS - 1 - row) * _CELLS + column


def _shorts(data: bytes) -> "array[int]":
    """Return numbers of 16 bits, from or to the lowest byte first."""
    numbers = array("H", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
