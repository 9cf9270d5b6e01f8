# ruff: noqa: INP001 -- a folder of data, not a package
"""Writes pdq.json: what PyPI's binding of the PDQ C++ reference makes of the generated pictures.

Nothing of Eikona's own hashing runs here. It needs an environment of its own:

    python -m venv oracle
    oracle/bin/pip install pdqhash==0.2.8 numpy==2.4.6
    oracle/bin/python -m vectors.make_pdq  # in the repository's root
"""

import json
from pathlib import Path

import numpy as np
import pdqhash

from tests.unit.hashing.pictures import PICTURES

_TARGET = Path(__file__).with_name("pdq.json")


def main() -> None:
    """Hash every picture that the binding accepts, in all eight orientations."""
    rows = {}
    for name, draw in PICTURES.items():
        grey = draw()
        codes, quality = pdqhash.compute_dihedral(np.repeat(grey[:, :, None], 3, axis=2))
        rows[name] = {
            "quality": int(quality),
            "orientations": [np.packbits(code).tobytes().hex() for code in codes],
        }
    _TARGET.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
