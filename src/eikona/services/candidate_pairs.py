"""Finds which of many fingerprints could be copies of each other, without judging every pair.

A rule's bounds are balls around a query that hold everything it does not clear. Each fingerprint is
the query once, so a pair is found whichever of the two the ball is drawn around.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.rule import Bound
from eikona.domain.fingerprint import Comparison, Fingerprint
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.banded import BandedIndex
from eikona.matching.distances import forbild_weighted_many
from eikona.matching.linear import word_columns, word_rows
from eikona.matching.parts import threads_for

_QUERIES_AT_ONCE = 128  # fingerprints, so that what is found of them fits in memory
_ROUNDING = 1e-9  # between two ways to sum up the same numbers

Pairs = NDArray[np.int64]  # shape (n, 2): the query's number, and that of what it found
Codes = NDArray[np.uint8]
_NO_PAIRS = np.empty((0, 2), np.int64)


def candidate_pairs(
    fingerprints: Sequence[Fingerprint], bounds: Sequence[Bound]
) -> Iterator[tuple[int, int]]:
    """Yield every two numbers, the lower first, whose fingerprints lie within one of the bounds.

    A pair may come several times: at most twice for each bound.

    Args:
        fingerprints: with every hash that a bound is set on.
        bounds: of a rule.
    """
    if len(fingerprints) < 2:
        return
    for bound in bounds:
        find = _finder(fingerprints, bound)
        for start in range(0, len(fingerprints), _QUERIES_AT_ONCE):
            found = find(start, min(start + _QUERIES_AT_ONCE, len(fingerprints)))
            found = np.sort(found[found[:, 0] != found[:, 1]], axis=1)
            yield from map(tuple, np.unique(found, axis=0).tolist())


def _finder(fingerprints: Sequence[Fingerprint], bound: Bound) -> Callable[[int, int], Pairs]:
    """Return what finds, for the queries from one number up to another, all within ``bound``."""
    if bound.algorithm == "forbild-weighted":
        return _by_weight(fingerprints, bound.distance)
    if ALGORITHMS[bound.algorithm].comparison is Comparison.CORRELATION:
        return _by_correlation(_codes(fingerprints, bound.algorithm), bound.distance)
    return _by_bits(fingerprints, bound)


def _by_bits(fingerprints: Sequence[Fingerprint], bound: Bound) -> Callable[[int, int], Pairs]:
    codes = _codes(fingerprints, bound.algorithm)
    queries, poses = codes, 1
    if bound.algorithm == "pdq" and all(one.pdq_orientations for one in fingerprints):
        queries = _array([code for one in fingerprints for code in one.pdq_orientations])
        poses = len(fingerprints[0].pdq_orientations)
    columns, rows = word_columns(codes), word_rows(queries)
    radius = math.floor(min(bound.distance, ALGORITHMS[bound.algorithm].bits))
    threads = threads_for(len(codes) * len(queries), len(codes))
    index = BandedIndex.for_radius(columns, radius, threads=threads)

    def find(start: int, end: int) -> Pairs:
        hits = index.within(rows[start * poses : end * poses], radius, threads=threads)
        return np.stack([hits.queries // poses + start, hits.rows], axis=1)

    return find


def _by_weight(fingerprints: Sequence[Fingerprint], distance: float) -> Callable[[int, int], Pairs]:
    codes = _codes(fingerprints, "forbild")

    def find(start: int, end: int) -> Pairs:
        found = [_NO_PAIRS]
        for number in range(start, end):
            query = fingerprints[number]
            if query.forbild_grey:
                weighted = forbild_weighted_many(query.hashes["forbild"], query.forbild_grey, codes)
                rows = np.flatnonzero(weighted <= distance * (1 + _ROUNDING))
                found.append(np.stack([np.full_like(rows, number), rows], axis=1))
        return np.concatenate(found)

    return find


def _by_correlation(codes: Codes, distance: float) -> Callable[[int, int], Pairs]:
    values = codes.astype(np.float64)
    values -= values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    values /= np.where(length == 0, 1, length)
    # A hash without variance correlates with its equal by definition, and with nothing else.
    flat = np.flatnonzero(length[:, 0] == 0)

    def find(start: int, end: int) -> Pairs:
        away = 1.0 - values[start:end] @ values.T
        found = np.argwhere(away <= distance + _ROUNDING)
        found[:, 0] += start
        here = flat[(flat >= start) & (flat < end)]
        equal = np.argwhere((codes[here, None] == codes[None, flat]).all(axis=2))
        same = np.stack([here[equal[:, 0]], flat[equal[:, 1]]], axis=1)
        return np.concatenate([found, same])

    return find


def _codes(fingerprints: Sequence[Fingerprint], name: str) -> Codes:
    return _array([one.hashes[name] for one in fingerprints])


def _array(codes: Sequence[bytes]) -> Codes:
    return np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), -1)
