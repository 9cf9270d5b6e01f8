"""``eikona self-test``: which altered copies of a picture would still be found."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.adapters.report.wording import odds
from eikona.adapters.worker_pool import Done
from eikona.apps.cli import options
from eikona.apps.cli.inputs import Input, named_inputs
from eikona.apps.cli.options import Format
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import (
    Record,
    failure_record,
    json_line,
    printable,
    write_line,
)
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.tables import write_table
from eikona.apps.cli.work import load_stages
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.errors import EikonaError, UsageError
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.domain.verdict import Outcome

if TYPE_CHECKING:
    from eikona.deciding.odds import Odds
    from eikona.deciding.rules import Rule
    from eikona.services.self_test import Subject, Trial

FOUND_AS = {Outcome.BLOCK: "found", Outcome.REVIEW: "review", Outcome.CLEAR: "lost"}
_DEFAULT_ENTRIES = 1_000_000  # as in the service, which help does not wait for
_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


@with_workers
def self_test_picture(
    picture: Annotated[
        str, typer.Argument(metavar="PICTURE", help="The picture, - for standard input.")
    ],
    *,
    bank_size: Annotated[
        int | None,
        typer.Option(
            "--bank-size",
            parser=options.amount,
            metavar="ENTRIES",
            help="How many pictures the bank has that a copy would be looked up in, such as 50k.",
            show_default="1M",
        ),
    ] = None,
    bank: Annotated[
        Path | None,
        typer.Option("--bank", metavar="BANK", help="A bank whose size and policy are taken."),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            "--rule",
            metavar="RULE",
            autocompletion=options.complete_rule,
            help="What decides, as for compare.",
            show_default="eikona, or the bank's own",
        ),
    ] = None,
    attack: Annotated[
        list[str] | None,
        typer.Option(
            "--attack",
            metavar="NAME",
            help="Only this one, such as crop-50; repeat it for several.",
            show_default="all 43",
        ),
    ] = None,
    show: Annotated[
        Path | None,
        typer.Option(
            "--show", metavar="SHEET", help="Draw every copy there, as .png, .jpg or .webp."
        ),
    ] = None,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
) -> None:
    """Try on a picture what is done to pictures."""
    if show is not None and show.suffix.lower() not in _PICTURES:
        raise typer.BadParameter("a sheet is drawn as .png, .jpg or .webp", param_hint="--show")
    if bank is not None and bank_size is not None:
        raise typer.BadParameter("the bank has its own size: give one of them")
    run = _SelfTestRun(
        picture=picture,
        bank_size=bank_size,
        bank=bank,
        rule=rule,
        attacks=list(attack or ()),
        show=show,
        as_json=output_format is Format.JSON,
        workers=workers,
    )
    end_with(run, interrupted=lambda: "Interrupted: run it again, nothing is kept in between.")


@dataclass(frozen=True, slots=True)
class Judging:
    """What decides, as workers are told it.

    Attributes:
        rule: its name.
        odds: that a bank's owner puts up with.
        entries: of the bank.
        limits: what a picture may ask for.
    """

    rule: str
    odds: "Odds"
    entries: int
    limits: Limits = DEFAULT_LIMITS

    def parsed(self) -> "Rule":
        """Return the rule.

        Raises:
            UnknownRuleError: there is no such rule.
        """
        from eikona.deciding.rules import parse_rule  # noqa: PLC0415  only needed here
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        return parse_rule(self.rule, ALGORITHMS, odds=self.odds)


@dataclass(frozen=True, slots=True)
class ReadSubject:
    """Reads the picture to be tried; what workers are given."""

    judging: Judging

    def __call__(self, item: Input) -> "Subject":
        """Return it.

        Raises:
            EikonaError: it cannot be read or decoded.
        """
        from eikona.services.self_test import subject_of  # noqa: PLC0415  imports NumPy

        return subject_of(item.source, self.judging.parsed(), limits=self.judging.limits)


@dataclass(frozen=True, slots=True)
class TryAttack:
    """Tries one attack; what workers are given."""

    subject: "Subject"
    judging: Judging

    def __call__(self, name: str) -> "Trial":
        """Return what became of it."""
        from eikona.imaging.alterations.catalogue import ATTACKS  # noqa: PLC0415  imports NumPy
        from eikona.services.self_test import self_test  # noqa: PLC0415  imports NumPy

        (trial,) = self_test(
            self.subject,
            self.judging.parsed(),
            entries=self.judging.entries,
            attacks=[ATTACKS[name]],
        )
        return trial


@dataclass(slots=True)
class _SelfTestRun:
    """One run of the command, from checked options to exit status."""

    picture: str
    bank_size: int | None
    bank: Path | None
    rule: str | None
    attacks: list[str]
    show: Path | None
    as_json: bool
    workers: Workers
    trials: "list[Trial]" = field(default_factory=list)
    failed: int = 0

    def __call__(self) -> int:
        if self.show is not None and not self.show.resolve().parent.is_dir():
            raise UsageError(f"there is no folder {self.show.parent}: make it first")
        judging, names = self._judging(), self._names()
        judging.parsed()  # says what is wrong with it before anything is decoded
        load_stages()
        subject = self._subject(judging)
        if subject is None:
            return SOME_FAILED
        for trial in self._tried(TryAttack(subject, judging), names):
            self.trials.append(trial)
            if self.as_json:
                write_line(json_line(trial_record(self.picture, trial)))
        if self.show is not None and self.trials:
            self._draw(subject, judging)
        if not self.as_json:
            write_table(*_table(self.trials))
        self._summarise(judging)
        return SOME_FAILED if self.failed else FINE

    def _judging(self) -> Judging:
        from eikona.deciding.odds import DEFAULT_ODDS, Odds  # noqa: PLC0415  only needed here

        limits = self.workers.limits
        if self.bank is None:
            entries = _DEFAULT_ENTRIES if self.bank_size is None else self.bank_size
            return Judging(self.rule or "eikona", DEFAULT_ODDS, entries, limits)
        from eikona.adapters.bank.bank import Bank  # noqa: PLC0415  imports NumPy

        with Bank.open(self.bank) as bank:
            policy = bank.policy
            odds = Odds(policy.block_odds, policy.review_odds)
            return Judging(self.rule or policy.rule, odds, len(bank), limits)

    def _names(self) -> list[str]:
        """Return the attacks that are tried.

        Raises:
            UsageError: there is none of a name.
        """
        from eikona.imaging.alterations.catalogue import ATTACKS  # noqa: PLC0415  imports NumPy

        for name in self.attacks:
            if name not in ATTACKS:
                raise UsageError(f"no attack is called {name!r}; there are: {', '.join(ATTACKS)}")
        return list(dict.fromkeys(self.attacks)) or list(ATTACKS)

    def _subject(self, judging: Judging) -> "Subject | None":
        items = named_inputs([self.picture], judging.limits.max_bytes)
        with closing(self.workers.run(ReadSubject(judging), items)) as results:
            for result in results:
                if isinstance(result, Done):
                    return result.value
                self._fail(self.picture, result.error)
        return None

    def _tried(self, function: TryAttack, names: Sequence[str]) -> "Iterator[Trial]":
        with ExitStack() as stack:
            results = stack.enter_context(closing(self.workers.run(function, names)))
            progress = open_progress(lambda: names, noun="attack")
            stack.callback(progress.close)
            for result in results:
                progress.advance()
                if isinstance(result, Done):
                    yield result.value
                else:
                    self._fail(result.item, result.error)

    def _fail(self, name: str, error: EikonaError) -> None:
        self.failed += 1
        if self.as_json:
            write_line(json_line(failure_record(name, error)))
        else:
            print(f"{printable(name)}: {error} ({error.code})", file=sys.stderr, flush=True)

    def _draw(self, subject: "Subject", judging: Judging) -> None:
        from eikona.adapters.self_test_sheet import Sheet, draw_sheet  # noqa: PLC0415  Pillow

        if self.show is not None:
            name = Path(self.picture).name if self.picture != "-" else "standard input"
            sheet = Sheet(printable(name), judging.rule, judging.entries, subject.picture)
            draw_sheet(sheet, self.trials, self.show)

    def _summarise(self, judging: Judging) -> None:
        number = Counter(FOUND_AS[trial.verdict.outcome] for trial in self.trials)
        said = ", ".join(f"{number[word]} {word}" for word in FOUND_AS.values() if number[word])
        where = f"in a bank of {judging.entries:,} entries, by rule {printable(judging.rule)}"
        print(f"{len(self.trials)} attacks: {said}; {where}", file=sys.stderr, flush=True)


def trial_record(name: str, trial: "Trial") -> Record:
    """Return what ``self-test`` says of one attack."""
    attack, verdict, distances = trial.attack, trial.verdict, trial.distances
    return {
        "file": name,
        "attack": attack.name,
        "label": attack.label,
        "strength": attack.strength,
        "unit": attack.unit,
        "outcome": str(verdict.outcome),
        "match": verdict.match,
        "found_by": str(trial.found_by),
        "expected_false_matches": verdict.expected_false_matches,
        "confidence": verdict.confidence,
        "inliers": None if distances.alignment is None else distances.alignment.inliers,
        "distances": dict(distances.by_name),
        "rule": verdict.rule,
        "reason": verdict.reason,
    }


def _table(trials: "Sequence[Trial]") -> tuple[list[str], list[list[str]]]:
    rows = [
        [
            trial.attack.label,
            FOUND_AS[trial.verdict.outcome],
            str(trial.found_by),
            "" if trial.distances.alignment is None else str(trial.distances.alignment.inliers),
            f"{trial.distances.by_name['pdq']:g}",
            odds(trial.verdict.expected_false_matches),
        ]
        for trial in trials
    ]
    return ["attack", "copy", "by", "places", "pdq", "by chance in a look-up"], rows
