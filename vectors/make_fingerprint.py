# ruff: noqa: INP001 -- a folder of data, not a package
"""Writes fingerprint.json and nmf_initial.json from slow definitions.

The first holds luma, plane and hashes of small pictures, the second the factors that NMF starts
from.

    python -m vectors.make_fingerprint  # in the repository's root; plain Python, no packages

The definitions are ``tests/unit/hashing/definitions.py``. Pixels stand in the file, so that a test
in any language can read them.
"""

import hashlib
import json
from pathlib import Path

from tests.unit.hashing import definitions as slow

_TARGET = Path(__file__).with_name("fingerprint.json")
_FACTORS = Path(__file__).with_name("nmf_initial.json")
_SIZES = ((1, 1), (3, 5), (17, 11), (64, 48), (300, 7), (5, 400), (70, 90))  # width, height


def _pixels(width: int, height: int) -> list[list[tuple[int, int, int]]]:
    """Smooth colours with hard-edged noise, from a linear congruential generator."""
    state = 1000 * width + height
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            state = (1664525 * state + 1013904223) % (1 << 32)
            noise = (state >> 24) // 4
            row.append(
                (
                    (200 * x // width + noise) % 256,
                    (150 * y // height + 100 * x * y // (width * height) + noise // 2) % 256,
                    (255 - 180 * (x + y) // (width + height) + noise) % 256,
                )
            )
        rows.append(row)
    return rows


def _entry(width: int, height: int) -> dict[str, object]:
    pixels = _pixels(width, height)
    luma = [[slow.luma(pixel) for pixel in row] for row in pixels]
    plane = slow.plane(luma)
    flat = len({value for row in plane for value in row}) == 1
    hashes = {name: code.hex() for name, code in slow.integer_hashes(plane).items()}
    return {
        "width": width,
        "height": height,
        "rgb": bytes(value for row in pixels for pixel in row for value in pixel).hex(),
        "luma": bytes(value for row in luma for value in row).hex(),
        "plane_sha256": hashlib.sha256(bytes(v for row in plane for v in row)).hexdigest(),
        "plane_diagonal": bytes(plane[k][k] for k in range(slow.SIDE)).hex(),
        "hashes": {name: "0" * len(code) for name, code in hashes.items()} if flat else hashes,
    }


if __name__ == "__main__":
    _TARGET.write_text(json.dumps([_entry(*size) for size in _SIZES], indent=1) + "\n")
    base, coefficients = slow.initial_factors()
    _FACTORS.write_text(json.dumps({"base": base, "coefficients": coefficients}) + "\n")
