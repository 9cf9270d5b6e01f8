"""What a marked picture still says after it was cut, made small and compressed: the writer's test.

The attacks are those that marks are promised to outlast. They are tried on a small copy, so that a
large picture is marked as if it were to be made small first, as most pictures are that get around.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from eikona.marking.watermark.canvas import canvas_of
from eikona.marking.watermark.folding import evidence_of, fit
from eikona.marking.watermark.message import soft_bits
from eikona.marking.watermark.tile import TILES, Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trial:
    """One attack.

    Attributes:
        kept: share of each side.
        across: where the cut begins, 0 left to 1 right.
        down: the same from top to bottom.
        scale: of both sides afterwards.
        quality: of the JPEG.
    """

    kept: float
    across: float
    down: float
    scale: float
    quality: int


HARD = (Trial(0.866, 0.15, 0.1, 0.5, 50), Trial(0.866, 0.9, 0.8, 0.5, 50))
CUT = (Trial(0.5, 0.5, 0.5, 1.0, 75),)
MILD = (Trial(1.0, 0.0, 0.0, 1.0, 50),)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was left.

    Attributes:
        agreement: of soft bits with the message, at most 1; 0.58 is what decoding needs.
        z: of the sync waves.
    """

    agreement: float
    z: float


def outcome(
    luma: NDArray[np.uint8], signs: NDArray[np.float64], tile: Tile, pose: int, trial: Trial
) -> Outcome:
    """Attack ``luma`` and read it where the mark is known to lie.

    Args:
        luma: the marked picture, small.
        signs: of the code bits, 1 for 0 and -1 for 1.
        tile: of the key.
        pose: how the tile is turned.
        trial: the attack.
    """
    height, width = luma.shape
    rows, columns = round(height * trial.kept), round(width * trial.kept)
    top, left = round((height - rows) * trial.down), round((width - columns) * trial.across)
    image = Image.fromarray(luma[top : top + rows, left : left + columns])
    if trial.scale < 1:
        smaller = max(1, round(columns * trial.scale)), max(1, round(rows * trial.scale))
        image = image.resize(smaller, Image.Resampling.BOX)
    canvas = canvas_of(_saved(image, trial.quality))
    high, wide = canvas.luma.shape
    lie = np.diag([columns / wide, rows / high]) * (TILES / min(height, width))
    found = fit(evidence_of(canvas), lie, tile, pose)
    return Outcome(float(np.mean(soft_bits(found, tile) * signs)), found.z)


def _saved(image: Image.Image, quality: int) -> NDArray[np.uint8]:
    saved = io.BytesIO()
    image.save(saved, "JPEG", quality=quality)
    with Image.open(saved) as opened:
        return np.asarray(opened)
