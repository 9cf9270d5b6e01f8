"""The command ``python -m benchmarks.index.banks``: what changing and opening a bank on disk takes.

Times are of single calls, in milliseconds; each change is looked for when its call has returned.
Beside them stands what the same number of calls takes that only compute as long (``idle``): where a
machine is shared, its slowest calls are the machine's, not the bank's.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.index.measure import Row
from benchmarks.speed.rows import facts_of_run, write_rows
from eikona.adapters.bank.store import BankStore
from eikona.domain.bank import Entry
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.native.switch import COMPILE_FOR, prepare
from eikona.services.ports import HashKey
from eikona.services.search_codes import search_codes

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "index-banks.jsonl"
_SIZES = (1_000_000, 10_000_000)
_CHANGES, _DURABLE, _OPENINGS = 5000, 200, 20
_IDLE_STEPS = 2000  # of a loop, about as long as a change
_PARTS = 4  # segments that a merge makes one
_KEY = HashKey("pdq", 1, 32)
_CREATED = datetime(2026, 11, 21, tzinfo=UTC)

Codes = NDArray[np.uint8]


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.index.banks",
        description="Times adding to, removing from, opening and merging banks on disk.",
        epilog="Example: python -m benchmarks.index.banks --sizes 1000000",
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, metavar="N")
    parser.add_argument("--changes", type=int, default=_CHANGES, metavar="N")
    parser.add_argument("--results", type=Path, default=_RESULTS, metavar="FILE")
    wanted = parser.parse_args(arguments)
    if not prepare(COMPILE_FOR):
        sys.stderr.write("benchmarks.index.banks: the kernels do not compile here\n")
        return 1
    facts = facts_of_run() | {"family": "index-banks"}
    rows = []
    for size in wanted.sizes:
        with tempfile.TemporaryDirectory() as folder:
            for row in measure(Path(folder), size, wanted.changes):
                rows.append(row)
                sys.stderr.write(f"{row}\n")
    write_rows(wanted.results, rows, facts)
    return 0


def measure(folder: Path, size: int, changes: int) -> Iterator[Row]:
    """Yield the rows of one size.

    Args:
        folder: where the bank is made.
        size: entries.
        changes: that are timed, of each kind.
    """
    random = np.random.default_rng(size)
    path = BankStore.create(folder / "bank").path
    store = BankStore.open(path)
    each = size // _PARTS
    for part in range(_PARTS - 1):
        _fill(store, random, part * each, each)
    with BankStore.open(path, writable=True) as held:
        _fill(held, random, (_PARTS - 1) * each, size - (_PARTS - 1) * each)
        yield _row("add during a merge", size, _until_merged(held, random, size))
    yield from _openings(path, random, size)
    with BankStore.open(path, writable=True) as held:
        yield _row("idle", size, [_timed(_idle) for _ in range(changes)])
        yield from _changes(held, random, size, changes)


def _changes(
    held: BankStore, random: np.random.Generator, size: int, changes: int
) -> Iterator[Row]:
    added = [_entry(f"new {number}", random) for number in range(changes)]
    times = []
    for one in added:
        times.append(_timed(lambda one=one: held.add([one])))
        _check(held, one.name, there=True)
    yield _row("add", size, times)
    times = []
    for number in random.permutation(size)[:changes]:
        name = f"{number}"
        times.append(_timed(lambda name=name: held.remove([name])))
        _check(held, name, there=False)
    yield _row("remove", size, times)
    lasting = [_entry(f"lasting {number}", random) for number in range(min(changes, _DURABLE))]
    times = [_timed(lambda one=one: held.add([one], durable=True)) for one in lasting]
    yield _row("durable add", size, times)
    code = np.frombuffer(added[0].fingerprint.hashes["pdq"], np.uint8)[None]
    if search_codes(held.snapshot, _KEY, code, 0) != [[(added[0].name, 0)]]:
        raise AssertionError("an entry that was added is not found")


def _openings(path: Path, random: np.random.Generator, size: int) -> Iterator[Row]:
    opened, searched = [], []
    for _ in range(_OPENINGS):
        opened.append(_timed(lambda: BankStore.open(path)))
        snapshot = BankStore.open(path).snapshot
        code = random.integers(0, 256, (1, _KEY.size), np.uint8)
        searched.append(
            _timed(lambda code=code, snapshot=snapshot: search_codes(snapshot, _KEY, code, 31))
        )
    yield _row("open", size, opened)
    yield _row("first search after opening", size, searched)


def _until_merged(held: BankStore, random: np.random.Generator, whole: int) -> list[float]:
    """Add entries as long as segments are being merged; return the time of each."""
    times, number = [], 0
    while max(one.rows for one in held.snapshot.segments) <= whole // 2:
        one = _entry(f"meanwhile {number}", random)
        times.append(_timed(lambda one=one: held.add([one])))
        number += 1
        time.sleep(0.002)
    return times


def _fill(store: BankStore, random: np.random.Generator, first: int, number: int) -> None:
    names = [f"{name}" for name in range(first, first + number)]
    store.add_codes(_KEY, names, random.integers(0, 256, (number, _KEY.size), np.uint8))


def _check(store: BankStore, name: str, *, there: bool) -> None:
    if bool(store.snapshot.find([name.encode()])) is not there:
        raise AssertionError(f"{name} is not as the last change left it")


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def _idle() -> int:
    return sum(range(_IDLE_STEPS))


def _row(what: str, size: int, times: Sequence[float]) -> Row:
    p50, p99, most = np.percentile(times, [50, 99, 100])
    figures = {"p50": p50, "p99": p99, "max": most}
    rounded = {name: round(float(value), 4) for name, value in figures.items()}
    return (
        {"set": f"bank {size}", "what": what, "codes": size, "unit": "ms"}
        | rounded
        | {"calls": len(times)}
    )


def _entry(name: str, random: np.random.Generator) -> Entry:
    picture = Fingerprint(
        width=640,
        height=480,
        frames=1,
        frame=0,
        quality=100,
        decode=DecodeMode.EXACT,
        image_format="jpeg",
        hashes={"pdq": random.bytes(_KEY.size)},
        versions={"pdq": 1},
    )
    return Entry(name=name, fingerprint=picture, created=_CREATED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
