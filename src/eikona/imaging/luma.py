"""Every colour mode becomes luma, rounded to 8 bits and fine.

The rounded luma, L = (19595 R + 38470 G + 7471 B + 32768) >> 16, is the same in Python and in a
browser's canvas, and what every hash but PDQ starts from. PDQ's reference does not round, which is
up to 36 of 256 bits in pictures of little contrast, so the fine luma is kept beside it:
(299 R + 587 G + 114 B) / 1000 in float32.

Alpha goes over white first. Profiles are ignored, as in a canvas that is read with colour-space
conversion off. Samples wider than 8 bits are scaled, never clipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from eikona.domain.errors import UnsupportedModeError
from eikona.imaging.pixels import pixels_of, rgb_pixels_of
from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.imaging.picture import FineLuma, Luma

_OPAQUE = frozenset({"L", "RGB", "1", "P", "CMYK", "YCbCr", "HSV", "RGBX"})
_TRANSLUCENT = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_GREY = frozenset({"L", "1"})
_WHITE = (255, 255, 255)
_ONE_BLOCK_PIXELS = 1 << 22  # of 4 bytes, in one of the blocks that Pillow allocates
_STRIP_PIXELS = 1 << 19
_STRIP_SAMPLES = 1_000_000  # of 32 bits, mapped at a time: float64 copies of all would be large


def luma_of(image: Image.Image) -> tuple[Luma, FineLuma]:
    """Return the luma of a loaded image, rounded and fine.

    Args:
        image: any Pillow mode that stands for visible pixels. If it is of mode L, nothing may
            write to it from here on: the luma may be its own memory.

    Returns:
        Two arrays of shape (height, width): uint8, and float32 from 0 to 255. Grey images have
        nothing to round, and both are the same uint8 array.

    Raises:
        UnsupportedModeError: the mode has no defined luma.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        return _grey(_high_byte(np.asarray(image), image.info.get("transparency")))
    if mode in {"I", "F"}:
        return _grey(_stretched(np.asarray(image)))
    if image.width * image.height > _ONE_BLOCK_PIXELS and mode not in _GREY:
        return _by_strips(image)
    return _luma_of_8_bits(image)


def _by_strips(image: Image.Image) -> tuple[Luma, FineLuma]:
    """Convert a large image piece by piece.

    Pillow holds it in several blocks, so that each whole conversion would be copied once more:
    strips take half the time and two thirds of the memory.
    """
    luma = np.empty((image.height, image.width), np.uint8)
    fine = np.empty((image.height, image.width), np.float32)
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        strip = image.crop((0, top, image.width, bottom))
        luma[top:bottom], fine[top:bottom] = _luma_of_8_bits(strip)
    return luma, fine


def _luma_of_8_bits(image: Image.Image) -> tuple[Luma, FineLuma]:
    mode = image.mode
    if mode in _TRANSLUCENT or (mode in _OPAQUE and "transparency" in image.info):
        image = _over_white(image)
    elif mode == "LAB":
        image = _from_lab(image)
    elif mode not in _OPAQUE:
        msg = f"images of colour mode {mode!r} are not supported: save as RGB, grey or palette"
        raise UnsupportedModeError(msg)
    if image.mode in _GREY:
        return _grey(pixels_of(image if image.mode == "L" else image.convert("L")))
    if image.mode != "RGB":
        image = image.convert("RGB")
    compiled = kernels()
    pixels = None if compiled is None else rgb_pixels_of(image)
    if compiled is None or pixels is None:
        # Pillow's conversions from RGB are the two formulas above.
        return pixels_of(image.convert("L")), pixels_of(image.convert("F"))
    luma, fine = np.empty(pixels.shape, np.uint8), np.empty(pixels.shape, np.float32)
    compiled.luma(address(pixels), address(luma), address(fine), pixels.size)
    return luma, fine


def _grey(luma: Luma) -> tuple[Luma, Luma]:
    return luma, luma


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":  # converts to nothing else without losing its alpha
        image = image.convert("LA")
    translucent = image if image.mode == "RGBA" else image.convert("RGBA")
    opaque = Image.new("RGB", image.size, _WHITE)
    opaque.paste(translucent, mask=translucent)
    return opaque


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms  # noqa: PLC0415  (rare, and slow to import)

    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        msg = "this Lab image could not be converted: save it as RGB"
        raise UnsupportedModeError(msg)
    return converted


def _high_byte(samples: NDArray[np.generic], transparent: int | None) -> Luma:
    """Keep what Pillow keeps of 16-bit colour, so that grey and colour files agree."""
    luma = (samples.astype(np.uint16, copy=False) >> 8).astype(np.uint8)
    if transparent is not None:
        luma[samples == transparent] = _WHITE[0]
    return luma


def _stretched(samples: NDArray[np.generic]) -> Luma:
    """Map 32-bit samples to 0 to 255.

    Such files do not say what white is. Whole numbers and fractions that fit a usual range keep
    it (1, 255 or 65535 is white); anything else is stretched from its least to its greatest value.
    What is no number, or infinite, counts as 0.
    """
    strips = np.array_split(samples.reshape(-1), 1 + samples.size // _STRIP_SAMPLES)
    low = min(float(_finite(strip).min()) for strip in strips)
    high = max(float(_finite(strip).max()) for strip in strips)
    usual = (1.0, 255.0, 65535.0) if samples.dtype.kind == "f" else (255.0, 65535.0)
    white = next((white for white in usual if low >= 0 and high <= white), None)
    black = 0.0
    if white is None:
        black, white = low, (high - low) or 1.0
    scaled = [
        np.rint((_finite(strip) - black) * (255.0 / white)).astype(np.uint8) for strip in strips
    ]
    return np.concatenate(scaled).reshape(samples.shape)


def _finite(samples: NDArray[np.generic]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # signalling NaNs would warn; the setting is this thread's
        wide = samples.astype(np.float64)
    return np.nan_to_num(wide, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
