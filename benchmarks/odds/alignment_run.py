"""Aligns every pair of a pool that is no pair of one photograph; goes on where it was stopped.

Each picture is compared with those before it: whole photographs and tiles first, so that all their
pairs are done first, then crops in an order of chance. Blocks of pictures are kept as files.
"""

import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.odds.aligned_pool import CROP, AlignedPool
from benchmarks.odds.pairs_kernel import Placed, inliers_before_guards

FEWEST = 4  # inliers before guards, of pairs that are kept one by one
_PAIRS_A_BLOCK = 100_000
_SEED = 1


@dataclass(frozen=True, slots=True)
class Aligned:
    """What a run has found so far.

    Attributes:
        done: shape (pictures,): numbers of pictures that are compared with all before them in it,
            in their order.
        pairs: how many pairs that are.
        found: shape (m, 3): both pictures and the inliers before guards, 4 or more.
    """

    done: NDArray[np.int64]
    pairs: int
    found: NDArray[np.int32]


def order_of(pool: AlignedPool) -> NDArray[np.int64]:
    """Return numbers of pictures in the order of the run."""
    crops = np.flatnonzero(pool.kind == CROP)
    np.random.default_rng(_SEED).shuffle(crops)
    return np.concatenate([np.flatnonzero(pool.kind != CROP), crops])


def run(pool: AlignedPool, folder: Path) -> None:
    """Align what is not aligned yet, and keep it in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    order = order_of(pool)
    entries = Placed.of([pool.features(number) for number in order])
    photos = pool.photo[order]
    blocks = list(_blocks(len(order)))
    began, pairs = time.monotonic(), 0
    for first, last in blocks:
        path = _file(folder, first, last)
        if path.exists():
            continue
        rows = []
        for place in range(first, last):
            inliers = inliers_before_guards(pool.features(order[place]), entries, 0, place)
            others = np.flatnonzero((inliers >= FEWEST) & (photos[:place] != photos[place]))
            rows += [(order[place], order[other], inliers[other]) for other in others]
            pairs += place
        part = path.with_suffix(".part.npy")
        np.save(part, np.array(rows, np.int32).reshape(-1, 3))
        part.rename(path)
        taken = time.monotonic() - began
        sys.stderr.write(
            f"{last} of {len(order)} pictures, {pairs / 1e6:.2f} million pairs in {taken:.0f} s\n"
        )


def read(pool: AlignedPool, folder: Path) -> Aligned:
    """Return what has been found by the blocks that follow each other from the first one on."""
    order = order_of(pool)
    blocks = itertools.takewhile(lambda b: _file(folder, *b).exists(), _blocks(len(order)))
    parts, end = [np.zeros((0, 3), np.int32)], 0
    for first, last in blocks:
        parts.append(np.load(_file(folder, first, last), allow_pickle=False))
        end = last
    photos = pool.photo[order[:end]]
    same = np.bincount(photos)
    pairs = end * (end - 1) // 2 - int((same * (same - 1) // 2).sum())
    return Aligned(order[:end], pairs, np.concatenate(parts))


def _blocks(pictures: int) -> Iterator[tuple[int, int]]:
    first, pairs = 0, 0
    for place in range(pictures):
        pairs += place
        if pairs >= _PAIRS_A_BLOCK or place + 1 == pictures:
            yield first, place + 1
            first, pairs = place + 1, 0


def _file(folder: Path, first: int, last: int) -> Path:
    return folder / f"pairs-{first:05}-{last:05}.npy"
