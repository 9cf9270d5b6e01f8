# ruff: noqa: INP001 -- a folder of data, not a package
"""Writes imagehash.json: what imagehash and Pillow make of the generated pictures.

Nothing of Eikona's own hashing runs here. It needs an environment of its own, because Pillow 13
resamples in another order:

    python -m venv oracle
    oracle/bin/pip install imagehash==4.3.2 pillow==12.3.0 numpy==2.4.6
    oracle/bin/pip install scipy==1.17.1 PyWavelets==1.9.0
    oracle/bin/python -m vectors.make_imagehash  # in the repository's root, on x86-64
"""

import hashlib
import json
from pathlib import Path

import imagehash
import PIL
from PIL import Image

from tests.unit.hashing.pictures import PICTURES

_TARGET = Path(__file__).with_name("imagehash.json")
_VERSIONS = ("4.3.2", "12.3.0")  # imagehash, Pillow
_ALGORITHMS = ("average_hash", "dhash", "phash", "whash")
_SIZES = (8, 16)
_MORE_SIZES = (2, 3, 5, 7, 13, 32, 64)
_MORE_PICTURES = (
    "pixel-1x1",
    "tiny-3x5",
    "flat-grey-33x47",
    "ramp-both-123x77",
    "coins-150x90",
    "checkers-64x64",
    "fourfold-64x64",
    "mirrored-75x64",
    "waves-portrait-120x310",
    "waves-1100x1030",
)
_SMALL = 100  # pixels: up to here the resampled picture itself, above its SHA-256


def _hashes() -> list[list[str | int]]:
    rows: list[list[str | int]] = []
    for name, draw in PICTURES.items():
        image = Image.fromarray(draw())
        for size in _SIZES + (_MORE_SIZES if name in _MORE_PICTURES else ()):
            for algorithm in _ALGORITHMS:
                if algorithm == "whash" and size & (size - 1):
                    continue
                code = str(getattr(imagehash, algorithm)(image, size))
                rows.append([name, size, algorithm, code])
    return rows


def _resampled() -> list[list[str | int]]:
    rows: list[list[str | int]] = []
    for name, draw in PICTURES.items():
        image = Image.fromarray(draw())
        width, height = image.size
        sides = (
            (8, 8),
            (9, 8),
            (32, 32),
            (17, 5),
            (width, 11),  # the horizontal pass left out
            (7, height),  # the vertical pass left out
            (min(2 * width + 1, 600), min(3 * height - 1, 700)),
        )
        for side in dict.fromkeys(sides):
            data = image.resize(side, Image.Resampling.LANCZOS).tobytes()
            small = len(data) <= _SMALL
            kind, text = (
                ("hex", data.hex()) if small else ("sha256", hashlib.sha256(data).hexdigest())
            )
            rows.append([name, *side, kind, text])
    return rows


def _lines(rows: list[list[str | int]]) -> str:
    return ",\n".join(f"    {json.dumps(row)}" for row in rows)


def main() -> None:
    """Write the file beside this script.

    Raises:
        SystemExit: the environment has other versions than those that the vectors name.
    """
    if (imagehash.__version__, PIL.__version__) != _VERSIONS:
        raise SystemExit(f"needs imagehash and Pillow {_VERSIONS}: see the top of this file")
    _TARGET.write_text(
        "{\n"
        f'  "source": "imagehash {imagehash.__version__}, Pillow {PIL.__version__}",\n'
        '  "pictures": "tests/unit/hashing/pictures.py",\n'
        '  "hashes_columns": ["picture", "hash_size", "algorithm", "hex"],\n'
        f'  "hashes": [\n{_lines(_hashes())}\n  ],\n'
        '  "lanczos_columns": ["picture", "width", "height", "kind", "pixels, row-major"],\n'
        f'  "lanczos": [\n{_lines(_resampled())}\n  ]\n'
        "}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
