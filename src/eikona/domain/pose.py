"""The eight ways to lay a picture as motions of pixels, and motions as the nearest of the eight."""

from eikona.domain.alignment import Row
from eikona.domain.fingerprint import Orientation
from eikona.domain.verdict import Distances

Transform = tuple[Row, Row]
TELLING = 5  # inliers that tell how a picture lies: fewer agree by chance too often

# Where x and y of the unit square go, with the left top corner at (0, 0): each coordinate is one of
# x, 1 - x, y and 1 - y, written as its factors of x and y and what is added.
_UNIT: dict[Orientation, Transform] = {
    Orientation.ORIGINAL: ((1, 0, 0), (0, 1, 0)),
    Orientation.ROTATE_90: ((0, 1, 0), (-1, 0, 1)),
    Orientation.ROTATE_180: ((-1, 0, 1), (0, -1, 1)),
    Orientation.ROTATE_270: ((0, -1, 1), (1, 0, 0)),
    Orientation.FLIP_TOP_BOTTOM: ((1, 0, 0), (0, -1, 1)),
    Orientation.FLIP_LEFT_RIGHT: ((-1, 0, 1), (0, 1, 0)),
    Orientation.TRANSPOSE: ((0, 1, 0), (1, 0, 0)),
    Orientation.TRANSVERSE: ((0, -1, 1), (-1, 0, 1)),
}


def whole_onto_whole(
    orientation: Orientation, size: tuple[int, int], target: tuple[int, int]
) -> Transform:
    """Return what lays a whole picture onto a whole other one, in pixels of both.

    Args:
        orientation: how it is turned before that.
        size: its width and height.
        target: width and height of the other one.
    """
    across, down = (
        (a * long / size[0], b * long / size[1], c * long)
        for (a, b, c), long in zip(_UNIT[orientation], target, strict=True)
    )
    return across, down


def motion_of(
    distances: Distances, size: tuple[int, int], target: tuple[int, int]
) -> Transform | None:
    """Return what takes pixels of one picture to those of another.

    It is what enough local features agree on, or else the orientation that brings the two nearest.

    Args:
        distances: from the one to the other.
        size: width and height of the one; 0 where unknown.
        target: of the other, likewise.

    Returns:
        None where neither is known.
    """
    if distances.alignment is not None and distances.alignment.inliers >= TELLING:
        return distances.alignment.transform
    if not all(size) or not all(target):
        return None
    return whole_onto_whole(distances.orientation, size, target)


def nearest_orientation(transform: Transform) -> Orientation:
    """Return the orientation that turns and mirrors most like a motion; of equal ones the first."""
    (a, b, _), (d, e, _) = transform
    alike = {
        orientation: a * p + b * q + d * r + e * s
        for orientation, ((p, q, _), (r, s, _)) in _UNIT.items()
    }
    return max(alike, key=lambda orientation: alike[orientation])
