"""The command line of the benchmark of watermarks."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.marking import campaign, nulls, peers
from benchmarks.robustness.photos import PHOTOS, draw_photos
from benchmarks.speed.rows import facts_of_run, write_rows

_ROOT = Path(__file__).resolve().parent.parent
_RESULTS = _ROOT / "results" / "marking.jsonl"
_SCRATCH = _ROOT / ".scratch" / "marking"
_PARTS = ("robustness", "sizes", "nulls", "peers")
_PICTURES, _NULLS, _PEER_PICTURES = 320, 10_000, 40
_SIZES = {"2 megapixels": (1225, 16), "12 megapixels": (3000, 6)}  # shorter side, pictures


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.marking",
        description="Measures watermarks: copies they are read from, what shows, what chance does.",
        epilog="example: python -m benchmarks.marking --only robustness",
    )
    add = parser.add_argument
    add("--photos", type=Path, default=PHOTOS, metavar="FOLDER", help="the photographs")
    add("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts")
    add("--pictures", type=int, default=_PICTURES, metavar="N", help="unseen photographs")
    add("--nulls", type=int, default=_NULLS, metavar="N", help="pictures without a mark")
    add("--scratch", type=Path, default=_SCRATCH, metavar="FOLDER", help="goes on from here")
    add("--peer-python", type=Path, metavar="FILE", help="interpreter that has blind-watermark")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    add("--quick", action="store_true", help="smoke run on drawn pictures; needs --results")
    wanted = parser.parse_args(arguments)
    if wanted.quick and wanted.results is None:
        parser.error("--quick needs --results FILE")
    with tempfile.TemporaryDirectory() as folder:
        if wanted.quick:
            draw_photos(Path(folder) / "photos", 6)
            wanted.photos, wanted.scratch = Path(folder) / "photos", Path(folder) / "scratch"
            wanted.pictures, wanted.nulls = 6, 2
        paths = sorted(wanted.photos.glob("*.*"))
        if not paths:
            sys.stderr.write(f"benchmarks.marking: no pictures in {wanted.photos}\n")
            return 1
        rows = list(_rows(paths, wanted))
    write_rows(wanted.results or _RESULTS, rows, {**facts_of_run(), "family": "marking"})
    return 0 if wanted.results else tables.main([])


def _rows(paths: Sequence[Path], wanted: argparse.Namespace) -> Iterator[dict[str, Any]]:
    fitting = [path for path in paths if campaign.large_enough(path)]
    unseen = [path for path in fitting if campaign.is_unseen(path)]
    unseen = _evenly(unseen or fitting, wanted.pictures)
    if "robustness" in wanted.only:
        records = campaign.run(unseen, wanted.scratch / "robustness.jsonl")
        yield {"set": "marking-robustness", "what": "eikona", **campaign.summary(records)}
    if "sizes" in wanted.only and not wanted.quick:
        for name, (side, count) in _SIZES.items():
            scratch = wanted.scratch / f"side-{side}.jsonl"
            records = campaign.run(_evenly(unseen, count), scratch, side)
            yield {"set": f"marking-{side}", "what": name, **campaign.summary(records)}
    if "nulls" in wanted.only:
        records = nulls.run(paths, wanted.nulls, wanted.scratch / "nulls.jsonl")
        yield {"set": "marking-nulls", "what": "eikona", **nulls.summary(records)}
    if "peers" in wanted.only and wanted.peer_python is not None:
        for row in peers.run(_evenly(unseen, _PEER_PICTURES), wanted.peer_python):
            yield {"set": f"marking-peers-{row['what']}", **row}


def _evenly(paths: Sequence[Path], count: int) -> list[Path]:
    count = min(count, len(paths))
    return [paths[(2 * k + 1) * len(paths) // (2 * count)] for k in range(count)]
