"""Calibrates the odds of rule eikona: how near chance brings pictures that are no copies.

usage: python -m benchmarks.odds [--pictures FOLDER]

Writes src/eikona/deciding/calibration/pdq.json, benchmarks/results/odds.jsonl, table and plot. The
shipped calibration rests on whole photographs and tiles of them; random large crops, which show
less plain compositions, are counted beside it to see how much the choice of pictures matters.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import tables
from benchmarks.odds import pool, tail
from benchmarks.speed import pictures
from benchmarks.speed.rows import facts_of_run
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.hashing.registry import ALGORITHMS

_ROOT = Path(__file__).resolve().parents[2]
_RESULTS = _ROOT / "benchmarks" / "results" / "odds.jsonl"
_SHIPPED = _ROOT / "src" / "eikona" / "deciding" / "calibration" / "pdq.json"
_TAIL_BELOW = 80  # bits: some 40 pairs of the shipped set are nearer
_COUNTS_A_LINE = 16
_AT = (31, 50)  # distances whose chance is published with its error
_SETS = {
    "tiles": "whole photographs and their tiles, 192 pixels a side or more",
    "crops": "whole photographs and nine random crops of each, half a side or more",
}


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.odds", description=__doc__)
    parser.add_argument("--pictures", type=Path, default=pictures.PHOTOS, metavar="FOLDER")
    wanted = parser.parse_args(arguments)
    try:
        photos = pictures.find_photos(wanted.pictures)
    except pictures.NoPicturesError as error:
        sys.stderr.write(f"benchmarks.odds: {error}\n")
        return 1
    facts = facts_of_run() | {"family": "odds"}
    rows = []
    for name, cut in (("tiles", pool.tiles), ("crops", pool.crops(seed=1))):
        counted = tail.count(pool.gather(photos, cut))
        fitted = tail.fit(counted, _TAIL_BELOW, _AT)
        rows.append(_row(name, counted, fitted) | facts)
        if name == "tiles":
            _ship(counted, fitted, str(facts["date"]))
    _RESULTS.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tables.main([])


def _row(name: str, counted: tail.Counted, fitted: tail.Tail) -> dict[str, object]:
    least, last = counted.counts.nonzero()[0][[0, -1]].tolist()
    return {
        "set": name,
        "what": _SETS[name],
        "photos": counted.photos,
        "pairs": counted.pairs,
        "least": least,
        "counts": {str(d): int(counted.counts[d]) for d in range(least, last + 1)},
        "tail_below": fitted.below,
        "tail_pairs": fitted.seen,
        "tail_per_bit": round(fitted.per_bit, 4),
        "chance_at": {
            str(distance): [float(f"{value:.3g}") for value in values]
            for distance, values in fitted.chance_at.items()
        },
    }


def _ship(counted: tail.Counted, fitted: tail.Tail, date: str) -> None:
    contents = {
        "source": f"{counted.pairs:,} pairs of pictures from {counted.photos:,} photographs, one of"
        f" each of 1,000 classes of ImageNet: {_SETS['tiles']}; no pair from one photograph;"
        f" counted on {date} by python -m benchmarks.odds",
        "algorithm": str(ALGORITHMS["pdq"].id),
        "least_quality": QUALITY_TO_MATCH,
        "pairs": counted.pairs,
        "tail_below": fitted.below,
        "tail_per_bit": round(fitted.per_bit, 4),
    }
    facts = "".join(
        f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in contents.items()
    )
    counts = [
        ", ".join(map(str, counted.counts[start : start + _COUNTS_A_LINE].tolist()))
        for start in range(0, len(counted.counts), _COUNTS_A_LINE)
    ]
    listed = ",\n  ".join(counts)
    _SHIPPED.write_text(f'{{\n{facts} "counts": [\n  {listed}\n ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
