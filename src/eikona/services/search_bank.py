"""Finds the entries of a bank that a rule takes pictures for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.rules import Bound, Rule
from eikona.domain.bank import EVERY_ENTRY, Entry, EntryFilter, EntryState
from eikona.domain.errors import BankLacksHashError, IncomparableError
from eikona.domain.fingerprint import Comparison, Fingerprint
from eikona.domain.match import Match
from eikona.domain.verdict import Outcome, Verdict
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.distances import correlation_many, forbild_weighted_many
from eikona.matching.linear import word_rows
from eikona.services.compare_pictures import distances_between
from eikona.services.ports import Block, HashKey, SearchableBank

_WEIGHTED = "forbild-weighted"
_ROUNDING = 1e-9  # what a distance may be off that is computed for many pairs at once
_ROWS_AT_ONCE = 1 << 14  # of codes that are put together from columns

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Pairs of a query and an entry that a rule may take for copies."""

    queries: Rows
    rows: Rows


def search_bank(
    bank: SearchableBank,
    queries: Sequence[Fingerprint],
    rule: Rule,
    *,
    among: EntryFilter = EVERY_ENTRY,
    entries: int | None = None,
) -> list[list[Match]]:
    """Return for each query the entries that ``rule`` does not clear, nearest first.

    Entries without the hashes that the rule needs, and those withdrawn, are passed by. Those in
    review and contested ones are for a person to look at, however near they are.

    Args:
        bank: what to search.
        queries: fingerprints with the hashes that the rule needs.
        rule: how to judge.
        among: which entries to search.
        entries: how many are looked through in all, where this is not the only bank.

    Raises:
        IncomparableError: a query lacks a hash that the rule needs.
        BankLacksHashError: every entry does.
    """
    keys = needed_keys(rule)
    for query in queries:
        check_query(query, keys)
    entries = len(bank) if entries is None else entries
    if not len(bank) or not queries:
        return [[] for _ in queries]
    if not bank.holding(keys):
        raise lacks_hash(bank, keys)
    found = [_candidates(bank, queries, bound) for bound in rule.bounds]
    entry_at: dict[int, Entry] = {}
    matches: list[list[Match]] = [[] for _ in queries]
    for number, row in _pairs(bank, found):
        if row not in entry_at:
            entry_at[row] = bank.entry_at(row)
        if not among.takes(entry_at[row]):
            continue
        match = _judge(queries[number], entry_at[row], rule, entries)
        if match is not None:
            matches[number].append(match)
    return [sorted(some, key=nearest_first) for some in matches]


def nearest_first(match: Match) -> tuple[float, str]:
    """Return what matches are ordered by: their distance, then the entry's name."""
    return match.distance, match.entry.name


