"""Finds the entries of several banks that pictures are copies of, in one order over all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from eikona.deciding.allow_list import allowance, cleared
from eikona.deciding.rule import clear, quality_for
from eikona.deciding.rules import Rule
from eikona.domain.bank import EVERY_ENTRY, EntryFilter
from eikona.domain.errors import BankError, BankLacksHashError, UsageError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.match import Match
from eikona.domain.policy import PlainMatches
from eikona.domain.verdict import Outcome
from eikona.services.allowed_parts import Allowed, Judged, accounting_for, all_allowed
from eikona.services.look_up_features import LookedUp, look_up_features
from eikona.services.ports import SearchableBank
from eikona.services.search_bank import judged, nearest_first, search_bank, surest_first
from eikona.services.search_nearest import search_nearest

Unusable = BankError | BankLacksHashError


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedBank:
    """One of the banks that are searched together.

    Attributes:
        name: what to call it in matches.
        state: its entries.
        rule: how to judge them.
        plain: what becomes of matches with pictures that are too plain.
        is_allow_list: whether a copy of an entry is cleared in all other banks.
        judge: who says what is found, where ``rule`` only says how far to look.
    """

    name: str
    state: SearchableBank
    rule: Rule
    plain: PlainMatches = PlainMatches.REVIEW
    is_allow_list: bool = False
    judge: Rule | None = None

    @property
    def judges_by(self) -> Rule:
        """The rule whose verdicts matches have."""
        return self.rule if self.judge is None else self.judge

    @property
    def needs(self) -> tuple[str, ...]:
        """Hashes that a query needs."""
        return tuple(dict.fromkeys((*self.rule.needs, *self.judges_by.needs)))

    @property
    def reads_features(self) -> bool:
        """Whether a query's local features are of use: rule and bank both have to do with them."""
        return self.judges_by.aligns and bool(self.state.feature_blocks())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to look for.

    Attributes:
        among: which entries to search; all of those of allow-lists are.
        nearest: so many entries of each query, however far they are; None for all that the rules
            do not clear.
        shows_allowed: whether matches that an allow-list clears are listed.
    """

    among: EntryFilter = EVERY_ENTRY
    nearest: int | None = None
    shows_allowed: bool = True


EVERYTHING = Asked()


def search_banks(
    banks: Sequence[SearchedBank],
    queries: Sequence[Fingerprint],
    asked: Asked = EVERYTHING,
    *,
    unusable: Callable[[SearchedBank, Unusable], None] | None = None,
) -> list[list[Match]]:
    """Return for each query its matches in all banks, the surest first.

    Where the nearest are asked for, these come nearest first. Equally near ones stand by name, then
    in the order of the banks. Chance is reckoned over the entries of all banks that are no
    allow-lists: so many pictures might be taken for the query.

    Args:
        banks: what to search; their order counts where two are alike.
        queries: fingerprints with the hashes that the rules need.
        asked: what to look for.
        unusable: told of a bank that turns out damaged, or lacks a hash, and is passed by then;
            without it, and of allow-lists in any case, the error is raised.

    Raises:
        UsageError: the nearest are asked for, and the rules measure by different hashes.
        IncomparableError: a query lacks a hash that a rule needs.
        BankError: a bank is damaged.
        BankLacksHashError: no entry of a bank has a hash that its rule needs.
    """
    searched = [bank for bank in banks if not bank.is_allow_list]
    if asked.nearest is not None:
        _check_one_measure(searched)
    entries = sum(len(bank.state) for bank in searched)
    matches: list[list[Judged]] = [[] for _ in queries]
    for bank in searched:
        try:
            found = _search(bank, queries, asked, entries)
        except (BankError, BankLacksHashError) as error:
            if unusable is None:
                raise _named(error, bank, banks) from error
            unusable(bank, error)
            continue
        for number, more in enumerate(found):
            matches[number] += [(match, bank.judges_by) for match in more]
    lists = [bank for bank in banks if bank.is_allow_list]
    harmless = _search_allow_lists(lists, banks, queries)
    looks_around = asked.nearest is not None or any(bank.judge for bank in searched)
    order = nearest_first if looks_around else surest_first
    listed = []
    for query, some, by in zip(queries, matches, harmless, strict=True):
        ordered = sorted(some, key=lambda one: order(one[0]))[: asked.nearest]
        allowed = all_allowed(query, by, sum(len(bank.state) for bank in lists))
        listed.append(_as_allowed(query, ordered, allowed, entries, asked))
    return listed


def _search(
    bank: SearchedBank, queries: Sequence[Fingerprint], asked: Asked, entries: int
) -> list[list[Match]]:
    state, rule = bank.state, bank.rule
    if asked.nearest is None:
        found = search_bank(state, queries, rule, among=asked.among, entries=entries)
    else:
        found = search_nearest(
            state, queries, rule, asked.nearest, among=asked.among, entries=entries
        )
    if bank.judge is not None:
        found = _judged_anew(bank, queries, found, bank.judge, entries)
    return [
        [replace(match, bank=bank.name) for match in some if not _is_dropped(match, bank)]
        for some in found
    ]


def _judged_anew(
    bank: SearchedBank,
    queries: Sequence[Fingerprint],
    found: Sequence[Sequence[Match]],
    judge: Rule,
    entries: int,
) -> list[list[Match]]:
    """Return matches as another rule judges them; as clear where it lacks what it needs."""
    looked_up: Sequence[LookedUp | None] = [None] * len(queries)
    if bank.reads_features and any(found):
        looked_up = look_up_features(bank.state, queries)
    return [
        [_judged_by(query, match, judge, entries, known) for match in some]
        for query, some, known in zip(queries, found, looked_up, strict=True)
    ]


def _judged_by(
    query: Fingerprint, match: Match, judge: Rule, entries: int, known: LookedUp | None
) -> Match:
    anew = judged(query, match.entry, judge, entries, known)
    if anew is None:
        said = clear(judge.name, "a hash is missing by which the rule judges")
        return replace(match, verdict=said)
    return replace(anew, distance=match.distance)


def _check_one_measure(banks: Sequence[SearchedBank]) -> None:
    """Make sure that distances in different banks can be compared.

    Raises:
        UsageError: they are of different hashes.
    """
    by_hash = {bank.rule.needs[0]: bank for bank in banks}
    if len(by_hash) > 1:
        said = ", ".join(f"{bank.name} by {name}" for name, bank in by_hash.items())
        raise UsageError(
            f"the nearest entries of these banks are measured by different hashes ({said}): name"
            " one rule for all of them"
        )


def _is_dropped(match: Match, bank: SearchedBank) -> bool:
    """Whether the bank's owner does not want to hear of a match with so plain a picture."""
    is_plain = match.distances.quality < quality_for(*bank.judges_by.needs)
    is_unsure = match.verdict.outcome is Outcome.REVIEW
    return bank.plain is PlainMatches.CLEAR and is_plain and is_unsure


