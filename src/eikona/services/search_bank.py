"""Finds the entries of a bank that a rule takes pictures for."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from eikona.deciding.rules import Rule
from eikona.domain.bank import EVERY_ENTRY, Entry, EntryFilter, EntryState
from eikona.domain.errors import BankLacksHashError, IncomparableError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.local_features import LocalFeatures
from eikona.domain.match import Match
from eikona.domain.verdict import Distances, Outcome, Verdict
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.parts import do_parts
from eikona.services.candidates import Candidates, Rows, candidates
from eikona.services.compare_pictures import distances_between, with_alignment
from eikona.services.look_up_features import LookedUp, look_up_features, threads_for_queries
from eikona.services.ports import HashKey, SearchableBank

MOST_VERIFIED = 100  # entries of one query that local features are compared with


def search_bank(
    bank: SearchableBank,
    queries: Sequence[Fingerprint],
    rule: Rule,
    *,
    among: EntryFilter = EVERY_ENTRY,
    entries: int | None = None,
) -> list[list[Match]]:
    """Return for each query the entries that ``rule`` does not clear, the surest first.

    A rule that reads alignments is asked about the entries of a shortlist too, and about how the
    query lies on each of these and of the nearest others, where both have local features. Nothing
    of a bank without any is searched for, nor by a query without.

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
    search = _Search(bank, rule, among, entries)
    looked_up: Sequence[LookedUp | None] = [None] * len(queries)
    if rule.aligns:
        looked_up = look_up_features(bank, queries, search.counts)
    found = [candidates(bank, queries, bound) for bound in rule.bounds_at(entries)]
    found += [_listed(number, one.rows) for number, one in enumerate(looked_up) if one is not None]
    rows_of: list[list[int]] = [[] for _ in queries]
    for number, row in _pairs(bank, found):
        rows_of[number].append(row)
    asked = list(zip(queries, rows_of, looked_up, strict=True))
    threads = threads_for_queries(sum(one is not None for one in looked_up))
    return do_parts(lambda one: search.matches(*one), asked, threads)


_Measured = tuple[int, Entry, Distances]  # number of an entry, the entry, how far away it is


@dataclass(frozen=True, slots=True)
class _Search:
    """Judges the candidates of each query."""

    bank: SearchableBank
    rule: Rule
    among: EntryFilter
    entries: int
    known: dict[int, Entry] = field(default_factory=dict)

    def matches(
        self, query: Fingerprint, rows: Sequence[int], looked_up: LookedUp | None
    ) -> list[Match]:
        """Return the matches of one query, the surest first.

        Args:
            query: what is looked for.
            rows: candidates.
            looked_up: what local features say of it.
        """
        measured = [
            (row, entry, distances)
            for row, entry in ((row, self._entry(row)) for row in rows)
            if self.among.takes(entry) and (distances := _measured(query, entry, self.rule))
        ]
        if looked_up is not None:
            measured = self._verified(measured, looked_up)
        matches = (
            _match(entry, distances, self.rule, self.entries) for _, entry, distances in measured
        )
        found = [match for match in matches if match.verdict.outcome is not Outcome.CLEAR]
        return sorted(found, key=surest_first)

    def counts(self, row: int) -> bool:
        """Return whether an entry may match at all."""
        entry = self._entry(row)
        return entry.state is not EntryState.WITHDRAWN and self.among.takes(entry)

    def _entry(self, row: int) -> Entry:
        if row not in self.known:
            self.known[row] = self.bank.entry_at(row)
        return self.known[row]

    def _verified(self, measured: Sequence[_Measured], looked_up: LookedUp) -> list[_Measured]:
        """Add how the query lies on entries: on those listed, then on the nearest ones."""
        place = {row: number for number, row in enumerate(looked_up.rows.tolist())}
        leading = self.rule.needs[0]

        def order(one: _Measured) -> tuple[float, float, str]:
            row, entry, distances = one
            return place.get(row, math.inf), distances.by_name[leading], entry.name

        ordered = sorted(measured, key=order)
        return [
            (row, entry, with_alignment(distances, looked_up.verifier, features_of(entry)))
            for row, entry, distances in ordered[:MOST_VERIFIED]
        ] + ordered[MOST_VERIFIED:]


def features_of(entry: Entry) -> LocalFeatures | None:
    """Return the local features of an entry."""
    return entry.fingerprint.local_features


def _listed(number: int, rows: Rows) -> Candidates:
    return Candidates(np.full(len(rows), number), rows)


def surest_first(match: Match) -> tuple[float, float, str]:
    """Return what matches are ordered by: how often chance alone brings one so good, where known.

    Equally likely ones, and those whose odds are not known, which come last, go by their distance,
    then by the entry's name.
    """
    expected = match.verdict.expected_false_matches
    return math.inf if expected is None else expected, *nearest_first(match)


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


def _pairs(bank: SearchableBank, found: Sequence[Candidates]) -> Iterator[tuple[int, int]]:
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


def judged(
    query: Fingerprint,
    entry: Entry,
    rule: Rule,
    entries: int,
    looked_up: LookedUp | None = None,
) -> Match | None:
    """Return what a rule says of one pair, clear or not.

    Args:
        query: what is looked for.
        entry: what it is compared with.
        rule: how to judge.
        entries: how many are looked through.
        looked_up: what local features say of the query, if the rule reads that.

    Returns:
        None where the entry is withdrawn or lacks a hash that the rule needs.
    """
    distances = _measured(query, entry, rule)
    if distances is None:
        return None
    if looked_up is not None:
        distances = with_alignment(distances, looked_up.verifier, features_of(entry))
    return _match(entry, distances, rule, entries)


def _measured(query: Fingerprint, entry: Entry, rule: Rule) -> Distances | None:
    if entry.state is EntryState.WITHDRAWN:
        return None
    distances = distances_between(query, entry.fingerprint)
    return distances if distances.by_name.keys() >= set(rule.needs) else None


def _match(entry: Entry, distances: Distances, rule: Rule, entries: int) -> Match:
    return Match(
        entry=entry,
        verdict=_held_back(rule.decide(distances, entries=entries), entry.state),
        distances=distances,
        distance=distances.by_name[rule.needs[0]],
    )


def _held_back(verdict: Verdict, state: EntryState) -> Verdict:
    """Return what a verdict is worth, given where the entry stands."""
    if verdict.outcome is not Outcome.BLOCK or state is EntryState.ACTIVE:
        return verdict
    why = "is contested" if state is EntryState.CONTESTED else "is not confirmed yet"
    return replace(verdict, outcome=Outcome.REVIEW, reason=f"{verdict.reason}; but the entry {why}")
