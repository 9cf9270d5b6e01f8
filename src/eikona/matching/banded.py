"""The banded index: exact search within a radius, without looking at most codes.

Terms: ``matching.bands`` has bands, buckets and tables. A *probe* looks into one bucket; *ring* k
of a value are the probes for the values that differ from it in exactly k bits.

A query shares out *rings* among the bands: of band b it probes the first ``rings[b]`` around its
own value, that is all buckets within ``rings[b]`` - 1 bits; with 0 rings the band is left out. All
codes within radius r are candidates if the rings are r + 1 or more in all. For suppose that a code
is in none of the buckets probed. Then it differs from the query in at least ``rings[b]`` bits of
each band b, and as bands share no bit, in at least the sum of all rings, which is more than r.
Candidates have their distance computed, so that nothing else is found either.

Any way of sharing out serves, so each query takes the cheapest: some bands may have buckets with a
large part of all codes there, such as those that are all zero, and are left to others then. Sizes
are known when probes have been looked up, before a candidate is: rings are shared out, looked up,
and shared out anew with what they hold, until all that are chosen are known. Where that costs more
than to scan all codes, they are scanned.

A code may be in buckets of several bands. It is reported by the first: when band b has led to it,
its bits tell whether an earlier band had it within its rings.

Source: pigeonhole with bands of their own thresholds after Qin et al., "GPH: Similarity Search in
Hamming Space", ICDE 2018.
Deviation: costs are counted, not estimated from a model; there is no dynamic partitioning of bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.banded_plain import search_plain
from eikona.matching.bands import (
    RINGS,
    SCAN_ALONE_NS,
    SCAN_WORD_NS,
    BandTables,
    build_tables,
    plan_bands,
    ring_ends,
    ring_masks,
)
from eikona.matching.compiled import Layout, kernels_for, nearest_first, plain_queries
from eikona.matching.parts import cut, do_parts
from eikona.matching.scan import first_of_each, scan_nearest, scan_within
from eikona.native.address import address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from eikona.matching.linear import Hits, Words
    from eikona.native.loader import Kernels

    Numbers = NDArray[np.int64]

HEAVY = -1  # in place of a row: this query is to be scanned
_CANDIDATES = 2048  # agrees with ``native.rings_kernel``
_FIRST_ROOM = 1 << 13  # hits
_QUERY_COMPARISONS = 1_000_000  # that a query takes, as long as, without kernels
_PARTS_A_THREAD = 4
_MANY_QUERIES = 16  # some 4 ms: then bands are probed on several threads


@dataclass(frozen=True, slots=True)
class BandedIndex:
    """Codes and their band tables, in memory or mapped.

    Attributes:
        columns: shape (words, codes); best as the transpose of contiguous rows, so that a candidate
            is fetched at once.
        tables: built of these codes; None where they are so few that a scan is faster.
    """

    columns: Words
    tables: BandTables | None

    @classmethod
    def build(cls, columns: Words, *, threads: int = 1) -> BandedIndex:
        """Return the index of codes, shape (words, codes)."""
        words, codes = columns.shape
        plan = plan_bands(codes, 64 * words)
        return cls(columns, build_tables(columns, plan, threads=threads) if plan else None)

    @classmethod
    def for_radius(cls, columns: Words, radius: int, *, threads: int = 1) -> BandedIndex:
        """Return the index of codes for searches within one radius, without tables beyond theirs.

        Args:
            columns: shape (words, codes).
            radius: in bits.
            threads: at most.
        """
        words, codes = columns.shape
        plan = plan_bands(codes, 64 * words)
        if plan is None or radius >= plan.bands * RINGS:
            return cls(columns, None)
        return cls(columns, build_tables(columns, plan, threads=threads))

    def within(self, queries: Words, radius: int, *, threads: int = 1) -> Hits:
        """Return every pair of a query and a code that differ in at most ``radius`` bits.

        Args:
            queries: shape (queries, words).
            radius: in bits, at least 0; beyond what bands can do, codes are scanned.
            threads: at most.

        Returns:
            Hits by query, then by distance, then by row.
        """
        tables, wanted = self.tables, plain_queries(queries)
        if tables is None or radius >= tables.plan.bands * RINGS or not len(wanted):
            return scan_within(self.columns, wanted, radius, threads=threads)
        share = threads > 1 and len(wanted) >= _MANY_QUERIES
        pieces = min(threads * _PARTS_A_THREAD, len(wanted)) if share else 1
        layout = Layout.of(self.columns)
        compiled = kernels_for(len(wanted) * _QUERY_COMPARISONS)

        def search(part: tuple[int, int]) -> list[Numbers]:
            these = wanted[slice(*part)]
            if compiled is None:
                found = [search_plain(self.columns, tables, these, radius)]
            else:
                found = list(_search(compiled, layout, tables, these, radius))
            for hits in found:
                hits[:, 0] += part[0]
            return found

        parts = do_parts(search, cut(len(wanted), pieces), threads)
        return self._with_heavy(
            [found for part in parts for found in part], wanted, radius, threads
        )

    def _with_heavy(self, found: list[Numbers], queries: Words, radius: int, threads: int) -> Hits:
        """Return all hits, with those of the queries that are to be scanned."""
        is_heavy = [hits[:, 1] == HEAVY for hits in found]
        if not any(mask.any() for mask in is_heavy):
            return nearest_first(found)
        heavy = np.concatenate([hits[mask, 0] for hits, mask in zip(found, is_heavy, strict=True)])
        light = [hits[~mask] for hits, mask in zip(found, is_heavy, strict=True)]
        hits = scan_within(self.columns, queries[heavy], radius, threads=threads)
        scanned = np.column_stack((heavy[hits.queries], hits.rows, hits.distances))
        return nearest_first([*light, scanned])

    def nearest(self, queries: Words, count: int, *, threads: int = 1) -> Hits:
        """Return the ``count`` nearest codes of each query; of equally near ones the first rows.

        The radius grows for the queries that have found too few, until a scan is as good.

        Args:
            queries: shape (queries, words).
            count: codes per query, at least 0; all of them if there are fewer.
            threads: at most.

        Returns:
            Hits by query, then by distance, then by row.
        """
        wanted, found = plain_queries(queries), []
        missing = np.arange(len(wanted))
        steps = range(1, RINGS) if self.tables is not None and count > 0 else ()
        for rings in steps:
            radius = rings * self.tables.plan.bands - 1 if self.tables else 0
            hits = self.within(wanted[missing], radius, threads=threads)
            enough = np.bincount(hits.queries, minlength=missing.size) >= count
            these = enough[hits.queries]
            rows = (missing[hits.queries], hits.rows, hits.distances)
            found.append(np.column_stack(rows)[these])
            missing = missing[~enough]
            if not missing.size:
                break
        if missing.size:
            hits = scan_nearest(self.columns, wanted[missing], count, threads=threads)
            found.append(np.column_stack((missing[hits.queries], hits.rows, hits.distances)))
        return first_of_each(nearest_first(found), count)


def _search(
    compiled: Kernels, layout: Layout, tables: BandTables, wanted: Words, radius: int
) -> Iterator[Numbers]:
    """Yield hits as rows of (query, row, distance), or (query, ``HEAVY``, 0)."""
    plan = tables.plan
    masks, ends = ring_masks(plan.width), ring_ends(plan.width)
    runs = np.empty(2 * plan.bands * masks.size + _CANDIDATES, np.uint32)
    shape = (4 * plan.bands + 3, max(plan.bands, radius + 2, RINGS + 1))
    table = np.empty(shape, np.int64)
    alone_ns = SCAN_WORD_NS + SCAN_ALONE_NS / len(wanted)
    scan_ns = int(layout.codes * layout.words * alone_ns)
    room = _FIRST_ROOM
    sizes = (layout.codes, layout.words, layout.in_rows, plan.bands, plan.width)
    task = np.array((*sizes, len(wanted), radius, scan_ns, room, 0, 0, 0, *ends), np.int64)
    while task[9] < len(wanted):
        found = np.empty((room, 3), np.int64)
        before, task[8], task[10] = int(task[9]), room, 0
        compiled.search_bands(
            *(address(layout.numbers), address(tables.offsets), address(tables.ids)),
            *(address(masks), address(wanted), address(found)),
            *(address(runs), address(table), address(task)),
        )
        hits = found[: task[10]]
        yield hits
        if task[9] == before or len(hits) > room // 2:
            room *= 2
