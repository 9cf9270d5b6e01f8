"""How many false matches chance alone would bring in, from calibration data shipped with it.

Source: the counts in ``calibration/pdq.json``, which says of what. Where too few pairs were as near
to count, an exponential tail goes on from there; its error is in the docs.
"""

import functools
import importlib.resources
import itertools
import json
import math
from dataclasses import dataclass

from eikona.domain.errors import InvalidOddsError, InvalidTableError

_FOLDER = "calibration"


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
        return begin * math.exp(-self.tail_per_bit * (self.tail_below - distance))


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
    file = importlib.resources.files("eikona.deciding") / _FOLDER / "pdq.json"
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return Calibration(
            pairs=int(stored["pairs"]),
            within=tuple(itertools.accumulate(map(int, stored["counts"]))),
            tail_below=int(stored["tail_below"]),
            tail_per_bit=float(stored["tail_per_bit"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = "the calibration data of this installation is damaged: install eikona again"
        raise InvalidTableError(msg) from error
