"""Learns which bits to take and what flipping them costs, from copies of photographs.

Prints ``src/eikona/matching/shortlist/learned.py``. Photographs that are queried have no part.
"""

import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.shortlist.collecting import Copies
from benchmarks.shortlist.distractors import inverted, mirrored
from benchmarks.shortlist.kept import Kept
from eikona.domain.local_features import CODE_BYTES, MARGIN_BYTES, LocalFeatures
from eikona.matching.local_verification import Verifier
from eikona.matching.shortlist.coding import COST_UNIT

_KEY_BITS, _REST_BITS = 30, 64
_FEWEST = 4  # inliers of a copy that is learned from
_MOST = 60  # of them: copies with many count no more
_MARGINS = 64  # what is larger counts as the last
_ALIKE = 14  # key bits that others share with a descriptor that the rest has to tell from it
_HASTE = 0.02  # bits of effort that any bit costs besides


@dataclass(frozen=True, slots=True)
class Pairs:
    """Bits of descriptors of copies and their originals, which belong together.

    Attributes:
        flipped: which bits differ, shape (pairs, 128).
        margins: of the copy's.
    """

    flipped: np.ndarray
    margins: np.ndarray


def learn(known: Copies, say: Callable[[str], None]) -> None:
    """Write the module of what was learned to standard output."""
    pairs = _pairs(known)
    say(f"{len(pairs.flipped):,} pairs")
    chances = _chances(pairs)
    effort = _effort(pairs, chances)
    others = _bits(_population(known.originals))
    key = _key_bits(others, effort)
    rest = _rest_bits(others, pairs, key)
    costs = np.rint(COST_UNIT * np.log((1 - chances) / chances)).astype(int).tolist()
    alone = pairs.flipped.mean(axis=0)[key]
    unsure = np.rint(COST_UNIT * np.log((1 - alone) / alone)).astype(int).tolist()
    sys.stdout.write(
        '"""What was learned of our own descriptors; see ``coding``."""\n\n'
        + _block("KEY_BITS", "Bits of a descriptor, the most telling first.", key)
        + _block(
            "REST_BITS",
            "The 64 further bits that tables keep: far apart in others, alike in copies.",
            rest,
        )
        + _block(
            "FLIP_COSTS",
            "What flipping a bit costs by its margin, the last for all larger ones; 8 a nat.",
            costs,
        )
        + _block("UNSURE_COSTS", "The same for each key bit where margins are not known.", unsure)
    )


def _block(name: str, what: str, numbers: Sequence[int]) -> str:
    lines = textwrap.fill(
        ", ".join(map(str, numbers)), 90, initial_indent="    ", subsequent_indent="    "
    )
    return f'{name} = (\n{lines},\n)\n"""{what}"""\n'


def _bits(codes: np.ndarray) -> np.ndarray:
    return np.unpackbits(codes.reshape(-1, CODE_BYTES), axis=1)


def _codes(features: LocalFeatures) -> np.ndarray:
    return np.frombuffer(features.codes, np.uint8).reshape(-1, CODE_BYTES)


def _pairs(known: Copies) -> Pairs:
    """Return the descriptors that verification pairs."""
    flipped, margins = [], []
    for number, copy in enumerate(known.copies):
        original = known.originals[known.original(number)]
        found = Verifier(copy).align(original)
        if found.inliers < _FEWEST:
            continue
        random = np.random.default_rng(number)
        ours, theirs = np.array(found.pairs)[random.permutation(found.inliers)[:_MOST]].T
        posed = copy.mirrored() if found.mirrored else copy
        flipped.append(_bits(_codes(posed)[ours]) != _bits(_codes(original)[theirs]))
        margins.append(np.frombuffer(posed.margins, np.uint8).reshape(-1, MARGIN_BYTES)[ours])
    return Pairs(np.concatenate(flipped), np.concatenate(margins))


def _chances(pairs: Pairs) -> np.ndarray:
    """Return how likely a bit is to be flipped by its margin, never more with a larger one."""
    margins = np.minimum(pairs.margins, _MARGINS - 1).ravel()
    counts = np.bincount(margins, minlength=_MARGINS).astype(float)
    flips = np.bincount(margins, weights=pairs.flipped.ravel(), minlength=_MARGINS)
    blocks: list[tuple[float, float, int]] = []
    for chance, count in zip((flips + 0.5) / (counts + 1), counts, strict=True):
        blocks.append((chance, count, 1))
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            (a, m, i), (b, n, j) = blocks.pop(), blocks.pop()
            blocks.append(((a * m + b * n) / (m + n), m + n, i + j))
    return np.concatenate([np.full(length, chance) for chance, _, length in blocks])


def _effort(pairs: Pairs, chances: np.ndarray) -> np.ndarray:
    """Return the bits of surprise that each bit's flips are, margins known."""
    likely = chances[np.minimum(pairs.margins, _MARGINS - 1)]
    return -np.log2(np.where(pairs.flipped, likely, 1 - likely)).mean(axis=0)


def _population(pictures: Kept) -> np.ndarray:
    """Return descriptors of pictures, upright, mirrored, inverted, and both."""
    poses = [pose for one in (pictures, mirrored(pictures)) for pose in (one, inverted(one))]
    return np.concatenate([pose.codes for pose in poses])


def _key_bits(others: np.ndarray, effort: np.ndarray) -> list[int]:
    """Return one bit after the other: what makes collisions rarer, for what it costs."""
    chosen: list[int] = []
    cells, count, collisions = np.zeros(len(others), np.int64), 1, float(len(others)) ** 2
    while len(chosen) < _KEY_BITS:
        sizes = np.bincount(cells, minlength=count).astype(float)
        best = (-1.0, 0, 0.0)
        for bit in set(range(others.shape[1])) - set(chosen):
            ones = np.bincount(cells, weights=others[:, bit], minlength=count)
            left = float((ones * (ones - 1) + (sizes - ones) * (sizes - ones - 1)).sum())
            gain = np.log2(collisions / max(left, 1.0)) / (effort[bit] + _HASTE)
            best = max(best, (gain, bit, left))
        _, bit, collisions = best
        chosen.append(bit)
        found, cells = np.unique(2 * cells + others[:, bit], return_inverse=True)
        count = len(found)
    return chosen


def _rest_bits(others: np.ndarray, pairs: Pairs, key: Sequence[int]) -> list[int]:
    """Return the bits whose differences, added up, tell pairs best from others under one key."""
    telling = others[:, key[:_ALIKE]] @ (1 << np.arange(_ALIKE))
    order = np.argsort(telling, kind="stable")
    same = np.flatnonzero(np.diff(telling[order]) == 0)
    differ = (others[order[same]] != others[order[same + 1]]).astype(np.float32)
    flipped = pairs.flipped.astype(np.float32)
    apart = differ.mean(axis=0) - flipped.mean(axis=0)
    noise = np.cov(differ.T) + np.cov(flipped.T)
    chosen: list[int] = []
    while len(chosen) < _REST_BITS:
        left = set(range(others.shape[1])) - set(key) - set(chosen)

        def telling_with(bit: int) -> float:
            bits = [*chosen, bit]
            return float(apart[bits].sum() / np.sqrt(noise[np.ix_(bits, bits)].sum()))

        chosen.append(max(sorted(left), key=telling_with))
    return sorted(chosen)
