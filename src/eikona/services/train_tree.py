"""Makes labelled pairs into what a tree is trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from eikona.deciding.rule import quality_for
from eikona.deciding.trees.growing import Pairs
from eikona.deciding.trees.tree import value_of
from eikona.services.evaluate_rules import LabelledPair


@dataclass(frozen=True, slots=True)
class Training:
    """What a table gives to train on.

    Attributes:
        pairs: those that a tree can tell anything of.
        too_plain: pairs left out because a picture shows too little, which no tree would block.
        knows_originals: whether the table says which pairs are of one original.
    """

    pairs: Pairs
    too_plain: int
    knows_originals: bool


def gather(labelled: Iterable[LabelledPair], names: Sequence[str]) -> Training:
    """Return all of ``labelled`` at once.

    Args:
        labelled: pairs with the distances ``names``.
        names: of distances, as ``tree.value_of`` reads them.
    """
    quality = quality_for(*names)
    rows: list[list[float]] = []
    is_copy: list[bool] = []
    originals: list[str] = []
    too_plain = 0
    for pair in labelled:
        if pair.distances.quality < quality:
            too_plain += 1
            continue
        rows.append([value_of(pair.distances, name) for name in names])
        is_copy.append(pair.is_copy)
        originals.append(pair.original)
    known = any(originals)
    numbers: dict[str, int] = {}
    for original in originals:
        numbers.setdefault(original, len(numbers))
    groups = [numbers[one] for one in originals] if known else range(len(rows))
    pairs = Pairs(
        names=tuple(names),
        distances=np.array(rows, np.float64).reshape(len(rows), len(names)),
        is_copy=np.array(is_copy, np.bool_),
        weights=np.ones(len(rows)),
        groups=np.array(groups, np.int64),
    )
    return Training(pairs, too_plain, known)
