"""Where local features come from: Eikona, or OpenCV's SIFT brought into the same form."""

from collections.abc import Callable

import numpy as np

from eikona.domain.local_features import (
    MOST_FEATURES,
    PLACE_STEPS,
    SIZE_OFFSET,
    SIZE_STEPS,
    TURN_STEPS,
    LocalFeatures,
    fitted_scale,
)
from eikona.hashing.local_features.extraction import local_features
from eikona.hashing.local_features.selection import select

try:
    import cv2
except ImportError:
    cv2 = None

Extract = Callable[[np.ndarray], LocalFeatures]
EIKONA, OPENCV = "eikona", "OpenCV's SIFT"
_CANDIDATES, _CONTRAST, _EDGE = 1500, 0.015, 12  # the prototype's
_LEAST_SIDE = 8  # pixels


def extractors() -> dict[str, Extract]:
    """Return what there is to compare, by name."""
    found: dict[str, Extract] = {EIKONA: eikona}
    if cv2 is not None:
        cv2.setNumThreads(1)
        found[OPENCV] = opencv
    return found


def eikona(luma: np.ndarray) -> LocalFeatures:
    """Return Eikona's features."""
    return local_features(luma)


def opencv(luma: np.ndarray) -> LocalFeatures:
    """Return OpenCV's, at the same size, selected and made bits in the same way."""
    height, width = luma.shape
    fitted = _fitted(luma)
    sift = cv2.SIFT_create(_CANDIDATES, contrastThreshold=_CONTRAST, edgeThreshold=_EDGE)
    points = sift.detect(fitted, None)
    if not points:
        return LocalFeatures(width, height, b"", b"")
    places = (np.array([point.pt for point in points]).T + 0.5) / [
        [fitted.shape[1]],
        [fitted.shape[0]],
    ]
    sizes = np.array([point.size for point in points]) / 2
    responses = np.array([point.response for point in points])
    chosen = select(places, sizes, responses, most=MOST_FEATURES, large=MOST_FEATURES // 3)
    points, values = sift.compute(fitted, [points[number] for number in chosen])
    geometry = np.empty((len(points), 4), "<u2")
    geometry[:, :2] = np.clip(places[:, chosen].T * PLACE_STEPS, 0, PLACE_STEPS - 1)
    geometry[:, 2] = np.rint((np.log2(sizes[chosen]) + SIZE_OFFSET) * SIZE_STEPS)
    angles = np.array([point.angle for point in points])
    geometry[:, 3] = np.rint(angles / 360 * TURN_STEPS).astype(np.int64) % TURN_STEPS
    codes = np.packbits(values > np.median(values, axis=1, keepdims=True), axis=1)
    return LocalFeatures(width, height, codes.tobytes(), geometry.tobytes())


def opencv_alone(luma: np.ndarray) -> int:
    """Return how many features OpenCV finds by itself, 300 at most; for timing."""
    return len(cv2.SIFT_create(MOST_FEATURES).detectAndCompute(_fitted(luma), None)[0])


def _fitted(luma: np.ndarray) -> np.ndarray:
    height, width = luma.shape
    scale = fitted_scale(width, height)
    if scale == 1:
        return luma
    size = max(_LEAST_SIDE, round(width * scale)), max(_LEAST_SIDE, round(height * scale))
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
