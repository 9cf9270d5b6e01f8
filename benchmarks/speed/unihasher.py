"""Unihasher's four hashes of one picture, at the cost that its own way of computing them has.

Source: Cp-Youfy/unihasher 0.1.3: imagehash's dhash, phash and whash at size 16, each on a picture
opened anew, and its ``NMFHash``.
Deviation: its NMF hash is written anew here, because the package takes paths only, so that reading
files would be timed with it. As there, every ring is found by walking over all pixels in Python,
which is where the time goes; the string that comes out is the same.
"""

import io
from typing import Any

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_HASH_SIDE = 16
_MAX_SIDE = 512  # pixels
_RINGS = 32
_RANK = 2
_ITERATIONS = 60
_SEED = 26
_TINY = 1e-4
_DIGITS, _BASE, _FIRST = 3, 93, "!"  # of one coefficient as text
_Floats = NDArray[np.float32]


def unihasher_hashes(data: bytes) -> tuple[str, str, str, str]:
    """Return dhash, phash, whash and NMF hash of an encoded image."""
    dhash = imagehash.dhash(Image.open(io.BytesIO(data)), _HASH_SIDE)
    phash = imagehash.phash(Image.open(io.BytesIO(data)), _HASH_SIDE)
    whash = imagehash.whash(Image.open(io.BytesIO(data)), _HASH_SIDE)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return str(dhash), str(phash), str(whash), nmf_text(np.asarray(pixels))


def nmf_text(pixels: NDArray[Any]) -> str:
    """Return the NMF hash of BGR pixels of shape (rows, columns, 3) as Unihasher writes it."""
    return "".join(as_text(int(value)) for value in coefficients(_ring_matrix(pixels)))


def coefficients(matrix: _Floats) -> NDArray[np.uint8]:
    """Return the 64 values that a matrix of sorted rings is factorised to."""
    return (np.round(_factorise(matrix)).astype(np.int64) & 0xFF).astype(np.uint8).ravel()


def square_luma(pixels: NDArray[Any]) -> tuple[NDArray[Any], _Floats, float]:
    """Return the blurred luma of a square, squared distances to its centre, and the centre."""
    side = min(*pixels.shape[:2], _MAX_SIDE)
    blurred = cv2.GaussianBlur(cv2.resize(pixels, (side, side)), (3, 3), 1)
    luma = cv2.cvtColor(blurred, cv2.COLOR_BGR2YCrCb)[:, :, 0]
    centre = side / 2 + 0.5 if side % 2 == 0 else (side + 1) / 2
    along = np.arange(1, side + 1).astype(np.float32)
    squared = np.power(along[None, :] - centre, 2) + np.power(along[:, None] - centre, 2)
    return np.asarray(luma), squared, centre


def _ring_matrix(pixels: NDArray[Any]) -> _Floats:
    luma, squared, centre = square_luma(pixels)
    side = len(luma)
    bounds, area = squared_radii(side, centre)
    rings = []
    for ring in range(_RINGS):
        found = []
        for row in range(side):
            for column in range(side):
                if bounds[0, ring] < squared[row, column] <= bounds[0, ring + 1]:
                    found.append(luma[row, column])  # noqa: PERF401  (as there)
        rings.append(found)
    shortest = min(map(len, rings))
    matrix = np.zeros((area, _RINGS), np.float32)
    for ring, found in enumerate(rings):
        darkest = sorted(found)[:shortest]
        for row in range(shortest):
            matrix[row, ring] = darkest[row]
    return matrix


def squared_radii(side: int, centre: float) -> tuple[_Floats, int]:
    """Return the squared bounds of the rings, shape (1, 33), and the area of one."""
    radii = np.zeros((1, _RINGS + 1), np.float32)
    radii[0, -1] = side - centre
    area = np.floor(np.pi * radii[0, -1] ** 2 / _RINGS)
    for ring in range(1, _RINGS):
        radii[0, ring] = np.sqrt((area + np.pi * radii[0, ring - 1] ** 2) / np.pi)
    bounds = radii**2
    bounds[0, 0] = -1  # the innermost ring has no hole
    return bounds, int(area)


def _factorise(matrix: _Floats) -> _Floats:
    rows, columns = matrix.shape
    draw = np.random.RandomState(seed=_SEED)
    base = draw.uniform(0, 1, (rows, _RANK)).astype(np.float32)
    weights = draw.uniform(0, 1, (_RANK, columns)).astype(np.float32)
    for _ in range(_ITERATIONS):
        ratio = matrix / (base @ weights + _TINY)
        below = base.sum(axis=0).reshape(_RANK, 1) * np.ones((1, columns))
        weights = weights * (base.T @ ratio) / (below + _TINY)
        ratio = matrix / (base @ weights + _TINY)
        beside = np.ones((rows, 1)) * weights.sum(axis=1).reshape(1, _RANK)
        base = base * (ratio @ weights.T) / (beside + _TINY)
    return weights


def as_text(value: int) -> str:
    """Return one coefficient as the characters of the hash string."""
    text = ""
    for _ in range(_DIGITS):
        digit = min(_BASE, value)
        text += chr(digit + ord(_FIRST))
        value -= digit
    return text
