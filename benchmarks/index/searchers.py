"""What is compared: Eikona's index, scans and faiss, each behind the same three calls."""
# ruff: noqa: PLC0415  (faiss may be missing)

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eikona.matching.banded import BandedIndex
from eikona.matching.bands import build_tables, plan_bands
from eikona.matching.linear import hamming_within
from eikona.matching.scan import scan_within

Rows = NDArray[np.uint64]
Pairs = set[tuple[int, int]]  # query and row
_BITS = 256
_THREATEXCHANGE_HASHES = 16  # its default for MultiHash; bits flipped per hash are radius // 16
_IVF_PROBES = 64
_IVF_SAMPLE = 20  # codes per list that it is trained with
_IVF_ROUNDS = 5


class Search(Protocol):
    """Finds all within ``radius`` of ``queries`` with so many threads."""

    def __call__(self, queries: Rows, radius: int, threads: int, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Sized:
    """A search that knows the memory it takes beside the codes."""

    search: Search
    index_bytes: int

    def __call__(self, queries: Rows, radius: int, threads: int, /) -> Any:
        """Search."""
        return self.search(queries, radius, threads)


@dataclass(frozen=True, slots=True)
class Searcher:
    """One way to search, built of nothing yet.

    Attributes:
        what: its name in results and tables.
        kind: ``floor``, ``eikona`` or ``peer``.
        build: returns the search over these rows, with so many threads.
        pairs: what a search returned, as a set; None where it returned nothing to compare.
        is_slow: fewer queries and rounds will do.
        indexes: whether it takes memory of its own.
    """

    what: str
    kind: str
    build: Callable[[Rows, int], Search]
    pairs: Callable[[Any], Pairs] | None
    is_slow: bool = False
    indexes: bool = False


def searchers(*, faiss_too: bool) -> Iterator[Searcher]:
    """Yield all there are."""
    yield Searcher("reading all codes once", "floor", _read_all, None)
    yield Searcher("eikona, banded", "eikona", _banded, _pairs_of_hits, indexes=True)
    yield Searcher("eikona, scan", "eikona", _scan, _pairs_of_hits)
    yield Searcher("eikona, scan of codes in rows", "eikona", _scan_rows, _pairs_of_hits)
    yield Searcher("eikona, NumPy scan", "eikona", _scan_plain, _pairs_of_hits, is_slow=True)
    if faiss_too:
        yield Searcher("faiss IndexBinaryFlat", "peer", _flat, _pairs_of_lists, is_slow=True)
        yield Searcher(
            "faiss IndexBinaryMultiHash, as ThreatExchange sets it",
            "peer",
            _multi_hash,
            _pairs_of_lists,
            is_slow=True,
            indexes=True,
        )
        yield Searcher(
            f"faiss IndexBinaryIVF, {_IVF_PROBES} probes",
            "peer",
            _ivf,
            _pairs_of_lists,
            is_slow=True,
            indexes=True,
        )


def resident_bytes() -> int:
    """Return the memory of this process that is resident now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _read_all(rows: Rows, _: int) -> Search:
    flat = rows.reshape(-1)
    return lambda _queries, _radius, _threads: np.bitwise_or.reduce(flat)


def _banded(rows: Rows, threads: int) -> Search:
    columns = np.ascontiguousarray(rows.T)  # as banks store them
    plan = plan_bands(len(rows), _BITS)
    tables = None if plan is None else build_tables(columns, plan, threads=threads)
    index = BandedIndex(columns, tables)
    return Sized(
        lambda queries, radius, threads: index.within(queries, radius, threads=threads),
        0 if tables is None else tables.nbytes,
    )


def _scan(rows: Rows, _: int) -> Search:
    columns = np.ascontiguousarray(rows.T)
    return lambda queries, radius, threads: scan_within(columns, queries, radius, threads=threads)


def _scan_rows(rows: Rows, _: int) -> Search:
    columns = rows.T
    return lambda queries, radius, threads: scan_within(columns, queries, radius, threads=threads)


def _scan_plain(rows: Rows, _: int) -> Search:
    columns = np.ascontiguousarray(rows.T)
    return lambda queries, radius, _: hamming_within(columns, queries, radius)


def _flat(rows: Rows, threads: int) -> Search:
    import faiss

    return _faiss(faiss.IndexBinaryFlat(_BITS), rows, threads)


def _multi_hash(rows: Rows, threads: int) -> Search:
    import faiss

    hashes = _THREATEXCHANGE_HASHES
    inner = faiss.IndexBinaryMultiHash(_BITS, hashes, _BITS // hashes)
    search = _faiss(faiss.IndexBinaryIDMap2(inner), rows, threads)

    def with_flips(queries: Rows, radius: int, threads: int) -> Any:
        inner.nflip = radius // hashes
        return search(queries, radius, threads)

    return with_flips


def _ivf(rows: Rows, threads: int) -> Search:
    """Train on one thread, and add with as many as are wanted."""
    import faiss

    faiss.omp_set_num_threads(1)  # on two it may wait for hours where other programs run
    lists = 1 << max(4, round(np.log2(len(rows)) / 2))
    index = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(_BITS), _BITS, lists)
    index.nprobe = _IVF_PROBES
    index.cp.niter = _IVF_ROUNDS
    index.cp.max_points_per_centroid = _IVF_SAMPLE
    index.cp.min_points_per_centroid = 1
    index.train(rows[: lists * _IVF_SAMPLE].view(np.uint8))
    return _faiss(index, rows, threads)


def _faiss(index: Any, rows: Rows, threads: int) -> Search:
    import faiss

    faiss.omp_set_num_threads(threads)
    codes = rows.view(np.uint8)
    if isinstance(index, faiss.IndexBinaryIDMap2):
        index.add_with_ids(codes, np.arange(len(rows)))
    else:
        index.add(codes)

    def search(queries: Rows, radius: int, threads: int) -> Any:
        faiss.omp_set_num_threads(threads)
        # faiss leaves out those at the radius itself
        return index.range_search(np.ascontiguousarray(queries).view(np.uint8), radius + 1)

    return search


def _pairs_of_hits(hits: Any) -> Pairs:
    return set(zip(hits.queries.tolist(), hits.rows.tolist(), strict=True))


def _pairs_of_lists(found: Any) -> Pairs:
    limits, _, rows = found
    queries = np.repeat(np.arange(len(limits) - 1), np.diff(limits).astype(np.int64))
    return set(zip(queries.tolist(), rows.tolist(), strict=True))
