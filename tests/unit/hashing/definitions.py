# ruff: noqa: B905 -- all sequences here are of one length, and the definitions stay short
"""Every hash written out slowly from its definition, in whole numbers and plain Python.

Nothing here shares code with the product, not even NumPy. The same definitions make
``vectors/fingerprint.json``, to which other languages are held.
"""

import itertools
import math
from collections.abc import Sequence

Grid = list[list[int]]
SIDE = 256


def luma(pixel: Sequence[int]) -> int:
    red, green, blue = pixel
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16


def overlap(a0: int, a1: int, b0: int, b1: int) -> int:
    return max(0, min(a1, b1) - max(a0, b0))


def area_sums(grid: Grid, rows: int, columns: int) -> Grid:
    """Sums over rows x columns equal cells; a pixel at a rim counts by the area inside.

    Units: one pixel counts ``rows * columns`` when wholly inside.
    """
    height, width = len(grid), len(grid[0])
    down = [
        [overlap(i * height, (i + 1) * height, y * rows, (y + 1) * rows) for y in range(height)]
        for i in range(rows)
    ]
    across = [
        [overlap(j * width, (j + 1) * width, x * columns, (x + 1) * columns) for x in range(width)]
        for j in range(columns)
    ]
    narrowed = [[sum(w * v for w, v in zip(a, row) if w) for a in across] for row in grid]
    return [
        [sum(w * row[j] for w, row in zip(d, narrowed) if w) for j in range(columns)] for d in down
    ]


