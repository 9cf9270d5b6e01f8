"""Sets of codes that are hard on an index, the obvious search of them, and kernels on and off."""

import contextlib

import numpy as np

from eikona.matching import compiled
from eikona.native import switch

ENGINES = ("compiled", "plain")


@contextlib.contextmanager
def engine(name):
    """Search with compiled kernels, or as if there could be none."""
    if name == "compiled":
        assert switch.prepare(switch.COMPILE_FOR), "the kernels do not compile here"
        yield
        return
    before = compiled.kernels, compiled.prepare
    compiled.kernels, compiled.prepare = lambda: None, lambda pictures: False
    try:
        yield
    finally:
        compiled.kernels, compiled.prepare = before


def codes_and_queries(seed, codes, words, queries=7):
    """Return rows of words: random, equal, all zero, all one, near each other, zero in one half."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, 1 << 64, (codes + queries + 1, words), np.uint64)
    kind = random.integers(0, 7, len(rows))
    rows[kind == 0] = 0
    rows[kind == 1] = np.iinfo(np.uint64).max
    rows[kind == 2] = rows[0]
    for number in np.flatnonzero((kind == 3) | (kind == 4)):
        flips = random.choice(64 * words, random.integers(1, min(64, 20 * words)), replace=False)
        rows[number] = rows[0]
        np.bitwise_xor.at(rows[number], flips // 64, np.uint64(1) << (flips % 64).astype(np.uint64))
    rows[kind == 5, words // 2 :] = 0
    return rows[:codes], rows[codes : codes + queries]


def within(rows, queries, radius):
    """Return every (query, distance, row) within the radius, in order."""
    return sorted(
        (number, distance, row)
        for number, query in enumerate(queries)
        for row, distance in enumerate(np.bitwise_count(rows ^ query).sum(axis=1).tolist())
        if distance <= radius
    )


def nearest(rows, queries, count):
    """Return the first ``count`` (query, distance, row) of each query, in order."""
    everything = within(rows, queries, 64 * queries.shape[1])
    return [
        hit
        for number in range(len(queries))
        for hit in [hit for hit in everything if hit[0] == number][:count]
    ]


def as_tuples(hits):
    """Return hits as (query, distance, row)."""
    return list(
        zip(hits.queries.tolist(), hits.distances.tolist(), hits.rows.tolist(), strict=True)
    )


def layouts(rows):
    """Return the codes as columns in every memory layout."""
    wide = np.zeros((rows.shape[0], 2 * rows.shape[1]), np.uint64)
    wide[:, ::2] = rows
    read_only = np.ascontiguousarray(rows.T)
    read_only.flags.writeable = False
    return {"rows": rows.T, "columns": read_only, "scattered": wide[:, ::2].T}
