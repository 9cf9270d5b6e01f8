"""One picture laid over another as a motion says: the two blended, and where they differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.domain.pose import Transform

_WHITE = (255, 255, 255)
_MARK = (229, 72, 38)  # where the two differ
_GAIN = 3.0  # what a difference of levels is multiplied by to be seen
_LEAST_SEEN = 12.0  # levels: compression alone makes as many
_FAINT = 0.72  # how far what is not covered is faded to white
_MOST_COVERED = 185  # of 255: what is behind stays visible
_BLUR = 1.2  # pixels
_FEWEST_PIXELS = 400  # that brightness is told by
_LEAST_SPREAD = 1.0  # levels, of what brightness is matched by


def as_matrix(transform: Transform) -> NDArray[np.float64]:
    """Return a motion as a matrix of shape (3, 3)."""
    return np.array([*transform, (0.0, 0.0, 1.0)])


def scaling(across: float, down: float) -> NDArray[np.float64]:
    """Return what multiplies x and y."""
    return np.diag([across, down, 1.0])


def moved(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where points go, shape (n, 2)."""
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def corners(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the corners of a picture, clockwise from the left top one."""
    width, height = size
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def warped(
    picture: Image.Image, matrix: NDArray[np.float64], size: tuple[int, int]
) -> tuple[Image.Image, Image.Image]:
    """Return a picture as it lies on another one, and how much of each pixel it covers.

    Args:
        picture: RGB.
        matrix: from its pixels to those of the other.
        size: of the other.
    """
    shrink = math.sqrt(abs(float(np.linalg.det(matrix[:2, :2]))))
    if shrink < 1:  # smaller first: the warp reads four pixels of each and would skip the others
        smaller = tuple(max(1, round(side * shrink)) for side in picture.size)
        matrix = matrix @ scaling(picture.width / smaller[0], picture.height / smaller[1])
        picture = picture.resize((smaller[0], smaller[1]), Image.Resampling.LANCZOS)
    back = np.linalg.inv(matrix)[:2].ravel().tolist()
    whole = Image.new("L", picture.size, 255)
    return (
        picture.transform(size, Image.Transform.AFFINE, back, Image.Resampling.BICUBIC),
        whole.transform(size, Image.Transform.AFFINE, back, Image.Resampling.BILINEAR),
    )


def blended(query: Image.Image, cover: Image.Image, entry: Image.Image) -> Image.Image:
    """Return both in equal parts where they cover each other, the entry faded elsewhere."""
    half = Image.blend(entry, query, 0.5)
    return Image.composite(half, _faded(entry), cover)


def differing(
    query: Image.Image,
    cover: Image.Image,
    entry: Image.Image,
    *,
    common: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    """Return the entry in pale grey, with colour where the query differs from it.

    Brightness and contrast of the query are made those of the entry first, so that a darker copy
    does not differ all over, and both are blurred a little, so that edges do not.

    Args:
        query: as it lies on the entry.
        cover: how much of each pixel it covers.
        entry: of the same size.
        common: left, top, right and bottom of what both surely show; None for all that is covered.
    """
    inside = np.asarray(cover) > 127
    blur = ImageFilter.GaussianBlur(_BLUR)
    ours, theirs = (np.asarray(one.filter(blur), np.float64) for one in (query, entry))
    shared = inside & _within(common, inside.shape)
    if shared.sum() >= _FEWEST_PIXELS:
        ours = _as_bright(ours, theirs, shared)
    difference = np.abs(ours - theirs).max(axis=2)
    seen = np.clip((difference - _LEAST_SEEN) * _GAIN, 0, _MOST_COVERED).astype(np.uint8)
    seen[~inside] = 0
    pale = Image.blend(entry.convert("L").convert("RGB"), Image.new("RGB", entry.size, _WHITE), 0.5)
    paper = Image.composite(pale, _faded(entry.convert("L").convert("RGB")), cover)
    return Image.composite(Image.new("RGB", entry.size, _MARK), paper, Image.fromarray(seen))


def _within(
    common: tuple[float, float, float, float] | None, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    every = np.ones(shape, np.bool_)
    if common is None:
        return every
    left, top, right, bottom = common
    x, y = np.arange(shape[1]) + 0.5, np.arange(shape[0])[:, None] + 0.5
    return every & (x >= left) & (x <= right) & (y >= top) & (y <= bottom)


def _as_bright(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    mine, other = ours[inside], theirs[inside]
    spread = np.maximum(mine.std(axis=0), _LEAST_SPREAD)
    factor = np.clip(other.std(axis=0) / spread, 0.25, 4.0)
    brought: NDArray[np.float64] = (ours - mine.mean(axis=0)) * factor + other.mean(axis=0)
    return brought


def _faded(picture: Image.Image) -> Image.Image:
    return Image.blend(picture, Image.new("RGB", picture.size, _WHITE), _FAINT)