def needed_keys(rule: Rule) -> list[HashKey]:
    """Return the hashes that a rule reads, in the versions of today."""
    rows = [ALGORITHMS[name] for name in rule.needs]
    return [HashKey(row.id.name, row.id.version, row.bits // 8) for row in rows]


def passed_by(bank: SearchableBank, rule: Rule) -> int:
    """Return how many entries a search by ``rule`` cannot judge for lack of a hash."""
    return len(bank) - bank.holding(needed_keys(rule))


def lacks_hash(bank: SearchableBank, keys: Sequence[HashKey]) -> BankLacksHashError:
    """Return the error that says which hash no entry has, and how to have it."""
    missing = [key.name for key in keys if not bank.holding([key])] or [key.name for key in keys]
    options = " ".join(f"--algorithm {name}" for name in missing)
    return BankLacksHashError(
        f"no entry of the bank has {' and '.join(missing)}, which the search needs: add the"
        f" pictures again with it, eikona bank add BANK PATH {options}"
    )


def check_query(query: Fingerprint, keys: Sequence[HashKey]) -> None:
    """Make sure that a query has these hashes.

    Raises:
        IncomparableError: it lacks one.
    """
    for key in keys:
        if query.versions.get(key.name) != key.version or len(query.hashes[key.name]) != key.size:
            raise IncomparableError(
                f"the search needs {key.name}, version {key.version}, which the fingerprint of"
                " the picture lacks: compute it"
            )


def _candidates(bank: SearchableBank, queries: Sequence[Fingerprint], bound: Bound) -> _Candidates:
    name = "forbild" if bound.algorithm == _WEIGHTED else bound.algorithm
    known = ALGORITHMS[name]
    blocks = bank.blocks(HashKey(name, known.id.version, known.bits // 8))
    if bound.algorithm == _WEIGHTED:
        found = _near_each(blocks, queries, bound, _weighted_to)
    elif known.comparison is Comparison.CORRELATION:
        found = _near_each(blocks, queries, bound, correlated_to(name))
    else:
        found = _within_bits(blocks, queries, bound)
    parts = list(found)
    nothing = np.zeros(0, np.int64)
    return _Candidates(
        np.concatenate([nothing, *(part.queries for part in parts)]),
        np.concatenate([nothing, *(part.rows for part in parts)]),
    )


def _within_bits(
    blocks: Sequence[Block], queries: Sequence[Fingerprint], bound: Bound
) -> Iterator[_Candidates]:
    """Scan for codes within so many bits, of PDQ in all eight orientations."""
    codes = [
        (number, code)
        for number, query in enumerate(queries)
        for code in codes_of(query, bound.algorithm)
    ]
    numbers = np.array([number for number, _ in codes])
    joined = np.frombuffer(b"".join(code for _, code in codes), np.uint8)
    words = word_rows(joined.reshape(len(codes), -1))
    for block in blocks:
        hits = block.within(words, int(bound.distance))
        yield _Candidates(numbers[hits.queries], block.rows_at(hits.rows))


def codes_of(query: Fingerprint, name: str) -> Sequence[bytes]:
    """Return the codes to look for: of PDQ in all orientations that are known."""
    if name == "pdq" and query.pdq_orientations:
        return query.pdq_orientations
    return (query.hashes[name],)


Measure = Callable[[Fingerprint, Block], NDArray[np.float64]]


def _near_each(
    blocks: Sequence[Block], queries: Sequence[Fingerprint], bound: Bound, measure: Measure
) -> Iterator[_Candidates]:
    """Measure every entry from one query after the other."""
    for number, query in enumerate(queries):
        for block in blocks:
            near = measure(query, block) <= bound.distance + _ROUNDING
            rows = block.rows_at(np.flatnonzero(near))
            yield _Candidates(np.full(len(rows), number), rows)


def correlated_to(name: str) -> Measure:
    """Return what measures the distance of every entry of a block by one minus a correlation."""

    def measure(query: Fingerprint, block: Block) -> NDArray[np.float64]:
        return 1.0 - correlation_many(query.hashes[name], block.values.view(np.uint8))

    return measure


def _weighted_to(query: Fingerprint, block: Block) -> NDArray[np.float64]:
    columns = block.values.view(np.uint64)
    if not query.forbild_grey:
        return np.full(columns.shape[1], np.inf)
    parts = [
        forbild_weighted_many(
            query.hashes["forbild"],
            query.forbild_grey,
            np.ascontiguousarray(columns[:, start : start + _ROWS_AT_ONCE].T).view(np.uint8),
        )
        for start in range(0, columns.shape[1], _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _pairs(bank: SearchableBank, found: Sequence[_Candidates]) -> Iterator[tuple[int, int]]:
    """Yield each pair once that has not been removed, by query, then by row."""
    pairs = np.unique(
        np.stack(
            [
                np.concatenate([one.queries for one in found]),
                np.concatenate([one.rows for one in found]),
            ],
            axis=1,
        ),
        axis=0,
    )
    live = pairs[bank.are_live(pairs[:, 1])]
    yield from zip(live[:, 0].tolist(), live[:, 1].tolist(), strict=True)


def _judge(query: Fingerprint, entry: Entry, rule: Rule, entries: int) -> Match | None:
    """Return the match of one pair, None where there is none or a hash is missing."""
    match = judged(query, entry, rule, entries)
    return None if match is None or match.verdict.outcome is Outcome.CLEAR else match


def judged(query: Fingerprint, entry: Entry, rule: Rule, entries: int) -> Match | None:
    """Return what a rule says of one pair, clear or not.

    Returns:
        None where the entry is withdrawn or lacks a hash that the rule needs.
    """
    if entry.state is EntryState.WITHDRAWN:
        return None
    distances = distances_between(query, entry.fingerprint)
    if not distances.by_name.keys() >= set(rule.needs):
        return None
    verdict = rule.decide(distances, entries=entries)
    return Match(
        entry=entry,
        verdict=_held_back(verdict, entry.state),
        distances=distances,
        distance=distances.by_name[rule.needs[0]],
    )


def _held_back(verdict: Verdict, state: EntryState) -> Verdict:
    """Return what a verdict is worth, given where the entry stands."""
    if verdict.outcome is not Outcome.BLOCK or state is EntryState.ACTIVE:
        return verdict
    why = "is contested" if state is EntryState.CONTESTED else "is not confirmed yet"
    return replace(verdict, outcome=Outcome.REVIEW, reason=f"{verdict.reason}; but the entry {why}")
