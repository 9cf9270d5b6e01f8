# ruff: noqa: INP001 -- a folder of data, not a package
"""Writes unihasher.json: NMF hashes of generated pictures by the Unihasher project's own code.

Nothing of Eikona's own hashing runs here. It needs an environment of its own, and Unihasher's
``NMF_Hash.py`` (version 0.1.3, MIT licence) in a folder on the path:

    python -m venv oracle
    oracle/bin/pip install numpy==2.4.6 opencv-contrib-python-headless==4.14.0.94
    PYTHONPATH=FOLDER oracle/bin/python -m vectors.make_unihasher  # in the repository's root
"""

import json
from pathlib import Path

import numpy as np
from NMF_Hash import NMFHash

from tests.unit.hashing.pictures import PICTURES

_TARGET = Path(__file__).with_name("unihasher.json")
_NAMES = (
    "noise-97x61",
    "disc-101x101",
    "disc-120x80",
    "ramp-both-123x77",
    "fourfold-111x55",
    "waves-portrait-120x310",
    "waves-500x375",
    "waves-700x500",
)


def main() -> None:
    """Hash the pictures as grey BGR images, as that project's code would after reading a file."""
    codes = {}
    for name in _NAMES:
        image = np.repeat(PICTURES[name]()[:, :, None], 3, axis=2)
        coefficients = NMFHash().ringNMF(image)
        codes[name] = np.round(coefficients).astype(np.uint8).ravel().tobytes().hex()
    _TARGET.write_text(json.dumps(codes, indent=1) + "\n")


if __name__ == "__main__":
    main()
