"""A picture at the size that its features are sought at: means down, cubic interpolation up."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.local_features import fitted_scale
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.imaging.picture import Luma
    from eikona.native.loader import Kernels

    Floats = NDArray[np.float32]

LEAST_SIDE = 12  # samples, however thin the picture
OVERSAMPLING = 1.5  # samples a fitted pixel, along each axis
_SHARPNESS = -0.5  # of the cubic
_CACHED_SIDES = 256


@dataclass(frozen=True, slots=True)
class Weights:
    """How the samples of one side are made of those of another.

    Attributes:
        first: the first input of each output, int32.
        shares: shape (outputs, taps), float32: what each input from the first on counts.
    """

    first: NDArray[np.int32]
    shares: Floats


def fit(luma: Luma, compiled: Kernels | None) -> Floats:
    """Return ``luma`` at 3/2 of its fitted size, float32."""
    height, width = luma.shape
    scale = fitted_scale(width, height) * OVERSAMPLING
    down = weights(height, max(LEAST_SIDE, round(height * scale)))
    across = weights(width, max(LEAST_SIDE, round(width * scale)))
    if compiled is not None:
        return _compiled_fit(compiled, luma, down, across)
    rows = _weighed(luma, down)
    return np.ascontiguousarray(_weighed(rows.T, across).T)


def _weighed(samples: NDArray[np.generic], by: Weights) -> Floats:
    """Weigh rows, one tap after the other."""
    out = np.zeros((len(by.first), samples.shape[1]), np.float32)
    for tap in range(by.shares.shape[1]):
        out += by.shares[:, tap, None] * samples[by.first + tap].astype(np.float32)
    return out


def _compiled_fit(compiled: Kernels, luma: Luma, down: Weights, across: Weights) -> Floats:
    luma = np.ascontiguousarray(luma)
    height, width = luma.shape
    out = np.empty((len(down.first), len(across.first)), np.float32)
    room = np.empty(width, np.float32)
    compiled.fit(
        *(address(luma), address(out), address(room)),
        *(address(down.first), address(down.shares), down.shares.shape[1]),
        *(address(across.first), address(across.shares), across.shares.shape[1]),
        *(height, width, *out.shape),
    )
    return out


@functools.lru_cache(_CACHED_SIDES)
def weights(inputs: int, outputs: int) -> Weights:
    """Return how ``outputs`` samples are made of ``inputs``."""
    if outputs < inputs:
        first, shares = _means(inputs, outputs)
    else:
        first, shares = _cubics(inputs, outputs)
    shares /= shares.sum(axis=1, keepdims=True)
    return Weights(first.astype(np.int32), np.ascontiguousarray(shares, np.float32))


def _means(inputs: int, outputs: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Weigh each input by the part of it inside, counted in ``outputs``-ths of an input."""
    begin = np.arange(outputs) * inputs
    taps = -(-inputs // outputs) + 1
    first = np.minimum(begin // outputs, inputs - taps)
    left = (first[:, None] + np.arange(taps)) * outputs
    end = (begin + inputs)[:, None]
    inside = np.minimum(left + outputs, end) - np.maximum(left, begin[:, None])
    return first, np.maximum(inside, 0).astype(np.float64)


def _cubics(inputs: int, outputs: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Weigh four inputs by their distance; those beyond the rim count for the rim."""
    doubled = (2 * np.arange(outputs) + 1) * inputs - outputs  # in 2 x outputs-ths of an input
    nearest = doubled // (2 * outputs)
    taps = min(4, inputs)
    first = np.clip(nearest - 1, 0, inputs - taps)
    shares = np.zeros((outputs, taps))
    for tap in range(-1, 3):
        away = np.abs((nearest + tap) * 2 * outputs - doubled) / (2 * outputs)
        at = np.clip(nearest + tap, 0, inputs - 1) - first
        shares[np.arange(outputs), at] += _cubic(away)
    return first, shares


def _cubic(away: NDArray[np.float64]) -> NDArray[np.float64]:
    a = _SHARPNESS
    near = ((a + 2) * away - (a + 3)) * away * away + 1
    far = a * (((away - 5) * away + 8) * away - 4)
    return np.where(away < 1, near, np.where(away < 2, far, 0.0))