def _search_allow_lists(
    lists: Sequence[SearchedBank], banks: Sequence[SearchedBank], queries: Sequence[Fingerprint]
) -> list[list[Judged]]:
    """Return for each query its matches with allowed entries, the nearest first, and who judged."""
    entries = sum(len(bank.state) for bank in lists)
    matches: list[list[Judged]] = [[] for _ in queries]
    for bank in lists:
        try:
            found = _search(bank, queries, EVERYTHING, entries)
        except (BankError, BankLacksHashError) as error:
            raise _named(error, bank, banks) from error
        for number, more in enumerate(found):
            matches[number] += [(match, bank.rule) for match in more]
    return [sorted(some, key=lambda one: nearest_first(one[0])) for some in matches]


def _as_allowed(
    query: Fingerprint,
    matches: Sequence[Judged],
    allowed: Sequence[Allowed],
    entries: int,
    asked: Asked,
) -> list[Match]:
    """Return one query's matches as the allow-lists leave them."""
    listed = []
    for match, rule in matches:
        by = None
        if allowed and match.verdict.outcome is not Outcome.CLEAR:
            by = allowance(accounting_for(query, (match, rule), allowed, entries))
        if by is None:
            listed.append(match)
        elif asked.shows_allowed:
            listed.append(cleared(match, by))
    return listed


def _named(error: Unusable, bank: SearchedBank, banks: Sequence[SearchedBank]) -> Unusable:
    """Return an error that says which of several banks it is of."""
    return error if len(banks) == 1 else type(error)(f"{bank.name}: {error}")
