"""The command line of the benchmark of trained trees."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.robustness.photos import PHOTOS, NoPhotosError, draw_photos, find_photos
from benchmarks.robustness.store import WORK, Store
from benchmarks.speed.rows import facts_of_run, write_rows
from benchmarks.trees import attacked, published

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "trees.jsonl"
_PARTS = ("published", "attacks")
_QUICK_PHOTOS = 24


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trees",
        description="Trains trees on one half of a table and judges the other, beside fixed rules.",
        epilog="example: python -m benchmarks.trees --only published --results trees.jsonl",
    )
    add = parser.add_argument
    add("--photos", type=Path, default=PHOTOS, metavar="FOLDER", help="the photographs")
    add("--sample", type=int, metavar="N", help="take N of them, evenly spaced")
    add("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts; needs --results")
    add("--jobs", type=int, default=1, metavar="N", help="processes that alter and hash")
    add("--work", type=Path, default=WORK, metavar="FOLDER", help="where hashes are kept")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    add("--quick", action="store_true", help="smoke run on drawn pictures; needs --results")
    wanted = parser.parse_args(arguments)
    if wanted.results is None and (wanted.quick or wanted.only is not _PARTS):
        parser.error("a part of the run needs --results FILE")
    try:
        with tempfile.TemporaryDirectory() as folder:
            if wanted.quick:
                wanted.photos, wanted.work = Path(folder) / "photos", Path(folder) / "codes"
                draw_photos(wanted.photos, _QUICK_PHOTOS)
            rows = list(_rows(wanted))
    except NoPhotosError as error:
        sys.stderr.write(f"benchmarks.trees: {error}\n")
        return 1
    write_rows(wanted.results or _RESULTS, rows, {**facts_of_run(), "family": "trees"})
    return 0 if wanted.results else tables.main([])


def _rows(wanted: argparse.Namespace) -> Iterator[dict[str, Any]]:
    if "published" in wanted.only:
        yield from published.rows()
        _say("published table")
    if "attacks" in wanted.only:
        photos = find_photos(wanted.photos, wanted.sample)
        yield from attacked.rows(photos, Store(wanted.work), jobs=wanted.jobs, say=_say)


def _say(done: str) -> None:
    sys.stderr.write(f"\r\033[K{done}" if sys.stderr.isatty() else f"{done}\n")
    sys.stderr.flush()
