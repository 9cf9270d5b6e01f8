"""Times contenders in interleaved rounds, so that a machine's drift hits all of them alike.

A round runs every contender once over the same pictures. Within it the pictures go by in blocks,
and each block is run by one contender after the other, in an order drawn anew for each block: what
two contenders are compared by lies seconds apart at most.
"""

import gc
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.contender import Contender

_SEED = 26
Times = Mapping[str, NDArray[np.float64]]  # seconds, shape (rounds, pictures), NaN where not run


def time_rounds(
    contenders: Sequence[Contender],
    pictures: Sequence[bytes],
    *,
    rounds: int,
    block: int,
    report: Callable[[int], None],
) -> Times:
    """Return how long each contender took for each picture in each round.

    Args:
        contenders: what to time; names are unique.
        pictures: encoded images.
        rounds: how often; one more round goes before them untimed.
        block: pictures that a contender does at a stretch.
        report: called with the number of rounds done.
    """
    gc.collect()
    gc.freeze()  # what is imported by now need not be looked through before every measurement
    order = np.random.default_rng(_SEED)
    times = {c.what: np.full((rounds, len(pictures)), np.nan) for c in contenders}
    chosen = {c.what: _spread(len(pictures), c.pictures) for c in contenders}
    for number in range(-1, rounds):
        running = [c for c in contenders if number % c.every == 0 or number == -1]
        for start in range(0, len(pictures), block):
            places = range(start, min(start + block, len(pictures)))
            for index in order.permutation(len(running)):
                contender = running[index]
                mine = [place for place in places if place in chosen[contender.what]]
                if number == -1:
                    mine = mine[:1]
                seconds = _time(contender, [pictures[place] for place in mine])
                if number >= 0:
                    times[contender.what][number, mine] = seconds
        report(number + 1)
    return times


def _spread(count: int, wanted: int | None) -> frozenset[int]:
    """Return ``wanted`` places of ``count``, evenly spaced."""
    if wanted is None or wanted >= count:
        return frozenset(range(count))
    return frozenset((2 * k + 1) * count // (2 * wanted) for k in range(wanted))


def _time(contender: Contender, pictures: Sequence[bytes]) -> list[float]:
    prepared = [contender.prepare(data) for data in pictures]
    seconds = []
    gc.collect()
    gc.disable()
    try:
        for argument in prepared:
            begin = time.perf_counter()
            contender.run(argument)
            seconds.append(time.perf_counter() - begin)
    finally:
        gc.enable()
    return seconds
