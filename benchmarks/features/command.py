"""The command line of the benchmark of local features."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import tables
from benchmarks.features import quality, speed
from benchmarks.features.extractors import EIKONA, extractors
from benchmarks.features.quality import Row
from benchmarks.robustness.photos import (
    PHOTOS,
    NoPhotosError,
    Photo,
    draw_photos,
    evenly,
    find_photos,
    upright,
)
from benchmarks.speed.rows import facts_of_run, spread, write_rows
from eikona.imaging.alterations.catalogue import ATTACKS
from eikona.matching.guards import GUARDS
from eikona.native.switch import COMPILE_FOR, prepare

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "features.jsonl"
_PHOTOS, _OTHERS = 200, 40  # copies of so many, each against so many other photographs
_GUARD_PHOTOS, _GUARD_OTHERS = 60, 20
_HARD = 40  # pictures of a class of hard negatives
_TIMED = 30  # pictures
_PARTS = ("quality", "pairs", "guards", "speed")


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.features",
        description="Measures local features: copies that align, other pictures that do, speed.",
        epilog="example: python -m benchmarks.features --only speed",
    )
    add = parser.add_argument
    add("--photos", type=Path, default=PHOTOS, metavar="FOLDER", help="the photographs")
    add("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    add("--quick", action="store_true", help="smoke run on drawn pictures; needs --results")
    wanted = parser.parse_args(arguments)
    if wanted.quick and wanted.results is None:
        parser.error("--quick needs --results FILE")
    prepare(COMPILE_FOR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            if wanted.quick:
                draw_photos(Path(folder), 12)
            photos = find_photos(Path(folder) if wanted.quick else wanted.photos)
            rows = list(_rows(photos, wanted.only))
    except NoPhotosError as error:
        sys.stderr.write(f"benchmarks.features: {error}\n")
        return 1
    write_rows(wanted.results or _RESULTS, rows, {**facts_of_run(), "family": "features"})
    return 0 if wanted.results else tables.main([])


def _rows(photos: Sequence[Photo], parts: Sequence[str]) -> Iterator[Row]:
    unseen = evenly([photo for photo in photos if not photo.is_even], _PHOTOS)
    if "quality" in parts or "guards" in parts:
        yield from _quality(unseen, parts)
    if "pairs" in parts:
        yield _pairs(photos)
    if "speed" in parts:
        lumas = [
            np.asarray(upright(p.path.read_bytes()).convert("L")) for p in evenly(photos, _TIMED)
        ]
        megapixels = sum(luma.size for luma in lumas) / len(lumas) / 1e6
        for name, times in (("extraction", speed.extraction), ("alignment", speed.alignment)):
            for what, rounds in times(lumas).items():
                yield {
                    "set": f"features-{name}",
                    "what": what,
                    **spread("median", "iqr", rounds),
                    "least": round(min(rounds), 4),
                    "unit": "ms",
                    "pictures": len(lumas),
                    "megapixels": round(megapixels, 3),
                }


def _quality(photos: Sequence[Photo], parts: Sequence[str]) -> Iterator[Row]:
    extract = extractors()
    if "quality" not in parts:
        photos, extract = photos[:_GUARD_PHOTOS], {EIKONA: extract[EIKONA]}
    found, pdq = quality.collect(
        photos, list(ATTACKS.values()), extract, lambda n: _said(f"{n} of {len(photos)} photos")
    )
    if "quality" in parts:
        near = {name: values <= quality.PDQ_NEAR for name, values in pdq.items()}
        yield _row("features-quality", f"PDQ×8 ≤ {quality.PDQ_NEAR}", photos) | {
            "recall": {"": round(float(np.mean([n.mean() for n in near.values()])), 6)},
            "attacks": {name: round(float(n.mean()), 4) for name, n in near.items()},
        }
        for name, collection in found.items():
            yield from _recall(name, collection, near, photos)
        for name in found:
            for kind, features in quality.hard_features(photos, extract[name], _HARD):
                inliers = quality.inliers_within(features)
                yield _row("features-hard", kind, photos) | {
                    "by": name,
                    "pairs": inliers.size,
                    "shares": quality.shares(inliers),
                    "most": int(inliers.max()),
                }
            _said(f"hard negatives of {name}")
    if "guards" in parts:
        yield from _guards(found[EIKONA].part(_GUARD_PHOTOS), photos)


def _recall(
    name: str, found: quality.Collection, near: dict[str, np.ndarray], photos: Sequence[Photo]
) -> Iterator[Row]:
    inliers = quality.inliers_of_copies(found)
    others = quality.inliers_of_others(found, _OTHERS)
    _said(f"alignments of {name}")
    every = np.concatenate(list(inliers.values()))
    hashed = np.concatenate(list(near.values()))
    yield _row("features-quality", name, photos) | {
        "recall": quality.shares(every),
        "with_pdq": {
            str(count): round(float(((every >= count) | hashed).mean()), 6)
            for count in quality.COUNTS
        },
        "false": quality.numbers(others),
        "pairs": others.size,
        "attacks": {attack: quality.shares(values) for attack, values in inliers.items()},
    }


def _pairs(photos: Sequence[Photo]) -> Row:
    extract = extractors()[EIKONA]
    features = [extract(np.asarray(upright(p.path.read_bytes()).convert("L"))) for p in photos]
    inliers = quality.inliers_of_pairs(features)
    _said("pairs of photographs")
    return _row("features-pairs", EIKONA, photos) | {
        "pairs": inliers.size,
        "false": quality.numbers(inliers),
        "most": int(inliers.max()),
        "features": round(float(np.mean([len(one) for one in features])), 1),
    }


def _guards(found: quality.Collection, photos: Sequence[Photo]) -> Iterator[Row]:
    hard = dict(quality.hard_features(photos, extractors()[EIKONA], _HARD))
    sets = {"all guards": dict(GUARDS), "no guard": {}}
    for left_out in GUARDS:
        guards = {name: guard for name, guard in GUARDS.items() if name != left_out}
        sets[f"without {left_out}"] = guards
    for place, (name, guards) in enumerate(sets.items()):
        inliers = np.concatenate(list(quality.inliers_of_copies(found, guards).values()))
        others = quality.inliers_of_others(found, _GUARD_OTHERS, guards)
        within = {kind: quality.inliers_within(few, guards) for kind, few in hard.items()}
        yield _row("features-guards", name, photos[:_GUARD_PHOTOS]) | {
            "place": place,
            "recall": quality.shares(inliers),
            "false": quality.numbers(others),
            "pairs": others.size,
            "hard": {kind: quality.shares(values) for kind, values in within.items()},
        }
        _said(name)


def _row(kind: str, what: str, photos: Sequence[Photo]) -> Row:
    return {"set": kind, "what": what, "photos": len(photos)}


def _said(done: str) -> None:
    sys.stderr.write(f"\r\033[K{done}")
    sys.stderr.flush()
