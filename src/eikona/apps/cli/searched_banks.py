"""The banks that a command searches: their options, how they open, and which of them fail."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.options import complete_rule
from eikona.apps.cli.records import counted, failure_record, json_line, printable, write_line
from eikona.domain.bank import EVERY_ENTRY, EntryFilter
from eikona.domain.errors import BankError, BankLacksHashError, EikonaError, UsageError
from eikona.domain.verdict import Outcome

if TYPE_CHECKING:
    from eikona.adapters.bank.bank import Bank
    from eikona.domain.fingerprint import Fingerprint
    from eikona.domain.match import Match
    from eikona.services.search_banks import Asked, SearchedBank

_LOOKED_THROUGH = 100_000  # entries: more would take seconds
BanksOption = Annotated[
    list[Path],
    typer.Option(
        "--bank",
        metavar="BANK",
        readable=False,  # opening it tells more
        help="Where to look; repeat it for several.",
        show_default=False,
    ),
]
AllowListOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--allow-list",
        metavar="BANK",
        readable=False,
        help="A bank of harmless pictures: what is surely a copy of one is cleared, whatever other"
        " banks hold. May be repeated.",
    ),
]
HideAllowedOption = Annotated[
    bool,
    typer.Option("--hide-allowed", help="Do not list the matches that an allow-list has cleared."),
]
BankRuleOption = Annotated[
    str | None,
    typer.Option(
        "--rule",
        metavar="RULE",
        autocompletion=complete_rule,
        help="What decides, instead of each bank's policy: eikona, forbild, majority,"
        " unihasher-tree, threshold:HASH=DISTANCE, both:HASH,HASH=PERCENT or tree:FILE.",
        show_default="the bank's own, eikona unless it has another",
    ),
]


@dataclass(slots=True)
class SearchedBanks:
    """Banks that are searched together. One that fails is told of, and the others go on.

    Attributes:
        paths: of the banks to search.
        allow_lists: of banks that allow what they hold.
        rule: what judges, instead of the banks' own.
        as_json: whether a bank that fails is told of on standard output as JSON.
        say: tells a person something.
        radius: how far to look by PDQ, whatever the rule says; None for what the rule finds.
        failures: how many banks have failed.
    """

    paths: Sequence[Path]
    allow_lists: Sequence[Path]
    rule: str | None
    as_json: bool
    say: Callable[[str], None]
    radius: int | None = None
    failures: int = 0
    _open: "list[SearchedBank]" = field(default_factory=list)
    _banks: "list[Bank]" = field(default_factory=list)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open them all.

        Raises:
            BankError: the only one, all of them, or an allow-list cannot be opened.
            UsageError: there is no such rule, or nothing but allow-lists.
        """
        from eikona.adapters.bank.bank import Bank  # noqa: PLC0415  imports NumPy

        with ExitStack() as stack:
            for path in _each_once(self.paths):
                try:
                    bank = stack.enter_context(Bank.open(path))
                except BankError as error:
                    self._fail(str(path), error)
                    continue
                allows = bank.policy.is_allow_list
                one = bank.searched(
                    name=str(path), rule=self.rule, radius=self.radius, is_allow_list=allows
                )
                self._open.append(one)
                self._banks.append(bank)
            for path in _each_once(self.allow_lists):
                bank = stack.enter_context(Bank.open(path))
                self._open.append(bank.searched(name=str(path), is_allow_list=True))
            if not self._searched:
                names = ", ".join(f"--bank {printable(str(path))}" for path in self.paths)
                raise UsageError(f"{names}: nothing but allow-lists, name a bank to search as well")
            self._say_passed_by()
            yield

    @property
    def needs(self) -> tuple[str, ...]:
        """Hashes that a picture needs to be looked up."""
        return tuple(dict.fromkeys(name for bank in self._open for name in bank.needs))

    @property
    def reads_features(self) -> bool:
        """Whether local features of a picture are of use in any of them."""
        return any(bank.reads_features for bank in self._open)

    @property
    def rules(self) -> str:
        """Names of the rules that judge."""
        return ", ".join(dict.fromkeys(bank.judges_by.name for bank in self._searched))

    @property
    def are_several(self) -> bool:
        """Whether a match has to say in which bank it is."""
        return len(_each_once(self.paths)) > 1

    def search(
        self, asked: "Asked", fingerprints: "Sequence[Fingerprint]"
    ) -> "Sequence[Sequence[Match]]":
        """Return the matches of each fingerprint in all banks.

        Raises:
            BankError: the last bank, or an allow-list, turns out damaged.
            BankLacksHashError: the last bank, or an allow-list, lacks a hash.
        """
        from eikona.services.search_banks import search_banks  # noqa: PLC0415  imports NumPy

        return search_banks(self._open, fingerprints, asked, unusable=self._leave_out)

    def among(self) -> str:
        """Return ``1 entry``, ``60 entries of 2 banks``."""
        entries = sum(len(bank.state) for bank in self._searched)
        noun = "entry" if entries == 1 else "entries"
        banks = f" of {counted(len(self._searched), 'bank')}" if self.are_several else ""
        return f"{entries} {noun}{banks}"

    def hold(self, among: EntryFilter) -> bool:
        """Whether any entry is among those; of very large banks that is taken for granted."""
        if among == EVERY_ENTRY or sum(map(len, self._banks)) > _LOOKED_THROUGH:
            return True
        return any(among.takes(entry) for bank in self._banks for entry in bank)

    @property
    def _searched(self) -> "list[SearchedBank]":
        return [bank for bank in self._open if not bank.is_allow_list]

    def _leave_out(self, bank: "SearchedBank", error: BankError | BankLacksHashError) -> None:
        self._fail(bank.name, error)
        self._open.remove(bank)

    def _fail(self, name: str, error: EikonaError) -> None:
        """Tell of a bank that cannot be searched.

        Raises:
            EikonaError: no other is left.
        """
        self.failures += 1
        if self.failures == len(_each_once(self.paths)):
            raise error
        if self.as_json:
            record = failure_record(name, error)
            write_line(json_line({"bank": name, "error": record["error"]}))
        else:
            self.say(f"{printable(name)}: {error} ({error.code})")

    def _say_passed_by(self) -> None:
        """Say how many entries cannot be judged, and whether the others all must be, one by one.

        Where none can, the search itself says why.
        """
        from eikona.services.search_bank import passed_by  # noqa: PLC0415  imports NumPy

        for rule in dict.fromkeys(bank.rule.name for bank in self._open if bank.rule.scans_all):
            self.say(
                f"{printable(rule)} takes pictures for copies that no distance bounds, so every"
                " entry is judged for every picture: that takes long"
            )
        for bank in self._searched:
            number, entries = passed_by(bank.state, bank.rule), len(bank.state)
            if 0 < number < entries:
                needs = " ".join(f"--algorithm {name}" for name in bank.rule.needs)
                noun = "entry" if entries == 1 else "entries"
                where = f" of {printable(bank.name)}" if self.are_several else ""
                self.say(
                    f"{number} of {entries} {noun}{where} passed by for lack of a hash: to search"
                    f" them too, add their pictures again with {needs}"
                )


