"""Writes tables of distances between labelled pairs, as CSV that ``distance_csv`` reads."""

import csv
from typing import TextIO

from eikona.adapters.distance_csv import LABEL, ORIGINAL, PUBLISHED, QUALITY, REACH, own_column
from eikona.deciding.trees.tree import INLIERS, WEIGHTED
from eikona.domain.fingerprint import Comparison
from eikona.domain.verdict import Distances
from eikona.hashing.registry import ALGORITHMS, OWN_ALGORITHMS
from eikona.services.label_pairs import NamedPair

_FOUR = ("dhash256", "phash256", "whash256", "nmf-unihasher")  # theirs, in their order
_OWN = tuple(name for name in OWN_ALGORITHMS if name not in _FOUR)
NEEDED = (*_FOUR, *_OWN)  # hashes that both pictures must have


class DistanceWriter:
    """Writes one table, its header first."""

    def __init__(self, file: TextIO) -> None:
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow(
            [
                ORIGINAL,
                "altered",
                *(PUBLISHED[name] for name in _FOUR),
                LABEL,
                *(own_column(name) for name in (*_OWN, WEIGHTED, INLIERS)),
                REACH,
                QUALITY,
                "orientation",
            ]
        )

    def write(self, pair: NamedPair, distances: Distances) -> None:
        """Write the row of one pair: distances of the altered picture to the original."""
        by_name = distances.by_name
        self._rows.writerow(
            [
                pair.original,
                pair.altered,
                *(_published(name, by_name[name]) for name in _FOUR),
                pair.is_copy,
                *(_own(name, by_name[name]) for name in _OWN),
                by_name.get(WEIGHTED, ""),
                *_alignment(distances),
                distances.quality,
                distances.orientation.value,
            ]
        )


def _alignment(distances: Distances) -> tuple[int | str, float | str]:
    """Return inliers and their reach; nothing where a picture has no local features."""
    alignment = distances.alignment
    return ("", "") if alignment is None else (alignment.inliers, alignment.reach)


def _published(name: str, distance: float) -> float:
    algorithm = ALGORITHMS[name]
    in_bits = algorithm.comparison is Comparison.HAMMING
    return distance / algorithm.bits if in_bits else 1.0 - distance


def _own(name: str, distance: float) -> float:
    in_bits = ALGORITHMS[name].comparison is Comparison.HAMMING
    return distance if in_bits else 1.0 - distance
