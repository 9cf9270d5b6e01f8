"""Pictures that are no copies of each other: photographs, and cuts from different ones."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

import eikona
from eikona.domain.fingerprint import QUALITY_TO_MATCH

LEAST_SIDE = 192  # pixels, of a cut
_MOST_TILES = 4  # a side
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
    """

    codes: NDArray[np.uint8]
    photos: NDArray[np.int64]


def gather(paths: Sequence[Path], cut: Cut) -> Pool:
    """Return the codes of each photograph and its cuts."""
    codes, photos = [], []
    for number, path in enumerate(paths):
        if number % 100 == 0:
            sys.stderr.write(f"photograph {number} of {len(paths)}\n")
        for picture in _with_cuts(path, cut):
            found = eikona.fingerprint(picture, algorithms=["pdq"], decode="exact")
            if found.quality >= QUALITY_TO_MATCH:
                codes.append(b"".join(found.pdq_orientations))
                photos.append(number)
    rows = np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 8, 32)
    return Pool(rows, np.asarray(photos))


def tiles(photo: Image.Image) -> Iterator[Image.Image]:
    """Yield the cells of the finest grid, up to 4 x 4, whose sides are 192 pixels or more."""
    width, height = photo.size
    columns, rows = (min(_MOST_TILES, side // LEAST_SIDE) for side in photo.size)
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


def _with_cuts(path: Path, cut: Cut) -> Iterator[bytes]:
    yield path.read_bytes()
    with Image.open(path) as image:
        photo = ImageOps.exif_transpose(image).convert("RGB")
    for part in cut(photo):
        out = io.BytesIO()
        part.save(out, "PNG", compress_level=0)
        yield out.getvalue()
