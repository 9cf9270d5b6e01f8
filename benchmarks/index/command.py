"""The command ``python -m benchmarks.index``: measures, writes results, regenerates the docs."""

import argparse
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import tables
from benchmarks.index import code_sets
from benchmarks.index.measure import Row, measure
from benchmarks.index.searchers import searchers
from benchmarks.speed.pictures import PHOTOS, NoPicturesError
from benchmarks.speed.rows import facts_of_run, versions_of, write_rows
from eikona.native.switch import COMPILE_FOR, prepare

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "index.jsonl"
_QUICK_RESULTS = Path(__file__).resolve().parent.parent / ".scratch" / "quick" / "index.jsonl"
_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_LARGE = 1_000_000  # codes: smaller banks only show how time grows, with random codes
_RADIUS, _WIDE_RADIUS = 31, 74
_WIDE_CODES = 1_000_000
_ORIENTATIONS = 8
_QUERIES = 1000
_QUICK_SIZES, _QUICK_QUERIES = (2_000, 100_000), 20
_PARTS = (*code_sets.KINDS, "wide")
_PACKAGES = {"faiss": "faiss-cpu", "numba": "numba"}


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    wanted = _parser().parse_args(arguments)
    if not prepare(COMPILE_FOR):
        _say("benchmarks.index: the kernels do not compile here: install numba")
        return 1
    faiss_too = importlib.util.find_spec("faiss") is not None
    if not faiss_too and not wanted.quick:
        _say("benchmarks.index: faiss is not installed: see benchmarks/README.md")
        return 1
    try:
        _measure_parts(wanted, faiss_too=faiss_too)
    except NoPicturesError as error:
        _say(f"benchmarks.index: {error}")
        return 1
    except KeyboardInterrupt:
        _say("\nInterrupted: the sets that were finished are written.")
        return 130
    return 0 if wanted.quick or wanted.results else tables.main([])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.index",
        description="Times exact search among 256-bit codes beside faiss and a bare read.",
        epilog="Example: python -m benchmarks.index --only random wide --most 1000000",
    )
    parser.add_argument(
        "--only", nargs="+", choices=_PARTS, metavar="PART", help=f"of {', '.join(_PARTS)}"
    )
    parser.add_argument("--most", type=int, metavar="N", help="codes of the largest bank")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of every set")
    parser.add_argument(
        "--pictures",
        type=Path,
        default=PHOTOS,
        metavar="FOLDER",
        help="photographs for real codes (default: ../shared/data/photos)",
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="write the rows there and leave the docs alone (default: benchmarks/results)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="smoke run on small banks and with the peers there are; leaves results and docs",
    )
    return parser


def _measure_parts(wanted: argparse.Namespace, *, faiss_too: bool) -> None:
    facts = facts_of_run() | {"family": "index"}
    facts["machine"] |= versions_of(_PACKAGES)
    results = wanted.results or (_QUICK_RESULTS if wanted.quick else _RESULTS)
    rounds = 1 if wanted.quick else wanted.rounds
    queries = _QUICK_QUERIES if wanted.quick else _QUERIES
    for part in wanted.only or _PARTS:
        if part == "real" and wanted.quick:
            continue
        for size in _sizes(part, wanted):
            began = time.monotonic()
            kind = "random" if part == "wide" else part
            count = queries // _ORIENTATIONS * _ORIENTATIONS if part == "wide" else queries
            codes = code_sets.make(kind, size, count, wanted.pictures, _say)
            found = list(searchers(faiss_too=faiss_too))
            if part == "wide":
                rows = _wide(codes, found, rounds)
            else:
                rows = measure(found, codes, _RADIUS, rounds, (1, 2), _say)
            write_rows(results, rows, facts)
            _say(f"{part}, {size} codes: {time.monotonic() - began:.0f} s")


def _wide(codes: code_sets.CodeSet, found: Sequence, rounds: int) -> list[Row]:
    """Measure the rule's radius: each query is the eight orientations of one picture."""
    exact = [one for one in found if "IVF" not in one.what and "MultiHash" not in one.what]
    exact = [one for one in exact if "banded" not in one.what]
    rows = measure(exact, codes, _WIDE_RADIUS, rounds, (1, 2), _say, together=_ORIENTATIONS)
    return [row | {"set": "wide", "pictures": len(codes.queries) // _ORIENTATIONS} for row in rows]


def _sizes(part: str, wanted: argparse.Namespace) -> Sequence[int]:
    sizes = _QUICK_SIZES if wanted.quick else _SIZES
    if part == "wide":
        sizes = (min(_WIDE_CODES, max(sizes)),)
    elif part != "random":
        sizes = [size for size in sizes if size >= min(_LARGE, max(sizes))]
    return [size for size in sizes if size <= (wanted.most or max(sizes))]


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
