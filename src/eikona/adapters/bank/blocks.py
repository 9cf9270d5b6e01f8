"""The hashes of a bank's segments as a search goes through them."""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from eikona.adapters.bank.segment import Segment
from eikona.services.ports import Block, HashKey

GATHERED_ROWS = 1 << 14  # shorter segments are searched as one


def hash_blocks(placed: Iterable[tuple[int, Segment]], key: HashKey) -> Iterator[Block]:
    """Yield all hashes of one kind, those of short segments put together.

    Args:
        placed: segments, each with the bank's number of its first row.
        key: which hash.
    """
    short = []
    for start, segment in placed:
        if key not in segment.hashes:
            continue
        is_vector = segment.is_vector(key)
        values = segment.vectors(key) if is_vector else segment.columns(key)
        rows = range(start, start + segment.rows)
        if segment.rows < GATHERED_ROWS:
            short.append((is_vector, values, rows))
        else:
            yield Block(values, rows, None if is_vector else segment.tables(key))
    for is_vector, of_kind in itertools.groupby(short, lambda one: one[0]):
        parts = list(of_kind)
        values = np.concatenate([part[1] for part in parts], axis=0 if is_vector else 1)
        yield Block(values, np.concatenate([np.array(part[2]) for part in parts]))