def plane(grid: Grid) -> Grid:
    area = len(grid) * len(grid[0])
    return [[(s + area // 2) // area for s in row] for row in area_sums(grid, SIDE, SIDE)]


def pack(bits: Sequence[bool]) -> bytes:
    return bytes(
        sum(bit << (7 - at) for at, bit in enumerate(bits[start : start + 8]))
        for start in range(0, len(bits), 8)
    )


def flatten(grid: Grid) -> list[int]:
    return [value for row in grid for value in row]


def above_mean(values: Sequence[int], among: Sequence[int] | None = None) -> bytes:
    among = values if among is None else among
    return pack([v * len(among) > sum(among) for v in values])


def above_median(values: Sequence[int]) -> bytes:
    ordered = sorted(values)
    twice = ordered[len(values) // 2 - 1] + ordered[len(values) // 2]
    return pack([2 * v > twice for v in values])


def ahash(p: Grid, side: int) -> bytes:
    return above_mean(flatten(area_sums(p, side, side)))


def mhash(p: Grid, side: int) -> bytes:
    return above_median(flatten(area_sums(p, side, side)))


def dhash(p: Grid, side: int) -> bytes:
    cells = area_sums(p, side, side + 1)
    return pack([right > left for row in cells for left, right in itertools.pairwise(row)])


def low_frequencies(p: Grid, kept: int) -> Grid:
    size = 4 * kept
    cells = area_sums(p, size, size)
    dct = [
        [
            round(2**14 * (math.cos(math.pi * k * (2 * i + 1) / (2 * size)) if k else 0.5**0.5))
            for i in range(size)
        ]
        for k in range(kept)
    ]
    half = [[sum(d * row[i] for i, d in enumerate(line)) for line in dct] for row in cells]
    return [[sum(d * half[i][k] for i, d in enumerate(line)) for k in range(kept)] for line in dct]


def phash(p: Grid, side: int) -> bytes:
    return above_median(flatten(low_frequencies(p, side)))


def phash_mean(p: Grid) -> bytes:
    low = low_frequencies(p, 8)
    return above_mean(flatten(low), flatten(low[1:]))


def forbild_grey(p: Grid) -> Grid:
    cells = area_sums(p, 64, 64)  # in units of 4096 a pixel, 16 pixels a cell
    weights = []
    for cell in range(8):
        away = [abs((k + 0.5) / 4 - (cell + 0.5)) for k in range(64)]
        gauss = [math.exp(-0.5 * (a / 0.5) ** 2) if a < 3 else 0.0 for a in away]
        line = [round(65536 * g / sum(gauss)) for g in gauss]
        line[4 * cell + 1] += 65536 - sum(line)
        weights.append(line)
    weights += [line[::-1] for line in reversed(weights)]
    across = [[sum(w * v for w, v in zip(line, row)) for line in weights] for row in cells]
    scale = 65536 * 65536 * 4096 * 16
    grey = [
        [
            (2 * sum(w * row[j] for w, row in zip(line, across)) + scale) // (2 * scale)
            for j in range(16)
        ]
        for line in weights
    ]
    quadrants = [
        (
            max(
                v
                for row in grey[8 * bottom : 8 * bottom + 8]
                for v in row[8 * right : 8 * right + 8]
            )
        )
        for right in (0, 1)
        for bottom in (0, 1)
    ]
    right, bottom = divmod(quadrants.index(max(quadrants)), 2)
    grey = [row[::-1] for row in grey] if right else grey
    return grey[::-1] if bottom else grey


def forbild(grey: Grid) -> bytes:
    bits = []
    for y, row in enumerate(grey):
        for x, value in enumerate(row):
            top, left = y // 8 * 8, x // 8 * 8
            quadrant = sorted(v for r in grey[top : top + 8] for v in r[left : left + 8])
            bits.append(value >= quadrant[32])
    return pack(bits)


def integer_hashes(p: Grid) -> dict[str, bytes]:
    """All hashes that are whole-number functions of the plane."""
    grey = forbild_grey(p)
    return {
        "ahash": ahash(p, 8),
        "ahash256": ahash(p, 16),
        "mhash": mhash(p, 8),
        "mhash256": mhash(p, 16),
        "dhash": dhash(p, 8),
        "dhash256": dhash(p, 16),
        "phash": phash(p, 8),
        "phash256": phash(p, 16),
        "phash-mean": phash_mean(p),
        "forbild": forbild(grey),
    }


def nmf(p: Grid) -> bytes:
    """Rings, quantile means, 60 updates of one factor each, scaled coefficients."""
    rings: list[list[int]] = [[] for _ in range(32)]
    for y, row in enumerate(p):
        for x, value in enumerate(row):
            squared = (2 * x - 255) ** 2 + (2 * y - 255) ** 2
            ring = (squared - 1) // 2048
            if ring < 32:
                rings[ring].append(value)
    matrix = [[1.0 + mean for mean in quantile_means(sorted(ring))] for ring in rings]  # [ring][q]
    base, rows = ([[v / 65536 for v in row] for row in factor] for factor in initial_factors())
    for _ in range(30):
        rows = updated(rows, base, lambda ring, quantile: matrix[ring][quantile])
        base = updated(base, rows, lambda quantile, ring: matrix[ring][quantile])
    scaled = [[v * sum(b) for v in row] for row, b in zip(rows, base)]
    top = max(max(row) for row in scaled)
    return bytes(int(v * 255 / top + 0.5) for row in scaled for v in row)


def initial_factors() -> tuple[Grid, Grid]:
    """Factors over quantiles and over rings, in 65536ths."""
    state, draws = 26, []
    for _ in range(128):
        state = (1664525 * state + 1013904223) % 2**32
        draws.append(state // 65536 + 1)
    return [draws[0:32], draws[32:64]], [draws[64:96], draws[96:128]]


def quantile_means(ordered: Sequence[int]) -> list[float]:
    each = [value for value in ordered for _ in range(32)]
    n = len(ordered)
    return [sum(each[q * n : (q + 1) * n]) / n for q in range(32)]


def updated(factor, other, value):
    """One multiplicative update of the divergence for ``factor``, both of shape [rank][n]."""
    ratio = [
        [value(n, m) / (factor[0][n] * other[0][m] + factor[1][n] * other[1][m]) for m in range(32)]
        for n in range(32)
    ]
    return [
        [f[n] * sum(o[m] * ratio[n][m] for m in range(32)) / sum(o) for n in range(32)]
        for f, o in zip(factor, other)
    ]
