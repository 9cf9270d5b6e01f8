"""How many false matches chance alone would bring in, from calibration data shipped with it.

Source: the counts in ``calibration/*.json``, which say of what they are.
Where too few pairs were as near to count, exponential tails go on from there; their error is in the
docs.
"""

import functools
import importlib.resources
import itertools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from eikona.domain.alignment import Alignment
from eikona.domain.errors import InvalidOddsError, InvalidTableError
from eikona.domain.local_features import MOST_FEATURES

Found = TypeVar("Found")

# Share of a picture that inliers surround. Captions, logos and faces surround less; a tenth of a
# picture that is all of the other one surrounds more.
WIDE = 0.12

# PDQ's bits count in full beside dHash's, of 256 too, a fourth: dHash keeps what PDQ keeps, and
# where chance brings PDQ near, mostly turned or mirrored, dHash is as far as ever.
DHASH_PART = 4

_FOLDER = "calibration"
_LEAST_CHANCE = 1e-15  # of a pair: no tail is trusted further


@dataclass(frozen=True, slots=True)
class Odds:
    """How many false matches a bank's owner puts up with.

    Attributes:
        block: largest number of false matches that are expected in one look-up where it blocks.
        review: likewise where it asks a person; ``block`` at least.
    """

    block: float = 1e-4
    review: float = 1e-2

    def __post_init__(self) -> None:
        """Check the order.

        Raises:
            InvalidOddsError: not 0 < block <= review.
        """
        if not 0 < self.block <= self.review:
            raise InvalidOddsError(
                f"odds of {self.block:g} to block and {self.review:g} to review: both have to be"
                " more than 0, and those to review no less than those to block"
            )


DEFAULT_ODDS = Odds()


@dataclass(frozen=True, slots=True)
class Calibration:
    """How near pictures come to each other that are no copies.

    Attributes:
        pairs: how many pairs were counted.
        within: pairs within each whole distance from 0.
        tail_below: where the tail begins.
        tail_per_bit: below, the chance falls by exp(``tail_per_bit``) with each bit.
    """

    pairs: int
    within: tuple[int, ...]
    tail_below: int
    tail_per_bit: float

    def chance(self, distance: float) -> float:
        """Return the chance of a pair that is no copy to be within ``distance``, 0 to 1."""
        if distance >= self.tail_below:
            place = min(math.floor(distance), len(self.within) - 1)
            return self.within[place] / self.pairs
        begin = self.within[self.tail_below] / self.pairs
        fallen = begin * math.exp(-self.tail_per_bit * (self.tail_below - distance))
        return max(_LEAST_CHANCE, fallen)

    def farthest(self, chance: float) -> int:
        """Return the largest distance that has at most this chance; -1 where none has."""
        last = len(self.within) - 1
        return next((d - 1 for d in range(last + 1) if self.chance(d) > chance), last)


@dataclass(frozen=True, slots=True)
class InlierTail:
    """How many inliers pictures have that are no copies.

    Attributes:
        begin: where the tail begins; fewer inliers say nothing.
        begin_chance: of a pair to have as many inliers or more, 0 to 1.
        per_inlier: from there, the chance falls by exp(``per_inlier``) with each inlier.
    """

    begin: int
    begin_chance: float
    per_inlier: float

    def chance(self, inliers: int) -> float:
        """Return the chance of a pair that is no copy to have as many inliers, 0 to 1."""
        if inliers < self.begin:
            return 1.0
        fallen = self.begin_chance * math.exp(-self.per_inlier * (inliers - self.begin))
        return max(_LEAST_CHANCE, fallen)

    def fewest(self, chance: float) -> int:
        """Return the least number of inliers that has at most this chance.

        Where none has, which no tail is trusted to say, it is one more than pictures have features.
        """
        counts = range(self.begin, MOST_FEATURES + 1)
        return next((one for one in counts if self.chance(one) <= chance), MOST_FEATURES + 1)


@dataclass(frozen=True, slots=True)
class InlierCalibration:
    """How many inliers pictures have that are no copies, wherever those lie.

    Attributes:
        anywhere: of all alignments.
        wide: of those that reach over ``WIDE`` of a picture: chance lays eyes on eyes and letters
            on letters, which are small.
    """

    anywhere: InlierTail
    wide: InlierTail

    def chance(self, alignment: Alignment) -> float:
        """Return the chance of a pair that is no copy to align as well, 0 to 1."""
        found = self.anywhere.chance(alignment.inliers)
        if alignment.reach < WIDE:
            return found
        return min(found, self.wide.chance(alignment.inliers))


def expected_false_matches(distance: float, entries: int) -> float:
    """Return how many entries would be as near by chance, in one look-up.

    It holds for pictures of quality 50 or more; plainer ones are alike far more often.

    Args:
        distance: of PDQ over eight orientations, 0 to 256 bits.
        entries: how many pictures the query is compared with.
    """
    return entries * pdq_calibration().chance(distance)


@functools.cache
def pdq_calibration() -> Calibration:
    """Return the calibration of PDQ over eight orientations that this version ships.

    Raises:
        InvalidTableError: the installed file is not the one that was shipped.
    """
    return _read("pdq.json", _distances)


@functools.cache
def together_calibration() -> Calibration:
    """Return the calibration of PDQ over eight orientations and dHash of 256 bits together.

    Raises:
        InvalidTableError: the installed file is not the one that was shipped.
    """
    return _read("together.json", _distances)


def together(pdq: float, dhash: float) -> int:
    """Return PDQ's distance and a fourth of dHash's, in whole bits."""
    return math.ceil(pdq + dhash / DHASH_PART)


@functools.cache
def inlier_calibration() -> InlierCalibration:
    """Return the calibration of alignments that this version ships.

    Raises:
        InvalidTableError: the installed file is not the one that was shipped.
    """
    return _read(
        "inliers.json",
        lambda stored: InlierCalibration(
            **{
                name: InlierTail(
                    begin=int(stored["tail_from"]),
                    begin_chance=float(stored[name]["at_most"]) / int(stored["pairs"]),
                    per_inlier=float(stored["tail_per_inlier"]),
                )
                for name in ("anywhere", "wide")
            }
        ),
    )


def _distances(stored: Mapping[str, Any]) -> Calibration:
    return Calibration(
        pairs=int(stored["pairs"]),
        within=tuple(itertools.accumulate(map(int, stored["counts"]))),
        tail_below=int(stored["tail_below"]),
        tail_per_bit=float(stored["tail_per_bit"]),
    )


def _read(name: str, made_of: Callable[[Mapping[str, Any]], Found]) -> Found:
    file = importlib.resources.files("eikona.deciding") / _FOLDER / name
    try:
        return made_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = "the calibration data of this installation is damaged: install eikona again"
        raise InvalidTableError(msg) from error
