"""How strong the mark of one picture is: the weakest that passes its trials."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.shaping import Shape, drawn_rows
from eikona.marking.watermark.trials import CUT, HARD, Trial, outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eikona.marking.watermark.tile import Tile

_PEAK = 255.0
_WEAKEST_PSNR = 45.0  # dB: weaker saves nothing that could be seen
_CUT_PSNR = 39.75  # dB: what cuts alone may cost; many pictures never pass them
_HALVINGS = 4  # of the range, which leaves about a third of a dB
_MOST = 1.0  # times what goes unseen


@dataclass(frozen=True, slots=True)
class _Aim:
    """What every one of ``trials`` must leave."""

    trials: Sequence[Trial]
    agreement: float
    z: float


_HARD_AIM = _Aim(HARD, 0.67, 6.8)
_CUT_AIM = _Aim(CUT, 0.65, 6.4)


@dataclass(frozen=True, slots=True)
class Sitter:
    """A small copy of the picture that is to be marked, with its mark.

    Attributes:
        luma: shape (rows, columns), float32.
        shape: of the mark.
        signs: of the code bits.
        tile: of the key.
        cost: root mean square change of all channels for one level of luma.
    """

    luma: NDArray[np.float32]
    shape: Shape
    signs: NDArray[np.float64]
    tile: Tile
    cost: float

    def strength_at(self, psnr: float) -> float:
        """Return the strength that gives about this PSNR, in dB."""
        return _PEAK / 10 ** (psnr / 20) / (self.cost * self.shape.unseen)

    def psnr_at(self, strength: float) -> float:
        """Return about the PSNR, in dB, that ``strength`` gives."""
        return 20 * math.log10(_PEAK / (strength * self.cost * self.shape.unseen))

    def marked(self, strength: float) -> NDArray[np.uint8]:
        """Return the copy marked at ``strength``."""
        rows = range(self.luma.shape[0])
        waves = self.shape.waves(strength)
        field = drawn_rows(self.shape, waves, self.tile, self.luma.shape, rows)
        marked: NDArray[np.uint8] = np.clip(np.rint(self.luma + field), 0, _PEAK).astype(np.uint8)
        return marked

    def agreement(self, strength: float, trials: Sequence[Trial]) -> float:
        """Return the least agreement that ``trials`` leave at ``strength``."""
        marked = self.marked(strength)
        return min(
            outcome(marked, self.signs, self.tile, self.shape.pose, trial).agreement
            for trial in trials
        )


def weakest(sitter: Sitter, least_psnr: float) -> float:
    """Return the least strength that passes the trials, or the most there may be.

    Args:
        sitter: the picture.
        least_psnr: dB, the strongest that a mark may be.
    """
    strongest = max(least_psnr, sitter.psnr_at(_MOST))
    hard = _halved(sitter, _HARD_AIM, strongest, _WEAKEST_PSNR)
    cut = max(_CUT_PSNR, strongest)
    if hard > cut:
        hard = _halved(sitter, _CUT_AIM, cut, hard)
    return sitter.strength_at(hard)


def _halved(sitter: Sitter, aim: _Aim, low: float, high: float) -> float:
    """Return the highest PSNR between two that passes ``aim``, by halving; else ``low``."""
    if high <= low or _passes(sitter, aim, high):
        return max(low, high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _passes(sitter, aim, middle):
            low = middle
        else:
            high = middle
    return low


def _passes(sitter: Sitter, aim: _Aim, psnr: float) -> bool:
    marked = sitter.marked(sitter.strength_at(psnr))
    for trial in aim.trials:
        left = outcome(marked, sitter.signs, sitter.tile, sitter.shape.pose, trial)
        if left.agreement < aim.agreement or left.z < aim.z:
            return False
    return True
