"""Measures how many bits hashes differ by: from PDQ's reference, and between decode modes.

usage: python -m benchmarks.agreement [--pictures FOLDER] [--native N] [--large N]

Writes benchmarks/results/agreement.jsonl and the tables of the docs.
"""

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

import eikona
from benchmarks import tables
from benchmarks.speed import pictures
from benchmarks.speed.rows import Row, facts_of_run
from eikona.hashing.registry import DEFAULT_ALGORITHMS
from eikona.matching.distances import hamming

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "agreement.jsonl"
_SETS = {"native": "0.2 MP", "12mp": "12 MP"}


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement", description=__doc__)
    parser.add_argument("--pictures", type=Path, default=pictures.PHOTOS, metavar="FOLDER")
    parser.add_argument("--native", type=int, default=500, metavar="N", help="photographs as are")
    parser.add_argument("--large", type=int, default=40, metavar="N", help="enlarged to 12 MP")
    wanted = parser.parse_args(arguments)
    try:
        photos = pictures.find_photos(wanted.pictures)
    except pictures.NoPicturesError as error:
        sys.stderr.write(f"benchmarks.agreement: {error}\n")
        return 1
    native = pictures.native(photos, wanted.native).pictures
    large = pictures.large(photos, wanted.large, _say).pictures
    rows = [
        *_reference(native, "native"),
        *_modes(native, "native", ("fast",)),
        *_modes(large, "12mp", ("auto", "fast")),
    ]
    facts = facts_of_run() | {"family": "agreement"}
    lines = [json.dumps(row | facts, ensure_ascii=False) for row in rows]
    _RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tables.main([])


def _reference(encoded: Sequence[bytes], name: str) -> Iterator[Row]:
    import pdqhash  # noqa: PLC0415  a peer, which only this needs

    distances = []
    for number, data in enumerate(encoded):
        _progress("pdqhash", number, len(encoded))
        code, _ = pdqhash.compute(np.asarray(_image(data)))
        ours = eikona.fingerprint(data, algorithms=["pdq"], decode="exact").hashes["pdq"]
        distances.append(hamming(ours, np.packbits(code).tobytes()))
    yield _row(name, "exact", "pdq", distances, "PyPI's binding of the C++ reference")


def _modes(encoded: Sequence[bytes], name: str, modes: Sequence[str]) -> Iterator[Row]:
    for mode in modes:
        distances: dict[str, list[int]] = {hash_name: [] for hash_name in DEFAULT_ALGORITHMS}
        for number, data in enumerate(encoded):
            _progress(f"{_SETS[name]}, {mode}", number, len(encoded))
            exact = eikona.fingerprint(data, decode="exact").hashes
            reduced = eikona.fingerprint(data, decode=mode).hashes
            for hash_name, found in distances.items():
                found.append(hamming(exact[hash_name], reduced[hash_name]))
        for hash_name, found in distances.items():
            yield _row(name, mode, hash_name, found, "mode exact")


def _row(name: str, mode: str, what: str, distances: Sequence[int], against: str) -> Row:
    return {
        "set": f"agreement-{name}",
        "size": _SETS[name],
        "what": what,
        "mode": mode,
        "against": against,
        "mean": round(float(np.mean(distances)), 3),
        "p99": float(np.quantile(distances, 0.99, method="higher")),
        "max": max(distances),
        "pictures": len(distances),
        "unit": "bits",
    }


def _image(data: bytes) -> Image.Image:
    """Decode and turn upright, as Eikona does: the binding takes pixels as they come."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")


def _progress(what: str, number: int, total: int) -> None:
    if number % 20 == 0:
        _say(f"{what}: {number} of {total}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
