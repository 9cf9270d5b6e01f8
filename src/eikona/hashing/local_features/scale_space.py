"""The Gaussian scale space of a picture: octaves of six layers, each a factor more blurred."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.hashing.local_features.fitting import OVERSAMPLING
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.native.loader import Kernels

    Floats = NDArray[np.float32]

LAYERS = 6
INTERVALS = 3  # layers to a doubling
BASE_SIGMA = 1.6  # samples, of each octave's first layer
_BASE_BLUR = 0.5 * OVERSAMPLING  # samples that the picture is blurred by already
_REACH = 3.0  # standard deviations that a filter reaches
_HALVING_BLUR = 0.25  # squared samples that averaging two adds
_MOST_OCTAVES = 6
_LEAST_SIDE = 12  # samples of an octave
_LONGEST_TAPS = 16


@dataclass(frozen=True, slots=True)
class ScaleSpace:
    """All layers of one picture.

    Attributes:
        samples: one octave after the other, float32.
        octaves: shape (octaves, 3), int64: where an octave begins, height, width.
    """

    samples: Floats
    octaves: NDArray[np.int64]

    def octave(self, number: int) -> Floats:
        """Return the layers of one octave, shape (6, height, width)."""
        start, height, width = self.octaves[number].tolist()
        size = LAYERS * height * width
        return self.samples[start : start + size].reshape(LAYERS, height, width)


def layer_sigma(layer: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the blur of layers, fractions included, in samples of their octave."""
    return np.asarray(BASE_SIGMA * np.exp2(layer / INTERVALS))


def scale_space(fitted: Floats, compiled: Kernels | None) -> ScaleSpace:
    """Blur and halve a fitted picture again and again.

    Args:
        fitted: shape (height, width), float32, 0 to 255.
        compiled: kernels, where this process has them.
    """
    octaves, size = _layout(*fitted.shape)
    space = ScaleSpace(np.empty(size, np.float32), octaves)
    if compiled is not None:
        _compiled_octaves(compiled, fitted, space)
        return space
    for number in range(len(octaves)):
        layers = space.octave(number)
        if number == 0:
            layers[0] = _blurred(fitted, _filters()[0])
        else:
            layers[0] = _halved(space.octave(number - 1)[INTERVALS])
        for layer in range(1, LAYERS):
            line = layer if layer > 1 or number == 0 else LAYERS
            layers[layer] = _blurred(layers[layer - 1], _filters()[line])
    return space


def _compiled_octaves(compiled: Kernels, fitted: Floats, space: ScaleSpace) -> None:
    room = np.empty(fitted.shape[1] + 2 * _LONGEST_TAPS, np.float32)
    rest = address(_filters()), address(room)
    compiled.first_octave(address(fitted), address(space.octave(0)), *rest, *fitted.shape)
    for number in range(1, len(space.octaves)):
        before = space.octave(number - 1)
        layers = space.octave(number)
        compiled.next_octave(address(before), address(layers), *rest, *before.shape[1:])


def _layout(height: int, width: int) -> tuple[NDArray[np.int64], int]:
    """Return where the octaves lie, and how many samples all have."""
    octaves: list[tuple[int, int, int]] = []
    start = 0
    while not octaves or (len(octaves) < _MOST_OCTAVES and min(height, width) >= _LEAST_SIDE):
        octaves.append((start, height, width))
        start += LAYERS * height * width
        height, width = height // 2, width // 2
    return np.array(octaves, np.int64), start


@functools.cache
def _filters() -> Floats:
    """Return a line for each filter: how many taps, the middle one, those to either side.

    The first makes a fitted picture the first layer, each further one a layer the next; the last
    does that for a first layer that was halved.
    """
    sigmas = [BASE_SIGMA * 2 ** (layer / INTERVALS) for layer in range(LAYERS)]
    halved = (sigmas[INTERVALS] ** 2 + _HALVING_BLUR) / 4
    squares = [
        sigmas[0] ** 2 - _BASE_BLUR**2,
        *(after**2 - before**2 for before, after in itertools.pairwise(sigmas)),
        sigmas[1] ** 2 - halved,
    ]
    lines = np.zeros((len(squares), 1 + _LONGEST_TAPS), np.float32)
    for line, square in zip(lines, squares, strict=True):
        radius = math.ceil(_REACH * math.sqrt(square) - 0.5)
        taps = np.exp(-0.5 * np.arange(radius + 1) ** 2 / square)
        line[0] = radius + 1
        line[1 : radius + 2] = taps / (2 * taps.sum() - taps[0])
    return lines


def _blurred(samples: Floats, line: Floats) -> Floats:
    """Filter columns, then rows; the rim is repeated, and samples at one distance added first."""
    taps = line[1 : 1 + int(line[0])]
    return np.ascontiguousarray(_filtered(_filtered(samples, taps).T, taps).T)


def _filtered(samples: Floats, taps: Floats) -> Floats:
    rows = np.arange(len(samples))
    out = taps[0] * samples
    for away in range(1, len(taps)):
        above, below = np.maximum(rows - away, 0), np.minimum(rows + away, len(samples) - 1)
        out += taps[away] * (samples[above] + samples[below])
    return np.asarray(out)


def _halved(samples: Floats) -> Floats:
    """Average 2 x 2 samples; an odd last row or column is left out."""
    height, width = samples.shape[0] // 2, samples.shape[1] // 2
    a, b = samples[0 : 2 * height : 2], samples[1 : 2 * height : 2]
    left, right = slice(0, 2 * width, 2), slice(1, 2 * width, 2)
    quarter = np.float32(0.25)
    return np.asarray(quarter * ((a[:, left] + a[:, right]) + (b[:, left] + b[:, right])))
