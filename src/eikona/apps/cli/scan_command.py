"""``eikona scan``: looks every picture under folders up in a bank, and reports what it found."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.inputs import STANDARD_INPUT
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.records import json_line, printable, write_line
from eikona.apps.cli.reporting import (
    ReportOption,
    hash_bits,
    report_files,
    say_where,
    write_reports,
)
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.apps.cli.search_command import (
    BankOption,
    TopOption,
    counted_entries,
    found_text,
    say_passed_by,
    search_record,
    take_for,
)
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.report import ReportRow
from eikona.domain.verdict import Outcome
from eikona.services.scan_folder import Searched, scan

if TYPE_CHECKING:
    from eikona.adapters.bank.bank import Bank
    from eikona.domain.match import Match

_HEAD = ("outcome", "distance", "orientation", "picture", "entry")


@with_workers
@with_caching
def scan_folders(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FOLDER", help="Folders, with all below them, and files."),
    ],
    *,
    bank: BankOption,
    report: ReportOption = None,
    rule: options.RuleOption = "eikona",
    top: TopOption = None,
    decode: options.DecodeOption = DecodeMode.AUTO,
    fail_on_match: Annotated[
        bool,
        typer.Option(
            "--fail-on-match", help="End with status 3 where a picture is taken for a copy."
        ),
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
    caching: Caching,
) -> None:
    """Look every picture under folders up in a bank."""
    run = ScanRun(
        bank=bank,
        rule=rule,
        top=top,
        reports=report or [],
        fail_on_match=fail_on_match,
        pictures=Pictures(
            paths=paths,
            take=TakeFingerprint(decode=str(decode), limits=workers.limits),
            workers=workers,
            caching=caching,
            as_json=output_format is Format.JSON,
        ),
    )
    end_with(run, interrupted=run.pictures.how_to_go_on)


@dataclass(slots=True)
class ScanRun:
    """One run of the command, from checked options to exit status.

    Attributes:
        bank: where to look.
        rule: what decides.
        top: most matches of one picture.
        reports: files to write.
        fail_on_match: whether a match decides the exit status.
        pictures: what to look for.
        rows: matches, for the reports.
        found: pictures with entries that the rule does not clear.
        copies: pictures that are sure copies, which it blocks.
        matched: pictures that it takes for copies, surely or nearly.
    """

    bank: Path
    rule: str
    top: int | None
    reports: list[Path]
    fail_on_match: bool
    pictures: Pictures
    rows: list[ReportRow] = field(default_factory=list)
    found: int = 0
    copies: int = 0
    matched: int = 0

    def __call__(self) -> int:
        """Run it and return the exit status.

        Raises:
            EikonaError: the bank, the rule or a report's place is not as it must be.
            OSError: a report cannot be written.
        """
        from eikona.adapters.bank.bank import Bank  # noqa: PLC0415  imports NumPy

        files = report_files(self.reports)
        with Bank.open(self.bank) as bank:
            self.pictures.take = take_for(self.rule, self.pictures.take)
            say_passed_by(bank, self.rule, self.pictures.progress.say)
            with closing(self.pictures.read()) as read:
                for result in scan(read, search=partial(bank.search_many, rule=self.rule)):
                    if isinstance(result, Searched):
                        matches = result.matches[: self.top]
                        self._take(result.key.name, result.fingerprint, matches)
                    else:
                        self.pictures.fail(result.key.name, result.error)
            self._summarise(bank)
            if files:
                self._report(files, bank)
        if self.matched and self.fail_on_match:
            return MATCH_FOUND
        return SOME_FAILED if self.pictures.failures else FINE

    def _take(self, name: str, picture: Fingerprint, matches: "Sequence[Match]") -> None:
        """Write what was found of one picture, and keep it for the reports."""
        self.matched += any(match.verdict.match for match in matches)
        self.copies += any(match.verdict.outcome is Outcome.BLOCK for match in matches)
        if self.pictures.as_json:
            write_line(json_line(search_record(name, matches)))
        elif matches and not self.found:
            self.pictures.progress.show(_line(*_HEAD))
        self.found += bool(matches)
        for match in matches:
            if self.reports:
                self.rows.append(_row(name, picture, match))
            if not self.pictures.as_json:
                self.pictures.progress.show(
                    _line(
                        str(match.verdict.outcome),
                        f"{match.distance:.4g}",
                        str(match.distances.orientation),
                        printable(name),
                        printable(match.entry.name),
                    )
                )

    def _summarise(self, bank: "Bank") -> None:
        said = found_text(self.found, self.copies, bank)
        self.pictures.progress.say("; ".join([*self.pictures.summary(), said]))

    def _report(self, files: Sequence[Path], bank: "Bank") -> None:
        facts = {
            "Folders": ", ".join(self.pictures.paths),
            "Bank": f"{self.bank}, {counted_entries(bank)}",
            "Rule": self.rule,
            "Pictures": f"{self.pictures.number:,}",
            "Copies": f"{self.copies:,}",
        }
        if self.found > self.copies:
            facts["To be looked at"] = f"{self.found - self.copies:,}"
        if self.pictures.failures:
            facts["Not read"] = f"{self.pictures.failures.total():,}"
        write_reports(
            files,
            self.rows,
            title="Pictures found in the bank",
            summary=facts,
            workers=self.pictures.workers,
            empty="None of these pictures is in the bank."
            if self.pictures.number
            else "There are no pictures to look up.",
        )
        say_where(files, self.pictures.progress)


def _line(outcome: str, distance: str, orientation: str, picture: str, entry: str) -> str:
    return f"{outcome:<7}  {distance:>8}  {orientation:<15}  {picture}  {entry}"


def _row(name: str, picture: Fingerprint, match: "Match") -> ReportRow:
    entry = match.entry
    known = entry.fingerprint.width > 0
    return ReportRow(
        query=name,
        query_path=None if name == STANDARD_INPUT else name,
        entry=entry.name,
        # Path.is_file raises for a folder that may not be entered, and what a bank says is any text
        entry_path=entry.source if os.path.isfile(entry.source) else None,  # noqa: PTH113
        outcome=match.verdict.outcome,
        orientation=match.distances.orientation,
        distances=match.distances.by_name,
        bits=hash_bits(),
        expected_false_matches=match.verdict.expected_false_matches,
        reason=match.verdict.reason,
        query_size=(picture.width, picture.height),
        entry_size=(entry.fingerprint.width, entry.fingerprint.height) if known else None,
    )
