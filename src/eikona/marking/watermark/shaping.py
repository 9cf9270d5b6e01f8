"""Chooses, for one picture, the mark that it resists least, and draws it at any strength.

A reader finds the tile wherever it begins and however it is turned, so a writer may begin and turn
it as it likes: of 32,768 ways, the one is taken in which the picture itself says most of what the
mark is to say. That is worth about 2 dB and costs nothing. A little of what the picture still says
against it is taken away.

Source: Malvar and Florêncio, "Improved spread spectrum", 2003, for the second; the first is the
choice among equivalent signals of Miller, Cox and Bloom, "Informed embedding", 2000.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.canvas import Canvas, enlarged
from eikona.marking.watermark.folding import evidence_of
from eikona.marking.watermark.masking import hidden_amplitude
from eikona.marking.watermark.tile import POSES, SHIFTS, TILES, Tile, waves_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TAKEN_AWAY = 0.2  # of what the picture says against the mark
_MOST_TAKEN = 0.3  # of the mark's energy
_PASSED = 0.9  # of a wave's amplitude, through the canvas's own filter
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Shape:
    """A mark for one picture, at strength 1.

    Attributes:
        wanted: coefficients of the waves that carry it; drawn, their root mean square is 1.
        against: coefficients that cancel a part of the picture's own, in levels.
        hidden: levels that go unseen at each place of the canvas.
        pose: how the tile is turned.
    """

    wanted: NDArray[np.complex128]
    against: NDArray[np.complex128]
    hidden: NDArray[np.float32]
    pose: int

    @property
    def unseen(self) -> float:
        """The root mean square, in levels, that strength 1 gives."""
        return math.sqrt(float(np.mean(self.hidden**2)))

    def waves(self, strength: float) -> NDArray[np.complex128]:
        """Return the coefficients at ``strength``, to be drawn and multiplied by ``hidden``."""
        scale = math.sqrt(_MOST_TAKEN) * strength / max(_energy(self.against) ** 0.5, _LEAST)
        against = self.against * min(1.0, scale)
        a, b = _energy(self.wanted), _product(self.wanted, against)
        c = _energy(against) - strength**2
        much = (-b + math.sqrt(max(b * b - a * c, 0.0))) / a
        waves: NDArray[np.complex128] = much * self.wanted + against
        return waves


def shape_for(canvas: Canvas, message: NDArray[np.complex128], tile: Tile) -> Shape:
    """Choose how ``message`` lies in the picture of ``canvas``."""
    rows, columns = canvas.luma.shape
    side = min(rows, columns) / TILES
    waves = waves_on(range(rows), range(columns), (side, side))
    heard = waves.measured(evidence_of(canvas).weighted, tile)
    pose, wanted = _easiest(tile.levelled(heard), message, tile)
    hidden = hidden_amplitude(canvas)
    passed = float(np.sum(hidden / canvas.around)) * _PASSED
    against = -_TAKEN_AWAY / passed * waves.measured(canvas.fine, tile)
    return Shape(wanted / math.sqrt(_energy(wanted)), against, hidden, pose)


def _easiest(
    heard: NDArray[np.complex128], message: NDArray[np.complex128], tile: Tile
) -> tuple[int, NDArray[np.complex128]]:
    """Return the pose, and the waves in it and at a shift, that ``heard`` agrees with most."""
    rows, columns = tile.layout.down % SHIFTS, tile.layout.across % SHIFTS
    turned = [tile.in_pose(message, pose) for pose in range(POSES)]
    spectra = np.zeros((POSES, SHIFTS, SHIFTS), np.complex128)
    for pose, waves in enumerate(turned):
        spectra[pose, rows, columns] = np.conj(heard) * waves
    agreement = np.fft.ifft2(spectra).real
    best, down, across = map(int, np.unravel_index(agreement.argmax(), agreement.shape))
    return best, tile.moved(turned[best], across / SHIFTS, down / SHIFTS)


def drawn_rows(
    shape: Shape,
    waves: NDArray[np.complex128],
    tile: Tile,
    size: tuple[int, int],
    rows: range,
) -> NDArray[np.float32]:
    """Return what is added to these rows of a picture of ``size``, in levels.

    Args:
        shape: of the mark.
        waves: as ``shape.waves`` gives them.
        tile: of the key.
        size: rows and columns of the whole picture.
        rows: which of its rows.
    """
    side = min(size) / TILES
    field = waves_on(rows, range(size[1]), (side, side)).drawn(waves, tile)
    field *= enlarged(shape.hidden, size, rows)
    return field


def _energy(waves: NDArray[np.complex128]) -> float:
    return 2 * float(np.sum(np.abs(waves) ** 2))


def _product(one: NDArray[np.complex128], other: NDArray[np.complex128]) -> float:
    return 2 * float(np.sum((np.conj(one) * other).real))
