# ruff: noqa: INP001 -- a folder of data, not a package
"""Writes unihasher_pairs.csv: the table of distances that the Unihasher project published.

Source: Cp-Youfy/unihasher, ``unihasher_demo/data_people.csv`` (MIT licence), 10,000 pairs.
Fractions of 256 bits become whole bits, correlations are rounded to seven places; no threshold lies
between a correlation and its rounded value, which this checks.

    python -m vectors.make_unihasher_pairs data_people.csv  # in the repository's root
"""

import csv
import sys
from pathlib import Path

_TARGET = Path(__file__).with_name("unihasher_pairs.csv")
_BITS = 256
_CORRELATION_THRESHOLDS = (0.829, 0.952, 0.976)


def main(source: Path) -> None:
    """Shorten the published table.

    Raises:
        ValueError: something would be lost that a decision hangs on.
    """
    lines = ["dhash256_bits,phash256_bits,whash256_bits,nmf_unihasher_correlation,isMatching"]
    with source.open(newline="") as file:
        for row in csv.DictReader(file):
            bits = [float(row[name]) * _BITS for name in ("dhash", "phash", "whash")]
            exact = float(row["nmfhash"])
            rounded = round(exact, 7)
            if not all(map(float.is_integer, bits)) or any(
                (exact < bound) != (rounded < bound) or (exact > bound) != (rounded > bound)
                for bound in _CORRELATION_THRESHOLDS
            ):
                raise ValueError(f"{row} cannot be shortened")
            label = int({"True": True, "False": False}[row["isMatching"]])
            lines.append(f"{','.join(f'{count:.0f}' for count in bits)},{rounded:.7f},{label}")
    _TARGET.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
