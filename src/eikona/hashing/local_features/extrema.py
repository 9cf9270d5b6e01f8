"""Places where differences between layers peak in space and scale: blobs and corners.

Source: Lowe 2004, sections 3 and 4; refinement after Brown and Lowe 2002.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.hashing.local_features.scale_space import INTERVALS, LAYERS
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.hashing.local_features.scale_space import ScaleSpace
    from eikona.native.loader import Kernels

    Floats = NDArray[np.float64]
    Numbers = NDArray[np.int64]

CONTRAST = 0.003 / INTERVALS * 255  # levels of a difference at its peak
_FIRST_CONTRAST = np.float32(0.5 * CONTRAST)  # of the sample nearest to the peak
_EDGE = 20.0  # ratio of curvatures from which a peak is an edge
_BORDER = 5  # samples
_STEPS = 5  # of refinement
_FIELDS = 5
_LINES = 31  # of samples that the kernel works on
_MOST = 1 << 16  # peaks of a picture; noise has a quarter of them
_LIMITS = np.array([_FIRST_CONTRAST, CONTRAST, _EDGE, _BORDER, _STEPS], np.float64)


@dataclass(frozen=True, slots=True)
class Extrema:
    """Peaks of one picture; every attribute has one value for each.

    Attributes:
        octave: number of the octave.
        layer: nearest layer.
        x: in samples of the octave, from the middle of the first.
        y: likewise.
        level: the layer with its fraction.
        response: levels of the difference at the peak, without sign.
    """

    octave: Numbers
    layer: Numbers
    x: Floats
    y: Floats
    level: Floats
    response: Floats

    def __len__(self) -> int:
        return len(self.x)


def extrema(space: ScaleSpace, compiled: Kernels | None) -> Extrema:
    """Return the distinct peaks of a scale space, octave by octave, row by row."""
    find = _of_octave if compiled is None else _Compiled(compiled, space.octave(0).shape[2])
    rows = [find(space.octave(number)) for number in range(len(space.octaves))]
    layer, x, y, level, response = np.concatenate(rows).T
    octave = np.repeat(np.arange(len(rows)), [len(peaks) for peaks in rows])
    return Extrema(octave, layer.astype(np.int64), x, y, level, response)


class _Compiled:
    """The kernel, with room for its work on octaves up to a width."""

    def __init__(self, compiled: Kernels, width: int) -> None:
        self._kernel = compiled.extrema
        self._room = np.empty(_LINES * width, np.float32)
        self._mask = np.zeros(width, np.uint8)
        self._places = np.empty((_MOST, 3), np.int32)
        self._out = np.empty((_MOST, _FIELDS))

    def __call__(self, layers: NDArray[np.float32]) -> Floats:
        """Return what ``_of_octave`` does."""
        found = np.zeros(1, np.int64)
        self._kernel(
            *(address(layers), address(_LIMITS), address(self._room), address(self._mask)),
            *(address(self._places), address(self._out), address(found)),
            *(_MOST, *layers.shape[1:]),
        )
        return self._out[: int(found[0])].copy()


def _of_octave(layers: NDArray[np.float32]) -> Floats:
    """Return layer, x, y, level and response of distinct peaks."""
    differences = layers[1:] - layers[:-1]
    return _refined(differences.astype(np.float64), _candidates(differences)[:_MOST])


def _candidates(differences: NDArray[np.float32]) -> Numbers:
    """Return (layer, y, x) of samples that none of 26 neighbours exceeds, row by row."""
    _, height, width = differences.shape
    if min(height, width) <= 2 * _BORDER:
        return np.zeros((0, 3), np.int64)
    middle = differences[1:-1, 1:-1, 1:-1]
    highest, lowest = middle.copy(), middle.copy()
    for above, down, right in itertools.product(range(3), repeat=3):
        rows, columns = slice(down, down + height - 2), slice(right, right + width - 2)
        near = differences[above : above + INTERVALS, rows, columns]
        np.maximum(highest, near, out=highest)
        np.minimum(lowest, near, out=lowest)
    peak = (middle == highest) & (middle > _FIRST_CONTRAST)
    peak |= (middle == lowest) & (middle < -_FIRST_CONTRAST)
    y, layer, x = np.nonzero(peak.transpose(1, 0, 2))
    found = np.column_stack([layer, y, x]) + 1
    return found[_inside(found, height, width)]


def _inside(places: Numbers, height: int, width: int) -> NDArray[np.bool_]:
    layer, y, x = places.T
    inside = (layer >= 1) & (layer <= INTERVALS) & (y >= _BORDER) & (y < height - _BORDER)
    return np.asarray(inside & (x >= _BORDER) & (x < width - _BORDER))


def _refined(differences: Floats, places: Numbers) -> Floats:
    """Return layer, x, y, level and response of the candidates that are distinct peaks."""
    _, height, width = differences.shape
    rows = np.zeros((len(places), 5))
    distinct = np.zeros(len(places), np.bool_)
    pending = np.arange(len(places))
    places = places.copy()
    for _ in range(_STEPS):
        at = places[pending]
        step, response, is_blob = _parabola(differences, at)
        near = (np.abs(step) < 0.5).all(axis=1)
        done = pending[near]
        rows[done, 0] = places[done, 0]
        rows[done, 1:4] = at[near][:, ::-1] + step[near]
        rows[done, 4] = response[near]
        distinct[done] = is_blob[near]
        sane = ~near & (np.abs(step) < (width, height, LAYERS)).all(axis=1)
        pending = pending[sane]
        places[pending] += np.floor(step[sane][:, ::-1] + 0.5).astype(np.int64)
        pending = pending[_inside(places[pending], height, width)]
    return rows[distinct]


def _parabola(differences: Floats, places: Numbers) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the way to the peak (x, y, layer), the response there, and whether it is a blob."""
    layer, y, x = places.T

    def at(layers: int, down: int, across: int) -> Floats:
        return np.asarray(differences[layer + layers, y + down, x + across])

    value = at(0, 0, 0)
    gx = 0.5 * (at(0, 0, 1) - at(0, 0, -1))
    gy = 0.5 * (at(0, 1, 0) - at(0, -1, 0))
    gs = 0.5 * (at(1, 0, 0) - at(-1, 0, 0))
    xx = (at(0, 0, 1) + at(0, 0, -1)) - 2 * value
    yy = (at(0, 1, 0) + at(0, -1, 0)) - 2 * value
    ss = (at(1, 0, 0) + at(-1, 0, 0)) - 2 * value
    xy = 0.25 * ((at(0, 1, 1) - at(0, 1, -1)) - (at(0, -1, 1) - at(0, -1, -1)))
    xs = 0.25 * ((at(1, 0, 1) - at(1, 0, -1)) - (at(-1, 0, 1) - at(-1, 0, -1)))
    ys = 0.25 * ((at(1, 1, 0) - at(1, -1, 0)) - (at(-1, 1, 0) - at(-1, -1, 0)))
    # Cramer's rule
    a, b, c = yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy
    d, e, f = xx * ss - xs * xs, xy * xs - xx * ys, xx * yy - xy * xy
    determinant = xx * a + xy * b + xs * c
    with np.errstate(divide="ignore", invalid="ignore"):  # of level places, which are dropped
        dx = -(gx * a + gy * b + gs * c) / determinant
        dy = -(gx * b + gy * d + gs * e) / determinant
        ds = -(gx * c + gy * e + gs * f) / determinant
        response = np.abs(value + 0.5 * (gx * dx + gy * dy + gs * ds))
    trace = xx + yy
    is_blob = (response >= CONTRAST) & (f > 0)
    is_blob &= trace * trace * _EDGE < (_EDGE + 1) ** 2 * f
    return np.column_stack([dx, dy, ds]), response, is_blob
