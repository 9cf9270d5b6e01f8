"""Which places of a picture are kept: spread over it, strong ones first, and every third large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Numbers = NDArray[np.int64]

_GRID = 8  # cells along each side


def select(places: Floats, sizes: Floats, responses: Floats, *, most: int, large: int) -> Numbers:
    """Return the numbers of up to ``most`` places, the most wanted first.

    Cells of a grid take turns, each with its strongest place, until ``most - large`` are taken.
    Of the rest, the ``large`` largest follow, strewn among the others.

    Args:
        places: x and y, shape (2, n), 0 to 1.
        sizes: shape (n,).
        responses: shape (n,).
        most: how many.
        large: how many of them for their size.
    """
    x, y = places
    cells = np.minimum((y * _GRID).astype(np.int64), _GRID - 1) * _GRID
    cells += np.minimum((x * _GRID).astype(np.int64), _GRID - 1)
    strongest = np.lexsort((sizes, x, y, -responses))
    order = strongest[np.argsort(_turns(cells[strongest]), kind="stable")]
    spread, rest = order[: most - large], order[most - large :]
    largest = rest[np.argsort(-sizes[rest], kind="stable")][:large]
    between = (np.arange(len(largest)) + 0.5) * ((most - large) / large)
    turn = np.concatenate([np.arange(len(spread), dtype=np.float64), between])
    return np.concatenate([spread, largest])[np.argsort(turn, kind="stable")]


def _turns(cells: Numbers) -> Numbers:
    """Return how many before each are in the same cell."""
    order = np.argsort(cells, kind="stable")
    in_order = cells[order]
    turns = np.empty(len(cells), np.int64)
    turns[order] = np.arange(len(cells)) - np.searchsorted(in_order, in_order)
    return turns
