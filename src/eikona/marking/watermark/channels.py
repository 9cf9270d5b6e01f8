"""The channels of a picture that is marked: which hold colour, and what luma they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.errors import UnsupportedModeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL import Image

_STRIP_PIXELS = 1 << 19
_LUMA = np.array([19595, 38470, 7471], np.float32) / np.float32(65536)  # as of every hash
_CHEAPEST = _LUMA / np.sum(_LUMA**2)  # levels of each colour for one of luma, least squares in all
_WHITE = 255.0
_KEPT = frozenset({"L", "LA", "RGB", "RGBA"})
_CONVERTED = {"1": "L", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB", "RGBX": "RGB", "PA": "RGBA"}


def markable(image: Image.Image) -> tuple[NDArray[np.uint8], str | None]:
    """Return the pixels of a loaded image as a mark needs them.

    Returns:
        Array of shape (height, width) or (height, width, 2 to 4), uint8, and the mode that they
        were converted to where the image's own holds no mark: a palette has no colours between.

    Raises:
        UnsupportedModeError: the mode has no such form.
    """
    mode = image.mode
    wanted = _CONVERTED.get(mode)
    if mode == "P" or "transparency" in image.info:
        wanted = "RGBA" if "transparency" in image.info else "RGB"
    if mode not in _KEPT and wanted is None:
        msg = f"images of colour mode {mode!r} cannot be marked: save as RGB, grey or palette"
        raise UnsupportedModeError(msg)
    return np.array(image if wanted is None else image.convert(wanted)), wanted


def colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the channels without alpha, a view of shape (height, width, 1 or 3)."""
    if pixels.ndim == 2:
        return pixels[..., None]
    return pixels[..., : 1 if pixels.shape[2] <= 2 else 3]


def shares(channels: int) -> NDArray[np.float32]:
    """Return how many levels each of 1 or 3 channels changes for one level of luma.

    Green counts most for luma and changes most: the same luma then takes a quarter less of squared
    error than changing all colours alike.
    """
    return np.ones(1, np.float32) if channels == 1 else _CHEAPEST


def luma_over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma as it is seen on a white page, shape (height, width), uint8."""
    luma = np.empty(pixels.shape[:2], np.uint8)
    for rows in strips(pixels.shape[0], pixels.shape[1]):
        part = pixels[rows.start : rows.stop]
        shown = colours(part)
        grey = shown[..., 0] if shown.shape[2] == 1 else shown.astype(np.float32) @ _LUMA
        if part.ndim == 3 and part.shape[2] in {2, 4}:
            opaque = part[..., -1].astype(np.float32) / np.float32(_WHITE)
            grey = grey * opaque + _WHITE * (1 - opaque)
        luma[rows.start : rows.stop] = np.rint(grey)
    return luma


def strips(height: int, width: int) -> Iterator[range]:
    """Yield ranges of rows that together hold every row, of bounded memory."""
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        yield range(top, min(top + step, height))
