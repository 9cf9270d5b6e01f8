"""Finds the entries of a bank that are nearest to pictures, however far, and judges each."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.rules import Rule
from eikona.domain.bank import EVERY_ENTRY, Entry, EntryFilter
from eikona.domain.fingerprint import Comparison, Fingerprint
from eikona.domain.match import Match
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.linear import word_rows
from eikona.services.candidates import codes_of, correlated_to
from eikona.services.look_up_features import LookedUp, look_up_features
from eikona.services.nearest_rows import Wanted, nearest_rows
from eikona.services.ports import HashKey, SearchableBank
from eikona.services.search_bank import (
    check_query,
    judged,
    lacks_hash,
    nearest_first,
    needed_keys,
)

_ROUNDING = 1e-9  # what a distance may be off that is computed for many pairs at once


def search_nearest(
    bank: SearchableBank,
    queries: Sequence[Fingerprint],
    rule: Rule,
    count: int,
    *,
    among: EntryFilter = EVERY_ENTRY,
    entries: int | None = None,
) -> list[list[Match]]:
    """Return for each query the ``count`` entries nearest by the rule's leading hash.

    They are what comparing with every entry gives, equally near ones by name, and have the
    rule's verdict, which may be clear. Entries without the hashes that the rule needs, and those
    withdrawn, are passed by.

    Args:
        bank: what to search.
        queries: fingerprints with the hashes that the rule needs; PDQ in all orientations it has.
        rule: how to judge.
        count: entries, at least 1; all if there are fewer.
        among: which entries to search.
        entries: how many are looked through in all, where this is not the only bank.

    Raises:
        IncomparableError: a query lacks a hash that the rule needs.
        BankLacksHashError: every entry does.
    """
    keys = needed_keys(rule)
    for query in queries:
        check_query(query, keys)
    if not len(bank) or not queries:
        return [[] for _ in queries]
    if not bank.holding(keys):
        raise lacks_hash(bank, keys)
    total = len(bank) if entries is None else entries
    looked_up: dict[int, LookedUp | None] = {}
    if rule.aligns:
        looked_up = dict(zip(map(id, queries), look_up_features(bank, queries), strict=True))
    known: dict[int, Entry] = {}

    def judge(query: Fingerprint, row: int) -> Match | None:
        if row not in known:
            known[row] = bank.entry_at(row)
        if not among.takes(known[row]):
            return None
        return judged(query, known[row], rule, total, looked_up.get(id(query)))

    by_bits = ALGORITHMS[keys[0].name].comparison is not Comparison.CORRELATION
    find = _by_bits if by_bits else _by_correlation
    found = find(bank, queries, keys[0], count, judge)
    return [
        sorted(found.get(number, []), key=nearest_first)[:count] for number in range(len(queries))
    ]


Judge = Callable[[Fingerprint, int], Match | None]


def _by_bits(
    bank: SearchableBank, queries: Sequence[Fingerprint], key: HashKey, count: int, judge: Judge
) -> Mapping[int, list[Match]]:
    found: dict[int, list[Match]] = {}
    for number, query in enumerate(queries):
        codes = codes_of(query, key.name)
        words = word_rows(np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), -1))
        matches: dict[int, Match | None] = {}

        def takes(
            row: int, query: Fingerprint = query, matches: dict[int, Match | None] = matches
        ) -> bool:
            if row not in matches:
                matches[row] = judge(query, row)
            return matches[row] is not None

        wanted = Wanted(key, words, np.full(len(codes), number), count, takes)
        rows = [row for _, row in nearest_rows(bank, wanted)[number]]
        found[number] = [match for row in rows if (match := matches[row]) is not None]
    return found


def _by_correlation(
    bank: SearchableBank, queries: Sequence[Fingerprint], key: HashKey, count: int, judge: Judge
) -> Mapping[int, list[Match]]:
    """Measure every entry, and judge the nearest ones until enough of them count."""
    blocks, found = bank.blocks(key), {}
    for number, query in enumerate(queries):
        measure = correlated_to(key.name)
        distances = np.concatenate([measure(query, block) for block in blocks])
        rows = np.concatenate([np.asarray(block.rows, np.int64) for block in blocks])
        live = bank.are_live(rows)
        found[number] = _nearest_judged(query, distances[live], rows[live], count, judge)
    return found


def _nearest_judged(
    query: Fingerprint,
    distances: NDArray[np.float64],
    rows: NDArray[np.int64],
    count: int,
    judge: Judge,
) -> list[Match]:
    matches: list[Match] = []
    farthest = np.inf
    for place in np.argsort(distances, kind="stable"):
        if distances[place] > farthest:
            break
        match = judge(query, int(rows[place]))
        if match is not None:
            matches.append(match)
            if len(matches) == count:  # others may be as near, and go before by their name
                farthest = float(distances[place]) + _ROUNDING
    return matches
