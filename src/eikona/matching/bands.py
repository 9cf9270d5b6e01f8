"""Band tables: the arrays of the banded index, how many bands there are, and how they are built.

A code is cut into *bands* of ``width`` bits, from its first bit on; bits that are left over belong
to no band. Each band has a table: ``offsets`` into ``ids`` bound a *bucket* for each of its values,
the numbers of the codes that have this value there, in order.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.compiled import Layout, kernels_for
from eikona.matching.linear import WORD_BITS
from eikona.matching.parts import do_parts
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.linear import Words
    from eikona.native.loader import Kernels

    Keys = NDArray[np.uint64]

RINGS = 4  # of 0 to 3 flipped bits; these three agree with ``native.rings_kernel``
PROBE_NS, CANDIDATE_NS = 16.0, 18.0
SCAN_WORD_NS = 0.07  # to compare one word while others do the same
SCAN_ALONE_NS = 0.5  # to fetch one word
_MOST_BANDS, _MOST_WIDTH = 32, 24
_INDEX_BYTES = 65  # a code
_FREE_BYTES = 80_000_000  # that a small index may take in any case
_USUAL_RADIUS = 31 / 256  # of the bits: what plans are made for
_MOST_CODES = 1 << 32
_BUILD_COMPARISONS = 100  # that building takes a code and band, as long as


@dataclass(frozen=True, slots=True)
class BandPlan:
    """How codes are cut: into ``bands`` of ``width`` bits."""

    bands: int
    width: int

    def bytes_for(self, codes: int) -> int:
        """Return what the tables of so many codes take."""
        return self.bands * 4 * (codes + (1 << self.width) + 1)

    def search_ns(self, codes: int, radius: int) -> float:
        """Return what a search may take where bits are fair coins; infinite if bands cannot."""
        rings, more = divmod(radius + 1, self.bands)
        if rings + (more > 0) > RINGS:
            return math.inf
        ends = ring_ends(self.width)
        probes = more * ends[rings] if more else 0
        probes += (self.bands - more) * ends[rings - 1] if rings else 0
        return probes * (PROBE_NS + codes / (1 << self.width) * CANDIDATE_NS)


@dataclass(frozen=True, slots=True)
class BandTables:
    """The tables of all bands.

    Attributes:
        offsets: shape (bands, 2 ** width + 1), uint32.
        ids: shape (bands, codes), uint32.
    """

    offsets: NDArray[np.uint32]
    ids: NDArray[np.uint32]

    @property
    def plan(self) -> BandPlan:
        """How many bands there are and how wide they are."""
        return BandPlan(self.offsets.shape[0], (self.offsets.shape[1] - 1).bit_length() - 1)

    @property
    def nbytes(self) -> int:
        """The memory they take."""
        return self.offsets.nbytes + self.ids.nbytes


def plan_bands(codes: int, bits: int) -> BandPlan | None:
    """Return the plan that searches fastest within the memory allowed; None if a scan is faster.

    Args:
        codes: how many there are.
        bits: of a code, a multiple of 64.
    """
    radius, allowed = int(bits * _USUAL_RADIUS), max(codes * _INDEX_BYTES, _FREE_BYTES)
    plans = [
        BandPlan(bands, width)
        for bands in range(1, _MOST_BANDS + 1)
        for width in range(1, min(_MOST_WIDTH, bits // bands) + 1)
    ]
    possible = [plan for plan in plans if plan.bytes_for(codes) <= allowed]
    best = min(possible, key=lambda plan: plan.search_ns(codes, radius))
    scan_ns = codes * bits / WORD_BITS * SCAN_WORD_NS
    return best if best.search_ns(codes, radius) < scan_ns and codes < _MOST_CODES else None


def build_tables(columns: Words, plan: BandPlan, *, threads: int = 1) -> BandTables:
    """Build the tables of codes.

    Args:
        columns: the codes, shape (words, codes), fewer than 2 ** 32.
        plan: bands that together have no more bits than a code.
        threads: at most.
    """
    layout = Layout.of(columns)
    offsets = np.zeros((plan.bands, (1 << plan.width) + 1), np.uint32)
    ids = np.empty((plan.bands, layout.codes), np.uint32)
    compiled = kernels_for(layout.codes * plan.bands * _BUILD_COMPARISONS)

    def build(band: int) -> None:
        if compiled is None:
            _build_plain(band_keys(columns, band, plan.width), offsets[band], ids[band])
        else:
            _build_compiled(compiled, layout, band * plan.width, offsets[band], ids[band])

    do_parts(build, range(plan.bands), threads)
    return BandTables(offsets, ids)


def _build_compiled(
    compiled: Kernels,
    layout: Layout,
    begin: int,
    offsets: NDArray[np.uint32],
    ids: NDArray[np.uint32],
) -> None:
    width = (offsets.size - 1).bit_length() - 1
    task = np.array((layout.codes, layout.words, layout.in_rows, begin, width), np.int64)
    compiled.build_band(*(address(layout.numbers), address(offsets), address(ids), address(task)))


def _build_plain(keys: Keys, offsets: NDArray[np.uint32], ids: NDArray[np.uint32]) -> None:
    ids[:] = np.argsort(keys, kind="stable")
    sizes = np.bincount(keys.astype(np.int64), minlength=offsets.size - 1)
    offsets[1:] = np.cumsum(sizes)


def band_keys(columns: Words, band: int, width: int) -> Keys:
    """Return the values that codes, shape (words, codes), have in a band."""
    word, shift = divmod(band * width, WORD_BITS)
    keys: Keys = columns[word] >> np.uint64(shift)
    if shift + width > WORD_BITS:
        keys = keys | (columns[word + 1] << np.uint64(WORD_BITS - shift))
    return keys & np.uint64((1 << width) - 1)


@functools.cache
def ring_ends(width: int) -> tuple[int, ...]:
    """Return how many masks of ``width`` bits have up to 0, 1, … bits set, for each ring."""
    sizes = [math.comb(width, ring) for ring in range(RINGS)]
    return tuple(sum(sizes[: ring + 1]) for ring in range(RINGS))


@functools.cache
def ring_masks(width: int) -> Keys:
    """Return all masks of ``width`` bits with fewer than ``RINGS`` of them set, by ring and value.

    Neighbouring values flip low bits, whose buckets lie side by side.
    """
    rings = [np.zeros(1, np.uint64)]
    for _ in range(1, RINGS):
        more = [rings[-1][rings[-1] < 1 << bit] | np.uint64(1 << bit) for bit in range(width)]
        rings.append(np.sort(np.concatenate(more)))
    return np.concatenate(rings)