@dataclass(slots=True)
class Found:
    """How many pictures were found.

    Attributes:
        pictures: with entries that the rule does not clear.
        copies: that are sure copies, which it blocks.
        matched: that it takes for copies, surely or nearly.
        allowed: that an allow-list has cleared.
    """

    pictures: int = 0
    copies: int = 0
    matched: int = 0
    allowed: int = 0

    def take(self, matches: "Sequence[Match]") -> None:
        """Count one picture."""
        outcomes = {match.verdict.outcome for match in matches}
        self.pictures += bool(outcomes - {Outcome.CLEAR})
        self.copies += Outcome.BLOCK in outcomes
        self.matched += any(match.verdict.match for match in matches)
        self.allowed += any(match.allowed_by is not None for match in matches)

    def text(self, banks: SearchedBanks) -> str:
        """Say how many there are, and how many of those are sure copies."""
        unsure = self.pictures - self.copies
        parts = [
            f"{counted(self.pictures, 'picture')} with matches among {banks.among()}",
            f"{self.copies} of them copies",
        ]
        if unsure:
            parts.append(f"{unsure} to be looked at")
        if self.allowed:
            parts.append(f"{self.allowed} more cleared by an allow-list")
        return ", ".join(parts)


def _each_once(paths: Sequence[Path]) -> list[Path]:
    """Return the paths, each bank once."""
    return list({os.path.realpath(path): path for path in reversed(paths)}.values())[::-1]
