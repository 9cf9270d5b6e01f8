"""``eikona search``: looks pictures up in a bank."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.records import Record, counted, json_line, printable, write_line, write_text
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.bank import EntryFilter, EntryState
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.verdict import Outcome
from eikona.services.scan_folder import Searched, scan

if TYPE_CHECKING:
    from eikona.adapters.bank.bank import Bank
    from eikona.domain.match import Match

BankOption = Annotated[
    Path, typer.Option("--bank", metavar="BANK", help="Where to look.", show_default=False)
]
TopOption = Annotated[
    int | None,
    typer.Option("--top", min=1, metavar="NUMBER", help="At most so many matches of each picture."),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="Only entries with this tag; with all if repeated."),
]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="WHO", help="Only entries of this owner.")
]
StateOption = Annotated[
    list[EntryState] | None,
    typer.Option(
        "--state",
        help="Only entries that stand so; may be repeated. Withdrawn ones match in no case.",
    ),
]


@with_workers
@with_caching
def search_pictures(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="Files, folders (with all below them), - for standard input."
        ),
    ],
    *,
    bank: BankOption,
    rule: options.RuleOption = "eikona",
    radius: Annotated[
        int | None,
        typer.Option(
            "--radius",
            min=0,
            max=256,
            metavar="BITS",
            help="Instead of a rule: all whose PDQ is within so many of 256 bits, in any of eight"
            " orientations.",
        ),
    ] = None,
    top: TopOption = None,
    tag: TagOption = None,
    owner: OwnerOption = None,
    state: StateOption = None,
    decode: options.DecodeOption = DecodeMode.AUTO,
    fail_on_match: Annotated[
        bool,
        typer.Option(
            "--fail-on-match", help="End with status 3 where a rule takes a picture for a copy."
        ),
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
    caching: Caching,
) -> None:
    """Look pictures up in a bank."""
    if radius is not None and rule != "eikona":
        raise typer.BadParameter(
            "takes the place of --rule: give one of them", param_hint="--radius"
        )
    pictures = Pictures(
        paths=paths,
        take=TakeFingerprint(decode=str(decode), limits=workers.limits),
        workers=workers,
        caching=caching,
        as_json=output_format is Format.JSON,
    )
    run = _SearchRun(
        bank=bank,
        rule=rule if radius is None else f"threshold:pdq={radius}",
        top=top,
        among=EntryFilter(
            tags=frozenset(tag or ()), owner=owner, states=frozenset(state or EntryState)
        ),
        fail_on_match=fail_on_match,
        pictures=pictures,
    )
    end_with(run, interrupted=pictures.how_to_go_on)


@dataclass(slots=True)
class _SearchRun:
    """One run of the command, from checked options to exit status."""

    bank: Path
    rule: str
    top: int | None
    among: EntryFilter
    fail_on_match: bool
    pictures: Pictures
    found: int = 0
    copies: int = 0
    matched: int = 0

    def __call__(self) -> int:
        from eikona.adapters.bank.bank import Bank  # noqa: PLC0415  imports NumPy

        with Bank.open(self.bank) as bank:
            self.pictures.take = take_for(self.rule, self.pictures.take)
            say_passed_by(bank, self.rule, self.pictures.progress.say)
            with closing(self.pictures.read()) as read:
                search = partial(bank.search_many, rule=self.rule, among=self.among)
                for result in scan(read, search=search):
                    if isinstance(result, Searched):
                        self._write(result.key.name, result.matches[: self.top])
                    else:
                        self.pictures.fail(result.key.name, result.error)
            said = found_text(self.found, self.copies, bank)
        self.pictures.progress.say("; ".join([*self.pictures.summary(), said]))
        if self.matched and self.fail_on_match:
            return MATCH_FOUND
        return SOME_FAILED if self.pictures.failures else FINE

    def _write(self, name: str, matches: "Sequence[Match]") -> None:
        self.found += bool(matches)
        self.copies += any(match.verdict.outcome is Outcome.BLOCK for match in matches)
        self.matched += any(match.verdict.match for match in matches)
        record = search_record(name, matches)
        if self.pictures.as_json:
            write_line(json_line(record))
        else:
            write_text(_text(record))


def take_for(rule: str, take: TakeFingerprint) -> TakeFingerprint:
    """Return ``take`` with the hashes that ``rule`` needs besides the usual ones.

    Raises:
        UnknownRuleError: there is no such rule.
    """
    from eikona.deciding.rules import parse_rule  # noqa: PLC0415  only needed here
    from eikona.hashing.registry import (  # noqa: PLC0415  imports NumPy
        ALGORITHMS,
        DEFAULT_ALGORITHMS,
    )

    needs = parse_rule(rule, ALGORITHMS).needs
    return replace(take, algorithms=tuple(dict.fromkeys((*DEFAULT_ALGORITHMS, *needs))))


def say_passed_by(bank: "Bank", rule: str, say: Callable[[str], None]) -> None:
    """Say how many entries cannot be judged, and whether the others all must be, one by one.

    Where none can, the search itself says why.
    """
    from eikona.deciding.rules import parse_rule  # noqa: PLC0415  only needed here
    from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

    parsed = parse_rule(rule, ALGORITHMS)
    if parsed.scans_all:
        say(
            f"{printable(parsed.name)} takes pictures for copies that no distance bounds, so every"
            " entry is judged for every picture: that takes long"
        )
    number = bank.passed_by(rule=rule)
    if 0 < number < len(bank):
        needs = " ".join(f"--algorithm {name}" for name in parsed.needs)
        say(
            f"{counted_entries(bank, number)} passed by for lack of a hash: to search them too, add"
            f" their pictures again with {needs}"
        )


def found_text(found: int, copies: int, bank: "Bank") -> str:
    """Say how many pictures were found in a bank, and how many of those are sure copies."""
    unsure = f", {found - copies} to be looked at" if found > copies else ""
    pictures = f"{counted(found, 'picture')} with matches among {counted_entries(bank)}"
    return f"{pictures}, {copies} of them copies{unsure}"


def counted_entries(bank: "Bank", number: int | None = None) -> str:
    """Return ``1 entry``, ``3 of 5 entries``."""
    noun = "entry" if len(bank) == 1 else "entries"
    return f"{len(bank)} {noun}" if number is None else f"{number} of {len(bank)} {noun}"


def search_record(name: str, matches: "Sequence[Match]") -> Record:
    """Return what ``search`` and ``scan`` say of one picture."""
    return {"file": name, "matches": [_match_record(match) for match in matches]}


def _match_record(match: "Match") -> Record:
    verdict, distances = match.verdict, match.distances
    orientation = str(distances.orientation)
    return {
        "entry": match.entry.name,
        "source": match.entry.source,
        "match": verdict.match,
        "outcome": str(verdict.outcome),
        "expected_false_matches": verdict.expected_false_matches,
        "confidence": verdict.confidence,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "distance": match.distance,
        "distances": dict(distances.by_name),
        "similarity_percent": dict(distances.similarity_percent),
        "inliers": None,
        "transform": {"orientation": orientation},
        "orientation": orientation,
    }


def _text(record: Record) -> str:
    name, matches = printable(record["file"]), record["matches"]
    if not matches:
        return f"{name}: no match"
    lines = [
        f"  {match['outcome']:<6}  {match['distance']:<5.4g}  {printable(match['entry'])}"
        + ("" if match["orientation"] == "original" else f"  ({match['orientation']})")
        for match in matches
    ]
    return "\n".join([f"{name}:", *lines])
