"""Grey pictures from integer formulas, the same wherever they are drawn."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def _axes(width: int, height: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return x of shape (1, width) and y of shape (height, 1)."""
    return np.arange(width)[np.newaxis, :], np.arange(height)[:, np.newaxis]


def flat(width: int, height: int, level: int) -> Grey:
    return np.full((height, width), level, np.uint8)


def ramp(width: int, height: int, right: int, down: int) -> Grey:
    """Brighter by ``right`` and ``down`` 256ths of a level per pixel, clipped at white."""
    x, y = _axes(width, height)
    return np.minimum((right * x + down * y) // 256, 255).astype(np.uint8)


def noise(width: int, height: int, seed: int) -> Grey:
    """One linear congruential generator per row, its highest byte at each step."""
    state = (np.arange(height, dtype=np.uint64) * 2654435761 + seed) & 0xFFFFFFFF
    plane = np.empty((height, width), np.uint8)
    for column in range(-8, width):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        if column >= 0:
            plane[:, column] = state >> np.uint64(24)
    return plane


def coins(width: int, height: int, seed: int) -> Grey:
    """Black and white pixels, half of each."""
    return (noise(width, height, seed) >> 7) * np.uint8(255)


def checkers(width: int, height: int, side: int) -> Grey:
    x, y = _axes(width, height)
    return ((x // side + y // side) % 2 * 255).astype(np.uint8)


def disc(width: int, height: int, level: int) -> Grey:
    """A disc that touches the nearer edges, on black."""
    x, y = _axes(width, height)
    distance = (2 * x - width + 1) ** 2 + (2 * y - height + 1) ** 2
    return ((distance < min(width, height) ** 2) * level).astype(np.uint8)


def waves(width: int, height: int) -> Grey:
    """Bowed triangular waves with a little noise: smooth parts, edges and texture."""
    x, y = _axes(width, height)
    phase = (5 * x + 3 * y + x * y // 40 + y * y // 90) % 400
    levels = np.minimum(phase, 400 - phase) + noise(width, height, 77) // 16
    return levels.astype(np.uint8)


def mirrored(width: int, height: int, seed: int) -> Grey:
    """Left-right symmetric noise."""
    left = noise((width + 1) // 2, height, seed)
    return np.hstack((left, left[:, ::-1][:, width % 2 :]))


def fourfold(width: int, height: int, seed: int) -> Grey:
    """Noise that both mirrors keep."""
    top = mirrored(width, (height + 1) // 2, seed)
    return np.vstack((top, top[::-1][height % 2 :]))


def transposable(side: int, seed: int) -> Grey:
    """Noise that the transpose keeps."""
    square = noise(side, side, seed)
    return np.maximum(square, square.T)


PICTURES: dict[str, Callable[[], Grey]] = {
    "pixel-1x1": lambda: flat(1, 1, 200),
    "tiny-3x5": lambda: noise(3, 5, 1),
    "tiny-2x2": lambda: noise(2, 2, 9),
    "row-64x1": lambda: noise(64, 1, 2),
    "column-1x50": lambda: noise(1, 50, 3),
    "flat-black-40x30": lambda: flat(40, 30, 0),
    "flat-grey-33x47": lambda: flat(33, 47, 129),
    "flat-white-64x64": lambda: flat(64, 64, 255),
    "ramp-right-64x48": lambda: ramp(64, 48, 1020, 0),
    "ramp-down-51x99": lambda: ramp(51, 99, 0, 600),
    "ramp-both-123x77": lambda: ramp(123, 77, 300, 330),
    "ramp-clipped-200x100": lambda: ramp(200, 100, 700, 900),
    "noise-8x8": lambda: noise(8, 8, 10),
    "noise-97x61": lambda: noise(97, 61, 11),
    "noise-256x256": lambda: noise(256, 256, 12),
    "coins-64x64": lambda: coins(64, 64, 13),
    "coins-150x90": lambda: coins(150, 90, 14),
    "checkers-64x64": lambda: checkers(64, 64, 8),
    "checkers-70x50": lambda: checkers(70, 50, 5),
    "checkers-32x32": lambda: checkers(32, 32, 1),
    "disc-101x101": lambda: disc(101, 101, 255),
    "disc-120x80": lambda: disc(120, 80, 180),
    "mirrored-80x60": lambda: mirrored(80, 60, 15),
    "mirrored-75x64": lambda: mirrored(75, 64, 16),
    "fourfold-64x64": lambda: fourfold(64, 64, 17),
    "fourfold-111x55": lambda: fourfold(111, 55, 18),
    "transposable-90x90": lambda: transposable(90, 19),
    "waves-portrait-120x310": lambda: waves(120, 310),
    "waves-500x375": lambda: waves(500, 375),
    "waves-700x500": lambda: waves(700, 500),
    "waves-1100x1030": lambda: waves(1100, 1030),
}
