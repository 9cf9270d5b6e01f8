"""Cuts of photographs, and the PDQ codes of pictures that are not too plain."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LEAST_SIDE = 192  # pixels, of a cut
_CROPS = 9  # a photograph
_CROP_SIDE = 0.5  # of the photograph's, at least
_STRETCH = 0.35  # most, as the natural logarithm of what the aspect changes by
_LARGEST = 1024  # pixels a side, before cropping

Cut = Callable[[Image.Image], Iterable[Image.Image]]


@dataclass(frozen=True, slots=True)
class Pool:
    """PDQ codes of pictures that are not too plain.

    Attributes:
        codes: shape (n, 8, 32), uint8: of each picture in eight orientations.
        photos: shape (n,): number of the photograph that each was cut from.
        dhash: shape (n, 32), uint8: dHash of 256 bits.
    """

    codes: NDArray[np.uint8]
    photos: NDArray[np.int64]
    dhash: NDArray[np.uint8]


def tiles(photo: Image.Image) -> Iterator[Image.Image]:
    """Yield the cells of the finest grid whose sides are 192 pixels or more; two at least."""
    width, height = photo.size
    columns, rows = width // LEAST_SIDE, height // LEAST_SIDE
    if columns * rows < 2:
        return
    for y in range(rows):
        for x in range(columns):
            box = (width * x // columns, height * y // rows)
            end = (width * (x + 1) // columns, height * (y + 1) // rows)
            yield photo.crop((*box, *end))


def crops(seed: int, count: int = _CROPS) -> Cut:
    """Return a cut that yields random crops, half as wide and high or more."""
    draw = np.random.default_rng(seed)

    def cut(photo: Image.Image) -> Iterator[Image.Image]:
        photo = photo.copy()
        photo.thumbnail((_LARGEST, _LARGEST))
        for _ in range(count):
            part, stretch = draw.uniform(_CROP_SIDE, 1), np.exp(draw.uniform(-_STRETCH, _STRETCH))
            sides = [
                int(min(side, max(LEAST_SIDE, side * part * factor)))
                for side, factor in zip(photo.size, (stretch**0.5, stretch**-0.5), strict=True)
            ]
            left, top = (
                int(draw.integers(0, whole - side + 1))
                for whole, side in zip(photo.size, sides, strict=True)
            )
            yield photo.crop((left, top, left + sides[0], top + sides[1]))

    return cut
