"""Times contenders in interleaved rounds, so that a machine's drift hits all of them alike.

A round runs every contender once over the same pictures. Within it the pictures go by in blocks,
and each block is run by one contender after the other, in an order drawn anew for each block: what
two contenders are compared by lies seconds apart at most.

Each contender has a process of its own: large blocks that one has freed, or what it has told the C
library about memory, would speed up the decoding of another.
"""

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.contender import Contender, Kind

_SEED = 26
_OTHERS = frozenset({Kind.FLOOR, Kind.PEER})
Times = Mapping[str, NDArray[np.float64]]  # seconds, shape (rounds, pictures), NaN where not run


def time_rounds(
    contenders: Sequence[Contender],
    pictures: Sequence[bytes],
    *,
    rounds: int,
    block: int,
    report: Callable[[int], None],
    begin: Callable[[], object],
) -> Times:
    """Return how long each contender took for each picture in each round.

    Args:
        contenders: what to time; names are unique.
        pictures: encoded images.
        rounds: how often; one more round goes before them untimed.
        block: pictures that a contender does at a stretch.
        report: called with the number of rounds done.
        begin: called once in every process of Eikona's, but for contenders that begin cold.
    """
    with ExitStack() as stack:
        processes = {}
        for contender in contenders:
            warm = contender.kind not in _OTHERS and not contender.cold
            process = _process(contender, pictures, begin if warm else lambda: None)
            processes[contender.what] = stack.enter_context(process)
        return _rounds(contenders, len(pictures), rounds, block, report, processes)


@contextmanager
def _process(
    contender: Contender, pictures: Sequence[bytes], begin: Callable[[], object]
) -> Iterator[Connection]:
    """Have a process that times ``contender`` on the pictures whose places it is sent."""
    context = multiprocessing.get_context("fork")  # contenders are closures, which do not travel
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, contender, pictures, begin), daemon=True)
    process.start()
    there.close()
    try:
        yield here
    finally:
        process.kill()
        process.join()
        here.close()


def _serve(
    pipe: Connection, contender: Contender, pictures: Sequence[bytes], begin: Callable[[], object]
) -> None:
    begin()
    gc.collect()
    gc.freeze()  # what is imported by now need not be looked through before every measurement
    while True:
        pipe.send(_time(contender, [pictures[place] for place in pipe.recv()]))


def _rounds(
    contenders: Sequence[Contender],
    count: int,
    rounds: int,
    block: int,
    report: Callable[[int], None],
    processes: Mapping[str, Connection],
) -> Times:
    order = np.random.default_rng(_SEED)
    times = {c.what: np.full((rounds, count), np.nan) for c in contenders}
    chosen = {c.what: _spread(count, c.pictures) for c in contenders}
    for number in range(-1, rounds):
        running = [c for c in contenders if number % c.every == 0 or number == -1]
        for start in range(0, count, block):
            places = range(start, min(start + block, count))
            for index in order.permutation(len(running)):
                contender = running[index]
                mine = [place for place in places if place in chosen[contender.what]]
                if number == -1:
                    mine = mine[:1]
                process = processes[contender.what]
                process.send(mine)
                seconds = process.recv()
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
