"""Structural similarity of two pictures, on luma.

Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment", 2004.
"""

import numpy as np

from eikona.marking.watermark.canvas import blurred

_DEVIATION = 1.5  # pixels, of the window
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean similarity of two RGB pictures, at most 1."""
    a, b = (pixels.astype(np.float32) @ _LUMA for pixels in (one, other))
    mean_a, mean_b = blurred(a, _DEVIATION), blurred(b, _DEVIATION)
    var_a = blurred(a * a, _DEVIATION) - mean_a**2
    var_b = blurred(b * b, _DEVIATION) - mean_b**2
    both = blurred(a * b, _DEVIATION) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + _C1) * (2 * both + _C2)
    likeness /= (mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2)
    return float(likeness.mean())
