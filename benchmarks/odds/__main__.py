"""Calibrates the odds of rule eikona: how near chance brings pictures that are no copies.

usage: python -m benchmarks.odds [--align] [--photos FOLDER]

Counts PDQ distances and inliers over pairs of different photographs. With --align it first aligns
what is not aligned yet, which takes hours, may be interrupted, and goes on where it was. Writes
src/eikona/deciding/calibration/*.json, benchmarks/results/odds.jsonl, tables and plots.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import tables
from benchmarks.odds import inlier_tail, tail
from benchmarks.odds.aligned_pool import CROP, TILE, WHOLE, AlignedPool, pool_of
from benchmarks.odds.alignment_run import read, run
from benchmarks.robustness.photos import PHOTOS, NoPhotosError, find_photos
from benchmarks.speed.rows import facts_of_run
from eikona.deciding.eikona import limits_at
from eikona.deciding.odds import (
    DEFAULT_ODDS,
    WIDE,
    inlier_calibration,
    pdq_calibration,
    together_calibration,
)
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.domain.local_features import LOCAL_FEATURES
from eikona.hashing.registry import ALGORITHMS
from eikona.native.switch import COMPILE_FOR, prepare

_ROOT = Path(__file__).resolve().parents[2]
_RESULTS = _ROOT / "benchmarks" / "results" / "odds.jsonl"
_WORK = _ROOT / "benchmarks" / ".scratch" / "odds"
_SHIPPED = _ROOT / "src" / "eikona" / "deciding" / "calibration"
_TAIL_BELOW = 76  # bits: 42 pairs of the shipped set are nearer; further away counts rise faster
_TOGETHER_BELOW = 106  # bits, likewise of PDQ and a fourth of dHash
_ENTRIES = (10_000, 100_000, 1_000_000, 10_000_000)
_ALL_LOOKS = 4  # PDQ, PDQ and dHash, inliers anywhere, inliers that reach wide
_COUNTS_A_LINE = 16
_AT_BITS = (31, 50)  # distances whose chance is published with its error
_AT_INLIERS = tuple(range(inlier_tail.TAIL_FROM, 17))
_SETS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "whole": ("whole photographs", (WHOLE,)),
    "tiles": ("whole photographs and their tiles, 192 pixels a side or more", (WHOLE, TILE)),
    "all": (
        "these and six random crops of each, half a side or more",
        (WHOLE, TILE, CROP),
    ),
}
_ALL = "whole photographs, their tiles, and six random crops of each"


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.odds", description=__doc__)
    parser.add_argument("--photos", type=Path, default=PHOTOS, metavar="FOLDER")
    parser.add_argument("--align", action="store_true", help="go on aligning first: hours")
    wanted = parser.parse_args(arguments)
    try:
        photos = find_photos(wanted.photos)
    except NoPhotosError as error:
        sys.stderr.write(f"benchmarks.odds: {error}\n")
        return 1
    prepare(COMPILE_FOR)
    pool = pool_of(photos, _WORK)
    if wanted.align:
        run(pool, _WORK / "alignments")
    facts = facts_of_run() | {"family": "odds"}
    rows = [*_distances(pool, facts), *_inliers(pool, facts)]
    rows = [row | facts for row in (*rows, *_limits())]
    _RESULTS.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tables.main([])


def _distances(pool: AlignedPool, facts: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for name, (_, kinds) in _SETS.items():
        hashed = pool.hashed(kinds)
        counted = tail.count(hashed)
        fitted = tail.fit(counted, _TAIL_BELOW, _AT_BITS)
        yield _row(name, name, counted, fitted)
        if name == "whole":  # too few pairs to be near by both
            continue
        together = tail.count(hashed, with_dhash=True)
        both = tail.fit(together, _TOGETHER_BELOW, _AT_BITS, step=1)
        yield _row(f"together-{name}", name, together, both)
        if name == "all":
            _ship("pdq", ["pdq"], counted, fitted, str(facts["date"]))
            _ship("together", ["pdq", "dhash256"], together, both, str(facts["date"]))


def _inliers(pool: AlignedPool, facts: Mapping[str, object]) -> Iterator[dict[str, object]]:
    aligned = read(pool, _WORK / "alignments")
    every = inlier_tail.verified(pool, aligned, _WORK)
    for name, (what, kinds) in _SETS.items():
        wanted = np.isin(pool.kind, kinds)
        part, pairs = every.part(wanted), inlier_tail.pairs_among(pool, aligned, wanted)
        if not pairs:
            continue
        fitted = inlier_tail.fit(pool, part, pairs, _AT_INLIERS)
        row = {
            "set": f"inliers-{name}",
            "what": what,
            "photos": int(pool.photo.max()) + 1,
            "pictures": int(wanted[aligned.done].sum()),
            "of": int(wanted.sum()),
            "pairs": pairs,
            "counts": _counted(part.inliers),
            "wide": _counted(part.inliers[part.reach >= WIDE]),
            "before_guards": _counted(part.found[:, 2]),
            "near": _near_too(pool, part),
            "per_inlier": [round(v, 4) for v in (fitted.per_inlier, fitted.low, fitted.high)],
            "chance_at": {str(k): _short(v) for k, v in fitted.chance_at.items()},
        }
        yield row
        if name == "all":
            _ship_inliers(row, fitted, str(facts["date"]))


def _limits() -> Iterator[dict[str, object]]:
    """Yield the limits that follow from what was shipped just now."""
    for calibration in (inlier_calibration, pdq_calibration, together_calibration):
        calibration.cache_clear()
    for entries in _ENTRIES:
        limits = limits_at(entries, DEFAULT_ODDS, _ALL_LOOKS)
        yield {"set": "limits", "entries": entries, **dataclasses.asdict(limits)}


def _counted(inliers: Any) -> dict[str, int]:
    """Return how many pairs have each number of inliers, from where the tail begins."""
    numbers, times = np.unique(inliers[inliers >= inlier_tail.TAIL_FROM], return_counts=True)
    return {str(n): int(t) for n, t in zip(numbers.tolist(), times.tolist(), strict=True)}


def _near_too(pool: AlignedPool, part: inlier_tail.Verified) -> list[list[int]]:
    """Return inliers, PDQ distance, whether too plain, and reach in percent of pairs that count."""
    near = part.inliers >= inlier_tail.TAIL_FROM
    one, other = part.found[near, 0], part.found[near, 1]
    bits = np.bitwise_count(pool.codes[one] ^ pool.codes[other, :1]).sum(axis=2).min(axis=1)
    plain = np.minimum(pool.quality[one], pool.quality[other]) < QUALITY_TO_MATCH
    reach = np.rint(100 * part.reach[near]).astype(int)
    columns = (part.inliers[near], bits, plain.astype(int), reach)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return sorted((list(row) for row in rows), key=lambda row: (-row[0], row[1]))


def _short(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.3g}") for value in values]


def _row(name: str, pictures: str, counted: tail.Counted, fitted: tail.Tail) -> dict[str, object]:
    least, last = counted.counts.nonzero()[0][[0, -1]].tolist()
    return {
        "set": name,
        "what": _SETS[pictures][0],
        "photos": counted.photos,
        "pairs": counted.pairs,
        "least": least,
        "counts": {str(d): int(counted.counts[d]) for d in range(least, last + 1)},
        "tail_below": fitted.below,
        "tail_pairs": fitted.seen,
        "tail_per_bit": round(fitted.per_bit, 4),
        "chance_at": {
            str(distance): _short(values) for distance, values in fitted.chance_at.items()
        },
    }


def _ship(
    name: str, hashes: Sequence[str], counted: tail.Counted, fitted: tail.Tail, date: str
) -> None:
    contents = {
        "source": f"{counted.pairs:,} pairs of pictures from {counted.photos:,} photographs, one of"
        f" each of 1,000 classes of ImageNet: {_ALL}; no pair from one photograph;"
        f" counted on {date} by python -m benchmarks.odds",
        "algorithm": ", ".join(str(ALGORITHMS[hash_name].id) for hash_name in hashes),
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
    (_SHIPPED / f"{name}.json").write_text(
        f'{{\n{facts} "counts": [\n  {listed}\n ]\n}}\n', encoding="utf-8"
    )


def _ship_inliers(row: Mapping[str, Any], fitted: inlier_tail.InlierTail, date: str) -> None:
    contents = {
        "source": f"{row['pairs']:,} pairs of pictures from 1,000 photographs, one of each of 1,000"
        f" classes of ImageNet: {_ALL}; no pair from one photograph; counted on {date} by"
        " python -m benchmarks.odds",
        "algorithm": str(LOCAL_FEATURES),
        "pairs": row["pairs"],
        "tail_from": inlier_tail.TAIL_FROM,
        "tail_per_inlier": round(fitted.low, 4),
        "tail_per_inlier_is": "the lower end of its 95 % band; its middle is"
        f" {fitted.per_inlier:.4f}",
        "at_most_is": "the upper end of the 95 % band of the pairs from 4 inliers on",
        "anywhere": _tail_of(row["counts"]),
        "wide": {"reach": WIDE, **_tail_of(row["wide"])},
    }
    text = json.dumps(contents, indent=1, ensure_ascii=False)
    (_SHIPPED / "inliers.json").write_text(f"{text}\n", encoding="utf-8")


def _tail_of(counts: Mapping[str, int]) -> dict[str, object]:
    return {"counts": counts, "at_most": round(inlier_tail.most_likely_seen(sum(counts.values())))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
