"""Made-up words."""

import numpy as np

_LETTERS = "etaoinshrdlucmfwypvbgk"


def word(random: np.random.Generator) -> str:
    """Return a word of two to nine letters, common ones more often."""
    length = int(random.integers(2, 10))
    weights = 1 / np.arange(2, 2 + len(_LETTERS))
    return "".join(random.choice(list(_LETTERS), length, p=weights / weights.sum()))
