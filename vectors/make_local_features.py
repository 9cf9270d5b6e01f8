# ruff: noqa: INP001 -- a folder of data, not a package
"""Writes local_features.json: what OpenCV's SIFT finds in a picture drawn from whole numbers.

Its rows under "opencv" are made outside Eikona's code, in an environment of its own:

    python -m venv oracle
    oracle/bin/pip install opencv-contrib-python-headless==4.14.0.94 numpy==2.4.6 Pillow
    oracle/bin/pip install --no-deps -e .
    oracle/bin/python -m vectors.make_local_features  # in the repository's root

Those under "conformance" are version 1 of Eikona's own features of the same picture.
"""

import json
from pathlib import Path

import cv2
import numpy as np

from eikona.hashing.local_features.extraction import local_features
from tests.unit.hashing.local_features.scenes import stones

_TARGET = Path(__file__).with_name("local_features.json")
_CONTRAST = 0.03


def main() -> None:
    """Write x, y, size, angle in turns and code of OpenCV's features, and all of ours."""
    points, values = cv2.SIFT_create(contrastThreshold=_CONTRAST).detectAndCompute(stones(), None)
    codes = np.packbits(values > np.median(values, axis=1, keepdims=True), axis=1)
    rows = [
        [
            *(round(number + 0.5, 3) for number in point.pt),
            *(round(point.size / 2, 3), round(point.angle / 360, 5)),
            code.tobytes().hex(),
        ]
        for point, code in zip(points, codes, strict=True)
    ]
    ours = local_features(stones())
    found = {"codes": ours.codes.hex(), "geometry": ours.geometry.hex()}
    text = json.dumps({"opencv": rows, "conformance": found}, separators=(",", ":"))
    _TARGET.write_text(text.replace("],[", "],\n[") + "\n")


if __name__ == "__main__":
    main()
