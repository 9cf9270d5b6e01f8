"""``eikona scan``: looks every picture under folders up in banks, and reports what it found."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.entry_pictures import Claim, claim_of, proven
from eikona.apps.cli.inputs import STANDARD_INPUT
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.records import json_line, places_text, printable, write_line
from eikona.apps.cli.reporting import (
    ReportOption,
    hash_bits,
    report_files,
    say_where,
    write_reports,
)
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.apps.cli.search_command import (
    AskedFor,
    TopOption,
    search_record,
    take_for,
)
from eikona.apps.cli.searched_banks import (
    AllowListOption,
    BankRuleOption,
    BanksOption,
    Found,
    HideAllowedOption,
    SearchedBanks,
)
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.report import ReportRow
from eikona.services.scan_folder import Searched, scan

if TYPE_CHECKING:
    from eikona.domain.match import Match

_HEAD = ("outcome", "distance", "places", "orientation", "picture", "entry")


@with_workers
@with_caching
def scan_folders(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FOLDER...", help="Folders, with all below them, and files."),
    ],
    *,
    bank: BanksOption,
    allow_list: AllowListOption = None,
    report: ReportOption = None,
    rule: BankRuleOption = None,
    top: TopOption = None,
    hide_allowed: HideAllowedOption = False,
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
    pictures = Pictures(
        paths=paths,
        take=TakeFingerprint(decode=str(decode), limits=workers.limits),
        workers=workers,
        caching=caching,
        as_json=output_format is Format.JSON,
    )
    run = ScanRun(
        banks=SearchedBanks(
            paths=bank,
            allow_lists=allow_list or [],
            rule=rule,
            as_json=pictures.as_json,
            say=pictures.say,
        ),
        asked=AskedFor(shows_allowed=not hide_allowed),
        top=top,
        reports=report or [],
        fail_on_match=fail_on_match,
        pictures=pictures,
    )
    end_with(run, interrupted=run.pictures.how_to_go_on)


@dataclass(slots=True)
class ScanRun:
    """One run of the command, from checked options to exit status.

    Attributes:
        banks: where to look.
        asked: what to list.
        top: most matches of one picture.
        reports: files to write.
        fail_on_match: whether a match decides the exit status.
        pictures: what to look for.
        rows: matches, for the reports, and what their entries say of their own pictures.
        found: how many pictures were found.
    """

    banks: SearchedBanks
    asked: AskedFor
    top: int | None
    reports: list[Path]
    fail_on_match: bool
    pictures: Pictures
    rows: list[tuple[ReportRow, Claim | None]] = field(default_factory=list)
    found: Found = field(default_factory=Found)

    def __call__(self) -> int:
        """Run it and return the exit status.

        Raises:
            EikonaError: the bank, the rule or a report's place is not as it must be.
            UnwritableError: a report cannot be written.
        """
        files = report_files(self.reports, self.pictures.paths)
        with self.banks.opened():
            self.pictures.take = take_for(self.banks, self.pictures.take)
            with closing(self.pictures.read()) as read:
                for result in scan(read, search=partial(self.banks.search, self.asked())):
                    if isinstance(result, Searched):
                        matches = result.matches[: self.top]
                        self._take(result.key.name, result.fingerprint, matches)
                    else:
                        self.pictures.fail(result.key.name, result.error)
            said = self.found.text(self.banks)
            self.pictures.progress.say("; ".join([*self.pictures.summary(), said]))
            if files:
                self._report(files)
        if self.found.matched and self.fail_on_match:
            return MATCH_FOUND
        return SOME_FAILED if self.pictures.failures or self.banks.failures else FINE

    def _take(self, name: str, picture: Fingerprint, matches: "Sequence[Match]") -> None:
        """Write what was found of one picture, and keep it for the reports."""
        if self.pictures.as_json:
            write_line(json_line(search_record(name, picture, matches)))
        elif matches and not self.found.pictures + self.found.allowed:
            self.pictures.progress.show(_line(*_HEAD))
        self.found.take(matches)
        for match in matches:
            if self.reports:
                self.rows.append((_row(name, picture, match), claim_of(match.entry)))
            if not self.pictures.as_json:
                self.pictures.progress.show(
                    _line(
                        str(match.verdict.outcome),
                        f"{match.distance:.4g}",
                        places_text(match.distances.alignment),
                        str(match.distances.orientation),
                        printable(name),
                        self._entry_text(match),
                    )
                )

    def _entry_text(self, match: "Match") -> str:
        name = printable(match.entry.name)
        return f"{name}  ({printable(match.bank)})" if self.banks.are_several else name

    def _report(self, files: Sequence[Path]) -> None:
        banks = ", ".join(str(path) for path in self.banks.paths)
        facts = {
            "Folders": ", ".join(self.pictures.paths),
            "Banks" if self.banks.are_several else "Bank": f"{banks}, {self.banks.among()}",
            "Rule": self.banks.rules,
            "Pictures": f"{self.pictures.number:,}",
            "Copies": f"{self.found.copies:,}",
        }
        if self.found.pictures > self.found.copies:
            facts["To be looked at"] = f"{self.found.pictures - self.found.copies:,}"
        if self.found.allowed:
            facts["Cleared by an allow-list"] = f"{self.found.allowed:,}"
        if self.pictures.failures:
            facts["Not read"] = f"{self.pictures.failures.total():,}"
        true = proven((claim for _, claim in self.rows if claim is not None), self.pictures.workers)
        write_reports(
            files,
            [
                replace(row, entry_path=claim.path) if claim is not None and claim in true else row
                for row, claim in self.rows
            ],
            title="Pictures found in the bank",
            summary=facts,
            workers=self.pictures.workers,
            empty="None of these pictures is in the bank."
            if self.pictures.number
            else "There are no pictures to look up.",
        )
        say_where(files, self.pictures.progress)


def _line(*cells: str) -> str:
    outcome, distance, places, orientation, picture, entry = cells
    return f"{outcome:<7}  {distance:>8}  {places:>6}  {orientation:<15}  {picture}  {entry}"


def _row(name: str, picture: Fingerprint, match: "Match") -> ReportRow:
    entry = match.entry
    known = entry.fingerprint.width > 0
    return ReportRow(
        query=name,
        query_path=None if name == STANDARD_INPUT else name,
        entry=entry.name,
        bank=match.bank,
        entry_path=None,
        outcome=match.verdict.outcome,
        orientation=match.distances.orientation,
        distances=match.distances.by_name,
        bits=hash_bits(),
        expected_false_matches=match.verdict.expected_false_matches,
        reason=match.verdict.reason,
        query_size=(picture.width, picture.height),
        entry_size=(entry.fingerprint.width, entry.fingerprint.height) if known else None,
        alignment=match.distances.alignment,
    )
