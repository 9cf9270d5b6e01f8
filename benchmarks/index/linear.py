"""Measures the plain scan beside faiss's flat index, and a bank of a million codes on disk.

usage: python -m benchmarks.index.linear [--rounds N] [--results FILE] [--quick]

Writes benchmarks/results/linear.jsonl and the tables of the docs. Needs faiss-cpu.
"""

import argparse
import importlib.metadata
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed.one_thread import use_one_thread

if __name__ == "__main__":
    use_one_thread()  # before anything imports NumPy

import numpy as np

import eikona
from benchmarks import tables
from benchmarks.speed.rows import Row, facts_of_run, spread, write_rows
from eikona.matching.linear import hamming_within, word_columns, word_rows

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "linear.jsonl"
_CODES, _QUICK_CODES = 1_000_000, 20_000
_SCANNED = 10_000  # entries of a bank that a folder is scanned against
_BYTES = 32
_RADIUS, _WIDE_RADIUS = 31, 74
_ORIENTATIONS, _PICTURES = 8, 16
_ROUNDS = 40
_TURNS = 7  # of each contender in a round
FLAT, OURS = "faiss, IndexBinaryFlat.range_search", "eikona, plain scan"

Calls = Mapping[str, Callable[[], object]]


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index.linear", description=__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, metavar="N")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write there, leave the docs")
    parser.add_argument("--quick", action="store_true", help="small banks; leaves results and docs")
    wanted = parser.parse_args(arguments)
    random = np.random.default_rng(11)
    number = _QUICK_CODES if wanted.quick else _CODES
    codes = random.integers(0, 256, (number, _BYTES), np.uint8)
    rows = [
        *_one_query(codes, wanted.rounds),
        *_pictures(codes[:_SCANNED], random, max(1, wanted.rounds // 4)),
        *_bank(codes),
    ]
    if wanted.quick:
        return 0
    facts = facts_of_run() | {"family": "linear"}
    facts["machine"]["faiss"] = importlib.metadata.version("faiss-cpu")
    write_rows(wanted.results or _RESULTS, rows, facts)
    return 0 if wanted.results else tables.main([])


def _one_query(codes: Any, rounds: int) -> list[Row]:
    """Time one query against all codes, each round another one, the two in turns."""
    import faiss  # noqa: PLC0415  a peer, which only this needs

    faiss.omp_set_num_threads(1)
    flat = faiss.IndexBinaryFlat(8 * _BYTES)
    flat.add(codes)
    columns = word_columns(codes)
    return [row for radius in (_RADIUS, _WIDE_RADIUS) for row in _at(radius, flat, columns, rounds)]


def _at(radius: int, flat: Any, columns: Any, rounds: int) -> list[Row]:
    times: dict[str, list[float]] = {FLAT: [], OURS: []}
    for number in range(-3, rounds):
        words = np.ascontiguousarray(columns[:, [abs(number)]].T)
        code = words.view(np.uint8)
        calls: Calls = {
            FLAT: lambda code=code: flat.range_search(code, radius + 1),  # without its radius
            OURS: lambda words=words: hamming_within(columns, words, radius),
        }
        # What else the machine does only ever adds time: the least of a few turns is a round's.
        turns = [_in_turns(calls, backwards=turn % 2 == 1) for turn in range(_TURNS)]
        if number >= 0:
            for what, values in times.items():
                values.append(min(taken[what] for taken in turns) * 1000)
    ours = hamming_within(columns, words, radius)
    assert len(ours.rows) == len(flat.range_search(code, radius + 1)[2])
    floor = np.array(times[FLAT])
    rows = [
        {
            "set": f"one-{radius}",
            "what": what,
            "codes": columns.shape[1],
            "radius": radius,
            "unit": "ms",
            **spread("median", "iqr", np.array(values)),
            **spread("ratio", "ratio_iqr", np.array(values) / floor),
            "rounds": rounds,
        }
        for what, values in times.items()
    ]
    _say(f"radius {radius}: {rows[-1]['median']} ms, {rows[-1]['ratio']} x faiss")
    return rows


def _pictures(codes: Any, random: np.random.Generator, rounds: int) -> list[Row]:
    """Time some pictures in eight orientations against the bank of a folder's scan."""
    import faiss  # noqa: PLC0415  a peer, which only this needs

    flat = faiss.IndexBinaryFlat(8 * _BYTES)
    flat.add(codes)
    columns = word_columns(codes)
    batch = random.integers(0, 256, (_ORIENTATIONS * _PICTURES, _BYTES), np.uint8)
    words = word_rows(batch)
    calls: Calls = {
        FLAT: lambda: flat.range_search(batch, _WIDE_RADIUS + 1),
        OURS: lambda: hamming_within(columns, words, _WIDE_RADIUS),
    }
    times: dict[str, list[float]] = {FLAT: [], OURS: []}
    for number in range(rounds):
        turns = [_in_turns(calls, backwards=(turn + number) % 2 == 1) for turn in range(_TURNS)]
        for what, values in times.items():
            values.append(min(taken[what] for taken in turns) * 1000 / _PICTURES)
    rows = [
        {
            "set": "scan",
            "what": f"{what}, a picture in 8 orientations",
            "codes": len(codes),
            "radius": _WIDE_RADIUS,
            "unit": "ms",
            **spread("median", "iqr", np.array(values)),
            **spread("ratio", "ratio_iqr", np.array(values) / np.array(times[FLAT])),
            "rounds": rounds,
        }
        for what, values in times.items()
    ]
    _say(f"scan: {rows[-1]['median']} ms a picture, {rows[-1]['ratio']} x faiss")
    return rows


def _bank(codes: Any) -> list[Row]:
    """Time filling a bank, opening it, and one search in it."""
    names = [f"photos/{number // 1000}/{number}.jpg" for number in range(len(codes))]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bank"
        bank = eikona.Bank.create(place)
        calls = {
            "add all codes": lambda: bank.add_codes("pdq", names, codes),
            "open": lambda: eikona.Bank.open(place),
            "search one code, opened anew": lambda: eikona.Bank.open(place).search_codes(
                "pdq", codes[5:6], _RADIUS
            ),
            "add one code more": lambda: bank.add_codes("pdq", ["one more"], codes[:1]),
            "remove it": lambda: bank.remove("one more"),
        }
        taken = _in_turns(calls)
    return [
        {"set": "bank", "what": what, "codes": len(codes), "unit": "ms", "median": _ms(seconds)}
        for what, seconds in taken.items()
    ]


def _in_turns(calls: Calls, *, backwards: bool = False) -> dict[str, float]:
    taken = {}
    for what in reversed(calls) if backwards else calls:
        began = time.perf_counter()
        calls[what]()
        taken[what] = time.perf_counter() - began
    return taken


def _ms(seconds: float) -> float:
    return float(f"{seconds * 1000:.4g}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
