"""What ``eikona.Bank`` finds: alone, or together with other banks and allow-lists."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.arguments import (
    checked_codes,
    checked_top,
    chosen_rule,
    entry_filter,
    key_of,
)
from eikona.adapters.bank.store import BankStore
from eikona.domain.bank import EVERY_ENTRY, EntryFilter, EntryState
from eikona.domain.errors import UsageError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.domain.match import Match
from eikona.domain.policy import Policy
from eikona.hashing.registry import DEFAULT_ALGORITHMS
from eikona.imaging.source import Source
from eikona.services.fingerprint_source import fingerprint
from eikona.services.search_bank import passed_by
from eikona.services.search_banks import Asked, SearchedBank, search_banks
from eikona.services.search_codes import CodeMatches, nearest_codes, search_codes


class BankSearch:
    """An open bank, to be searched."""

    def __init__(self, store: BankStore) -> None:
        """Use ``Bank.create`` or ``Bank.open`` instead."""
        self._store = store

    @property
    def policy(self) -> Policy:
        """How it is searched unless a search says otherwise."""
        return self._store.policy

    def search(  # noqa: PLR0913  what a search may be told, by name
        self,
        source: Source | Fingerprint,
        *,
        rule: str | None = None,
        radius: int | None = None,
        nearest: int | None = None,
        top: int | None = None,
        others: Sequence["BankSearch"] = (),
        allow_lists: Sequence["BankSearch"] = (),
        tags: Iterable[str] = (),
        owner: str | None = None,
        states: Iterable[EntryState | str] = tuple(EntryState),
        decode: str = DecodeMode.AUTO,
        limits: Limits = DEFAULT_LIMITS,
    ) -> list[Match]:
        """Return the entries that a picture may be a copy of, nearest first.

        Equally near ones stand by name.

        Args:
            source: a path, encoded bytes, an open file, or a fingerprint made before.
            rule: how to judge; what it finds clear is not listed. As the bank's policy says if
                not given.
            radius: all within so many of PDQ's 256 bits in eight orientations, the nearest first,
                whatever the rule says of them.
            nearest: so many entries that are nearest by the rule's first hash, however far they
                are; their verdicts may be clear.
            top: at most so many, 1 or more.
            others: banks to search together with this one; a match says in which bank it is.
            allow_lists: banks whose entries are harmless: matches of a picture that is surely a
                copy of one of theirs become clear, and name it as ``allowed_by``. Those of
                ``others`` that are allow-lists by their policy are among them.
            tags: only entries that have all of these.
            owner: only entries of this owner.
            states: only entries that stand so; those withdrawn match in no case.
            decode: as for ``fingerprint``.
            limits: as for ``fingerprint``.

        Raises:
            SourceError: the bytes cannot be had.
            InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
            UsageError: no such rule or state, a wrong ``top`` or ``nearest``, or a bank or the
                fingerprint lacks the hash that is needed.
            BankError: a bank is damaged.
        """
        most = checked_top(top)
        among = entry_filter(tags, owner, states)
        banks = self._searched(rule, radius, others, allow_lists)
        if not isinstance(source, Fingerprint):
            needs = (name for bank in banks for name in bank.needs)
            names = tuple(dict.fromkeys((*DEFAULT_ALGORITHMS, *needs)))
            source = fingerprint(
                source,
                algorithms=names,
                local_features=any(bank.reads_features for bank in banks),
                decode=decode,
                limits=limits,
            )
        asked = Asked(among=among, nearest=_checked_nearest(nearest))
        return search_banks(banks, [source], asked)[0][:most]

    def search_many(
        self,
        fingerprints: Sequence[Fingerprint],
        *,
        rule: str | None = None,
        among: EntryFilter = EVERY_ENTRY,
        others: Sequence["BankSearch"] = (),
        allow_lists: Sequence["BankSearch"] = (),
    ) -> list[list[Match]]:
        """Return for each fingerprint what ``search`` returns, in less time than one by one.

        Args:
            fingerprints: made before.
            rule: as for ``search``.
            among: which entries to search.
            others: as for ``search``.
            allow_lists: as for ``search``.

        Raises:
            UsageError: no such rule, or a bank or a fingerprint lacks the hash it needs.
            BankError: a bank is damaged.
        """
        banks = self._searched(rule, None, others, allow_lists)
        return search_banks(banks, fingerprints, Asked(among=among))

    def search_codes(
        self,
        algorithm: str,
        codes: NDArray[np.uint8],
        radius: int | None = None,
        *,
        nearest: int | None = None,
    ) -> CodeMatches:
        """Return for each code the (name, distance) of entries near to it, nearest first.

        Codes are taken as they are, in one orientation. Equally near entries stand by name.

        Args:
            algorithm: name of the hash.
            codes: shape (queries, bytes).
            radius: all entries within so many bits, 0 or more.
            nearest: instead, so many entries that are nearest, however far they are.

        Raises:
            UsageError: an argument is wrong, or no entry has this hash in this length.
        """
        values = checked_codes(codes)
        key = key_of(algorithm, values.shape[1])
        if radius is not None and nearest is None:
            return search_codes(self._store.snapshot, key, values, radius)
        if nearest is not None and radius is None:
            return nearest_codes(self._store.snapshot, key, values, nearest)
        raise UsageError("give radius=… or nearest=…, one of them")

    def passed_by(self, *, rule: str | None = None) -> int:
        """Return how many entries a search by this rule cannot judge for lack of a hash."""
        return passed_by(self._store.snapshot, chosen_rule(self.policy, rule))

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._store)

    def searched(
        self,
        *,
        name: str | None = None,
        rule: str | None = None,
        radius: int | None = None,
        is_allow_list: bool = False,
    ) -> SearchedBank:
        """Return its present state as one of several banks to be searched together.

        Args:
            name: what to call it in matches; its path if not given.
            rule: how to judge, unless it is an allow-list: that has its own policy's rule always.
            radius: how far to look by PDQ, whatever the rule says of what is there.
            is_allow_list: whether it allows what it holds.

        Raises:
            UsageError: there is no such rule.
        """
        policy = self.policy
        return SearchedBank(
            name=str(self._store.path) if name is None else name,
            state=self._store.snapshot,
            rule=chosen_rule(policy) if is_allow_list else chosen_rule(policy, rule, radius),
            plain=policy.plain,
            is_allow_list=is_allow_list,
            judge=None if radius is None or is_allow_list else chosen_rule(policy, rule),
        )

    def _searched(
        self,
        rule: str | None,
        radius: int | None,
        others: Sequence["BankSearch"],
        allow_lists: Sequence["BankSearch"],
    ) -> list[SearchedBank]:
        return [
            self.searched(rule=rule, radius=radius),
            *(
                bank.searched(rule=rule, radius=radius, is_allow_list=bank.policy.is_allow_list)
                for bank in others
            ),
            *(bank.searched(is_allow_list=True) for bank in allow_lists),
        ]


def _checked_nearest(nearest: int | None) -> int | None:
    if nearest is not None and nearest < 1:
        raise UsageError(f"nearest = {nearest}: ask for one entry at least")
    return nearest
