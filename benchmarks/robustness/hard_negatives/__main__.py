"""Measures what rule eikona makes of different pictures that look alike in places.

usage: python -m benchmarks.robustness.hard_negatives [--photos FOLDER] [--quick --results FILE]
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import tables
from benchmarks.robustness.hard_negatives.groups import groups
from benchmarks.robustness.hard_negatives.measure import Bank, judged, looked_at
from benchmarks.robustness.hard_negatives.pictures import CLASSES, PICTURES, pictures
from benchmarks.robustness.photos import (
    PHOTOS,
    NoPhotosError,
    Photo,
    draw_photos,
    evenly,
    find_photos,
    upright,
)
from benchmarks.speed.rows import Row, facts_of_run, write_rows
from eikona.deciding.rules import parse_rule
from eikona.hashing.registry import ALGORITHMS
from eikona.native.switch import COMPILE_FOR, prepare

_RESULTS = Path(__file__).resolve().parents[2] / "results" / "hard-negatives.jsonl"
_QUICK = 4  # pictures of a class


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.robustness.hard_negatives", description=__doc__
    )
    add = parser.add_argument
    add("--photos", type=Path, default=PHOTOS, metavar="FOLDER", help="the photographs")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    add("--quick", action="store_true", help="smoke run on drawn pictures; needs --results")
    wanted = parser.parse_args(arguments)
    if wanted.quick and wanted.results is None:
        parser.error("--quick needs --results FILE")
    prepare(COMPILE_FOR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            if wanted.quick:
                draw_photos(Path(folder), _QUICK)
            photos = find_photos(Path(folder) if wanted.quick else wanted.photos)
            rows = list(_rows(photos))
    except NoPhotosError as error:
        sys.stderr.write(f"benchmarks.robustness.hard_negatives: {error}\n")
        return 1
    facts = facts_of_run() | {"family": "hard-negatives"}
    write_rows(wanted.results or _RESULTS, rows, facts)
    return 0 if wanted.results else tables.main([])


def _rows(photos: Sequence[Photo]) -> Iterator[Row]:
    count = min(PICTURES, len(photos))
    images = [upright(photo.path.read_bytes()) for photo in evenly(photos, count)]
    classes = {}
    for name in CLASSES:
        classes[name] = [looked_at(image) for image in pictures(name, images, count)]
        sys.stderr.write(f"drew {name}\n")
    for name, some in groups(photos).items():
        few = evenly(some, PICTURES)
        classes[name] = [looked_at(upright(photo.path.read_bytes())) for photo in few]
    rule = parse_rule("eikona", ALGORITHMS)
    bank = Bank.of([picture for some in classes.values() for picture in some])
    for place, (name, some) in enumerate(classes.items()):
        yield {
            "set": "hard-negatives",
            "what": name,
            "drawn": name in CLASSES,
            "place": place,
            **judged(some, rule, bank),
        }
        sys.stderr.write(f"judged {name}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
