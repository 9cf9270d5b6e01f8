"""How sure counts are: intervals of a share, and of the share of copies that follows from two.

Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
"""

import math

LEVEL = 0.95  # of each interval
_Z = 1.959963984540054  # standard deviations on either side that hold so much of a normal


def lower_share(part: int, whole: int) -> float:
    """Return the lower end of Wilson's interval of a share, 0 to 1."""
    middle, half = _wilson(part, whole)
    return max(0.0, middle - half) if part else 0.0


def upper_share(part: int, whole: int) -> float:
    """Return the upper end of Wilson's interval of a share, 0 to 1."""
    middle, half = _wilson(part, whole)
    return min(1.0, middle + half) if part < whole else 1.0


def confidence(ours: tuple[int, int], theirs: tuple[int, int], *, prior: float) -> float:
    """Return the least share of one kind among pairs that come to a place, 0 to 1.

    Args:
        ours: how many of this kind came there, of how many.
        theirs: likewise of the other kind.
        prior: share of this kind among all pairs, 0 to 1.

    Returns:
        What follows from the low end for this kind and the high end for the other, by Bayes.
    """
    low, high = prior * lower_share(*ours), (1 - prior) * upper_share(*theirs)
    return low / (low + high) if low + high else 0.0


def _wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the middle of the interval and half its width."""
    if not whole:
        return 0.5, 0.5
    share, spread = part / whole, _Z * _Z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return middle, half
