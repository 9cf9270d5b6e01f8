"""Measures rule eikona where it was not tuned: attacks of other strengths, and the other half.

usage: python -m benchmarks.robustness.strengths [--photos FOLDER] [--sample N] [--results FILE]
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import eikona
from benchmarks import tables
from benchmarks.robustness.contenders import MILLION
from benchmarks.robustness.photos import PHOTOS, NoPhotosError, Photo, evenly, find_photos, upright
from benchmarks.speed.rows import Row, facts_of_run, write_rows
from eikona.deciding.rules import parse_rule
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.verdict import Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.imaging.alterations.attack import Attack
from eikona.imaging.alterations.catalogue import ATTACKS
from eikona.matching.local_verification import verify
from eikona.native.switch import COMPILE_FOR, prepare
from eikona.services.compare_pictures import distances_between

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "strengths.jsonl"
_SAMPLE = 100  # photographs
# Weaker and stronger than those of the catalogue, which nothing here was chosen by.
OTHER: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "bright": (1.3, 2.2),
        "dark": (0.7, 0.35),
        "gaussian-noise": (10, 30),
        "speckle": (0.15, 0.45),
        "faded": (0.3, 0.65),
        "blur": (2, 4),
        "resize-32": (40, 48),
        "jpeg-10": (15, 7),
        "crop-90": (0.8, 0.85, 0.92),
        "rotate-45": (23, 67),
        "rotate-10-in-place": (6, 17),
        "meme": (0.1, 0.26),
        "text": (0.1, 0.2),
        "watermark": (0.35, 0.65),
        "screenshot-40": (0.5, 0.35, 0.3),
        "stretch": (1.25, 1.8),
        "filter": (0.4, 0.8),
        "perspective": (0.1, 0.2),
    }
)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.robustness.strengths", description=__doc__
    )
    add = parser.add_argument
    add("--photos", type=Path, default=PHOTOS, metavar="FOLDER", help="the photographs")
    add("--sample", type=int, default=_SAMPLE, metavar="N", help="of each half")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    wanted = parser.parse_args(arguments)
    prepare(COMPILE_FOR)
    try:
        photos = find_photos(wanted.photos)
    except NoPhotosError as error:
        sys.stderr.write(f"benchmarks.robustness.strengths: {error}\n")
        return 1
    rows = list(_rows(photos, wanted.sample))
    facts = facts_of_run() | {"family": "strengths"}
    write_rows(wanted.results or _RESULTS, rows, facts)
    return 0 if wanted.results else tables.main([])


def _rows(photos: Sequence[Photo], sample: int) -> Iterator[Row]:
    even = evenly([photo for photo in photos if photo.is_even], sample)
    odd = evenly([photo for photo in photos if not photo.is_even], sample)
    other = [ATTACKS[name].at(strength) for name in OTHER for strength in OTHER[name]]
    for name, half, attacks in (
        ("strengths-other", odd, other),
        ("strengths-tuned", even, list(ATTACKS.values())),
    ):
        originals = [_looked_at(photo.path.read_bytes()) for photo in half]
        for place, attack in enumerate(attacks):
            yield _row(name, place, attack, half, originals)
            sys.stderr.write(f"{attack.label} {attack.strength:g}\n")


def _row(
    name: str,
    place: int,
    attack: Attack,
    photos: Sequence[Photo],
    originals: Sequence[Fingerprint],
) -> Row:
    rule = parse_rule("eikona", ALGORITHMS)
    reached = {"pair": 0, "review": 0, "block": 0}
    for photo, original in zip(photos, originals, strict=True):
        copy = _looked_at(attack.copy(upright(photo.path.read_bytes()), photo.digest))
        seen = distances_between(
            replace(copy, local_features=None), replace(original, local_features=None)
        )
        seen = replace(seen, alignment=verify(copy.local_features, original.local_features))
        reached["pair"] += rule.decide(seen).match
        among = rule.decide(seen, entries=MILLION)
        reached["review"] += among.match
        reached["block"] += among.outcome is Outcome.BLOCK
    return {
        "set": name,
        "what": attack.name,
        "label": attack.label,
        "place": place,
        "strength": attack.strength,
        "unit": attack.unit,
        "photos": len(photos),
        "found": {key: round(count / len(photos), 4) for key, count in reached.items()},
    }


def _looked_at(data: bytes) -> Fingerprint:
    return eikona.fingerprint(data, algorithms=["pdq", "dhash256"], local_features=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
