"""Marks a picture: as weakly as the promised attacks allow, and never so that it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.errors import (
    AlreadyMarkedError,
    TooLargeToMarkError,
    TooPlainToMarkError,
    TooSmallToMarkError,
    WouldDestroyMarkError,
)
from eikona.marking.watermark.canvas import SHORT_SIDE, canvas_from, reduced
from eikona.marking.watermark.channels import colours, luma_over_white, shares, strips
from eikona.marking.watermark.coding import IDENTITY_BITS, code_signs
from eikona.marking.watermark.reading import read
from eikona.marking.watermark.shaping import Shape, drawn_rows, shape_for
from eikona.marking.watermark.strength import Sitter, weakest
from eikona.marking.watermark.tile import Tile, tile_of
from eikona.marking.watermark.trials import HARD, MILD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SMALLEST_SIDE = 256  # pixels
MOST_PIXELS = 100_000_000
LONGEST_TO_SHORTEST = 16  # times
LEAST_PSNR = 38.0  # dB, unless asked otherwise
_SPARE = 0.15  # dB that rounding and enlarging may cost
_TRIED_SIDE = 384  # pixels: short side of the copy that attacks are tried on
_READABLE = 0.58  # agreement that a copy of quality 50 must leave
_PEAK = 255.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the owner asks of a mark.

    Attributes:
        strength: times what goes unseen on this picture; None for the weakest that lasts.
        least_psnr: dB, the strongest that the mark may be.
        kept_keys: keys whose marks, where there are any, must still be read afterwards.
    """

    strength: float | None = None
    least_psnr: float = LEAST_PSNR
    kept_keys: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """A marked picture.

    Attributes:
        pixels: shape and type of what was given.
        psnr: dB, over the colour channels.
        strength: times what goes unseen; above 1 only where it was asked for.
        hard_agreement: how much of the mark is left after cutting, halving and compressing: it is
            read above about 0.58.
    """

    pixels: NDArray[np.uint8]
    psnr: float
    strength: float
    hard_agreement: float


_AUTOMATIC = Wish()


def embed(pixels: NDArray[np.uint8], identity: int, key: bytes, wish: Wish = _AUTOMATIC) -> Marked:
    """Mark ``pixels`` with ``identity``.

    Args:
        pixels: shape (height, width) or (height, width, channels): grey, grey and alpha, RGB or
            RGBA; alpha stays as it is.
        identity: 0 up to 2 ** 64 - 1.
        key: secret that readers need.
        wish: how strong, and what must stay.

    Raises:
        UnmarkableError: the picture cannot be marked; the subclass says why.
    """
    if not 0 <= identity < 1 << IDENTITY_BITS:
        msg = f"an identity is a number of {IDENTITY_BITS} bits"
        raise ValueError(msg)
    _check_size(pixels.shape[0], pixels.shape[1])
    luma = luma_over_white(pixels)
    _check_unmarked(luma, key)
    there = {kept: read(luma, kept, turned=False).identity for kept in wish.kept_keys}
    tile = tile_of(key)
    sitter = _sitter(luma, identity, key, tile, _cost(pixels))
    strength = wish.strength
    if strength is None:
        strength = weakest(sitter, wish.least_psnr + _SPARE)
    else:
        strength = min(strength, sitter.strength_at(wish.least_psnr + _SPARE))
    if sitter.agreement(strength, MILD) < _READABLE:
        msg = "this picture has too little in it to hide a mark that lasts: protect it without one"
        raise TooPlainToMarkError(msg)
    out, psnr = _added(pixels, sitter.shape, strength, tile)
    _check_kept(out, there)
    return Marked(out, psnr, strength, sitter.agreement(strength, HARD))


def _check_size(height: int, width: int) -> None:
    if min(height, width) < SMALLEST_SIDE:
        msg = f"{width} x {height} pixels: a mark needs {SMALLEST_SIDE} on the shorter side"
        raise TooSmallToMarkError(msg)
    if max(height, width) > LONGEST_TO_SHORTEST * min(height, width):
        msg = f"{width} x {height} pixels: at most {LONGEST_TO_SHORTEST} times as long as wide"
        raise TooSmallToMarkError(msg)
    if height * width > MOST_PIXELS:
        msg = f"{width} x {height} pixels: at most {MOST_PIXELS:,} are marked; mark a smaller copy"
        raise TooLargeToMarkError(msg)


def _check_unmarked(luma: NDArray[np.uint8], key: bytes) -> None:
    found = read(luma, key, turned=False)
    if found.identity is not None:
        msg = (
            f"this picture holds the mark {found.identity:016x} of the same key, and a second one"
            " would weaken both: mark the original"
        )
        raise AlreadyMarkedError(msg)


def _check_kept(pixels: NDArray[np.uint8], there: dict[bytes, int | None]) -> None:
    if not any(identity is not None for identity in there.values()):
        return
    luma = luma_over_white(pixels)
    for key, identity in there.items():
        if identity is not None and read(luma, key, turned=False).identity != identity:
            msg = f"the mark {identity:016x} would not be read any more: mark the original"
            raise WouldDestroyMarkError(msg)


def _cost(pixels: NDArray[np.uint8]) -> float:
    """Return the root mean square change of all channels for one level of luma."""
    return math.sqrt(float(np.mean(shares(colours(pixels).shape[2]) ** 2)))


def _sitter(luma: NDArray[np.uint8], identity: int, key: bytes, tile: Tile, cost: float) -> Sitter:
    small = reduced(luma, min(_TRIED_SIDE, *luma.shape)) if min(luma.shape) > _TRIED_SIDE else luma
    small = np.clip(small, 0, _PEAK).astype(np.float32)
    canvas = canvas_from(reduced(small, SHORT_SIDE))
    shape = shape_for(canvas, tile.message(identity, key), tile)
    return Sitter(small, shape, code_signs(identity, key), tile, cost)


def _added(
    pixels: NDArray[np.uint8], shape: Shape, strength: float, tile: Tile
) -> tuple[NDArray[np.uint8], float]:
    out = pixels.copy()
    marked = colours(out)
    waves, share = shape.waves(strength), shares(marked.shape[2])
    squares = 0.0
    height, width = pixels.shape[:2]
    for rows in strips(height, width):
        part = marked[rows.start : rows.stop]
        before = part.astype(np.float32)
        field = drawn_rows(shape, waves, tile, (height, width), rows)
        after = np.clip(np.rint(before + field[..., None] * share), 0, _PEAK)
        part[...] = after
        squares += float(np.sum((after - before) ** 2, dtype=np.float64))
    return out, 10 * math.log10(_PEAK**2 * marked.size / max(squares, 1.0))
