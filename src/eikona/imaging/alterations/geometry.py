"""Attacks that move pixels: mirrors, sizes, rotations, crops, stretching, perspective."""
# ruff: noqa: ARG001  (every attack takes the same arguments)

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

_SMALLEST_ROTATION = 10.0  # degrees, of a rotation by a random angle
_SMALLEST_SIDE = 8  # pixels that a crop leaves at least
_BICUBIC = Image.Resampling.BICUBIC


def mirror(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Mirror left and right; ``strength`` 1 does it, 0 does not."""
    return ImageOps.mirror(image) if strength else image


def flip(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Mirror top and bottom; ``strength`` 1 does it, 0 does not."""
    return ImageOps.flip(image) if strength else image


def longest_side(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Resize so that the longer side has ``strength`` pixels."""
    scale = strength / max(image.size)
    return _resized(image, scale, scale)


def scaled(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Resize both sides by ``strength``."""
    return _resized(image, strength, strength)


def stretch(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Make the picture ``strength`` times as wide and as high as it was."""
    return _resized(image, strength, 1)


def rotated(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Rotate by ``strength`` degrees on a black canvas that grows with it."""
    return image.rotate(strength, _BICUBIC, expand=True)


def rotated_up_to(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Rotate either way by an angle between 10 and ``strength`` degrees, canvas growing."""
    angle = random.uniform(_SMALLEST_ROTATION, strength) * random.choice((-1, 1))
    return rotated(image, angle, random)


def rotated_in_place(
    image: Image.Image, strength: float, random: np.random.Generator
) -> Image.Image:
    """Rotate by ``strength`` degrees on a canvas of the old size: corners are lost."""
    return image.rotate(strength, _BICUBIC)


def crop(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Cut away ``strength`` of the area, 0 to 1; shape kept, place random."""
    side = math.sqrt(1 - strength)
    width = min(image.width, max(_SMALLEST_SIDE, round(image.width * side)))
    height = min(image.height, max(_SMALLEST_SIDE, round(image.height * side)))
    left = int(random.integers(0, image.width - width + 1))
    top = int(random.integers(0, image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


def perspective(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Look at the picture askew: each corner moves inwards by up to ``strength`` of the sides."""
    width, height = image.size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    inwards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    moved = corners + inwards * random.uniform(0, strength, (4, 2)) * (width, height)
    return image.transform(image.size, Image.Transform.PERSPECTIVE, _map(moved, corners), _BICUBIC)


def _resized(image: Image.Image, across: float, down: float) -> Image.Image:
    size = (max(1, round(image.width * across)), max(1, round(image.height * down)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _map(seen: NDArray[np.float64], source: NDArray[np.float64]) -> list[float]:
    """Return the eight numbers of the perspective that maps four points to four others."""
    rows, wanted = [], []
    for (x, y), (u, v) in zip(seen, source, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        wanted += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows), np.array(wanted))]
