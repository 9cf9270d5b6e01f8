"""``eikona dedupe``: groups the copies among pictures, and removes redundant ones if asked to."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.adapters.redundant_file import FileFacts
from eikona.adapters.worker_pool import Done
from eikona.apps.cli import options
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.inputs import STANDARD_INPUT, Input
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import counted, json_line, write_line, write_text
from eikona.apps.cli.removal import Removal, redundant_in, size_of
from eikona.apps.cli.reporting import ReportOption, report_files, say_where, write_reports
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.errors import SourceError, UsageError
from eikona.domain.fingerprint import DecodeMode, Fingerprint

if TYPE_CHECKING:
    from eikona.adapters.looks import Look
    from eikona.apps.cli.copies import Copies, Found
    from eikona.deciding.rule import Rule
    from eikona.matching.same_look import Luma

_PANEL = "Removing redundant copies"


class Keep(StrEnum):
    """Which picture of a group stays."""

    BEST = "best"


@with_workers
@with_caching
def dedupe_pictures(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FOLDER...", help="Folders, with all below them, and files."),
    ],
    *,
    rule: options.RuleOption = "eikona",
    report: ReportOption = None,
    local_features: Annotated[
        bool,
        typer.Option(
            "--local-features",
            help="Group crops, collages and screenshots with what they are of. Takes longer, and"
            " 13 KB of memory a picture.",
        ),
    ] = False,
    keep: Annotated[
        Keep | None,
        typer.Option(
            "--keep",
            help="Say what becomes of each picture of a group if the best one is kept: that with"
            " the most pixels; among those of a size any before a GIF, which has 256 colours; then"
            " the one with the most bytes, so the least compression; then the oldest; then the"
            " first by name.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    move_to: Annotated[
        Path | None,
        typer.Option(
            "--move-to",
            metavar="DIR",
            help="Move the redundant files there, under their whole path, after asking.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    delete_redundant: Annotated[
        bool,
        typer.Option(
            "--delete", help="Delete the redundant files, after asking.", rich_help_panel=_PANEL
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.", rich_help_panel=_PANEL)] = False,
    decode: options.DecodeOption = DecodeMode.AUTO,
    fail_on_match: Annotated[
        bool, typer.Option("--fail-on-match", help="End with status 3 where there are copies.")
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
    caching: Caching,
) -> None:
    """Group the copies among pictures."""
    if STANDARD_INPUT in paths:  # a file may have that name, and it would be the one removed
        raise typer.BadParameter("standard input is no file: name files and folders")
    removes = delete_redundant or move_to is not None
    if delete_redundant and move_to is not None:
        raise typer.BadParameter("goes without --delete", param_hint="--move-to")
    if removes and keep is None:
        raise typer.BadParameter(
            "add --keep best, and look at what it calls redundant first",
            param_hint="--delete" if delete_redundant else "--move-to",
        )
    if yes and not removes:
        raise typer.BadParameter("goes with --delete or --move-to DIR", param_hint="--yes")
    if move_to is not None:
        _check_place(move_to, paths)
    as_json = output_format is Format.JSON
    take = TakeFingerprint(algorithms=None, decode=str(decode), limits=workers.limits)
    run = _DedupeRun(
        pictures=Pictures(paths, take, workers, caching, as_json),
        rule=rule,
        local_features=local_features,
        reports=report or [],
        keeps=keep is not None,
        removes=removes,
        move_to=move_to,
        asks=not yes,
        fail_on_match=fail_on_match,
    )
    end_with(run, interrupted=run.pictures.how_to_go_on)


def _check_place(folder: Path, paths: list[str]) -> None:
    """Make sure that what is moved does not lie among the pictures again."""
    for path in paths:
        if folder.resolve().is_relative_to(Path(path).resolve()):
            raise typer.BadParameter(
                f"{folder} lies in {path}, where the next run would find the files again:"
                " name a folder elsewhere",
                param_hint="--move-to",
            )


@dataclass(slots=True)
class _DedupeRun:
    """One run of the command, from checked options to exit status."""

    pictures: Pictures
    rule: str
    local_features: bool
    reports: list[Path]
    keeps: bool
    removes: bool
    move_to: Path | None
    asks: bool
    fail_on_match: bool
    facts: dict[str, FileFacts] = field(default_factory=dict)

    def __call__(self) -> int:
        reports = report_files(self.reports, self.pictures.paths)
        rule = self._choose_algorithms()
        found = self._read()
        copies = self._group(found, rule)
        self._write(copies)
        if reports:
            write_reports(
                reports,
                list(copies.rows()),
                title="Copies among pictures",
                summary=self._facts_of_report(copies),
                workers=self.pictures.workers,
                empty="No copies among these pictures.",
            )
            say_where(reports, self.pictures.progress)
        self._summarise(copies)
        all_well = Removal(self.pictures, self.move_to, self.asks)(copies) if self.removes else True
        if self.fail_on_match and copies.groups:
            return MATCH_FOUND
        return FINE if all_well and not self.pictures.failures else SOME_FAILED

    def _choose_algorithms(self) -> "Rule":
        """Have the rule's own hashes computed besides the usual ones.

        Raises:
            UnknownRuleError: there is no such rule.
        """
        from eikona.deciding.rules import parse_rule  # noqa: PLC0415  only needed here
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        rule = parse_rule(self.rule, ALGORITHMS)
        take = self.pictures.take.with_hashes(rule.needs)
        if self.local_features and not rule.aligns:
            raise UsageError(f"--local-features: the rule {self.rule} does not read them")
        self.pictures.take = replace(take, local_features=self.local_features)
        return rule

    def _read(self) -> "list[Found]":
        """Return every picture once, however often it is named."""
        from eikona.apps.cli.copies import Found  # noqa: PLC0415  imports NumPy

        found = []
        with closing(self.pictures.read(self._looked_at())) as results:
            for item, read in results:
                if isinstance(read, Fingerprint):
                    found.append(Found.of(self.facts[item.name], read))
                else:
                    self.pictures.fail(item.name, read)
        return sorted(found, key=lambda one: one.name)

    def _looked_at(self) -> Iterator[Input]:
        """Look at each file before it is read, so that a later change shows as one."""
        seen: set[str] = set()
        for item in self.pictures.inputs():
            absolute = os.path.abspath(item.name)  # noqa: PTH100  a Path would cost more than this
            if absolute in seen:
                continue
            seen.add(absolute)
            try:
                self.facts[item.name] = FileFacts.of(item.name)
            except SourceError as error:  # even if it can be read a moment later
                yield item if item.error else replace(item, error=error)
            else:
                yield item

    def _group(self, found: "list[Found]", rule: "Rule") -> "Copies":
        from eikona.apps.cli.copies import Copies  # noqa: PLC0415  imports NumPy

        copies = Copies(found, rule, self.pictures.take.limits)
        copies.find()
        if self.keeps:
            copies.look_closely(self._take_looks)
        return copies

    def _take_looks(self, looks: "Sequence[Look]") -> "Iterator[Luma | None]":
        from eikona.adapters.looks import TakeLook, luma_of_look  # noqa: PLC0415  imports Pillow

        workers = self.pictures.workers
        progress = open_progress(lambda: looks, noun="close look")
        try:
            with closing(workers.run(TakeLook(workers.limits), looks)) as results:
                for result in results:
                    progress.advance()
                    if isinstance(result, Done):
                        yield luma_of_look(result.item, result.value)
                    else:
                        yield None
        finally:
            progress.close()

    def _write(self, copies: "Copies") -> None:
        if self.pictures.as_json:
            for record in copies.records(keep=self.keeps):
                write_line(json_line(record))
        else:
            for line in copies.lines(keep=self.keeps):
                write_text(line)

    def _facts_of_report(self, copies: "Copies") -> dict[str, str]:
        facts = {
            "Folders": ", ".join(self.pictures.paths),
            "Rule": self.rule,
            "Pictures": f"{self.pictures.number:,}",
            "Groups of copies": f"{len(copies.groups):,}",
            "Similar, not copies": f"{len(copies.grouping.similar):,}",
        }
        if self.pictures.failures:
            facts["Not read"] = f"{self.pictures.failures.total():,}"
        return facts

    def _summarise(self, copies: "Copies") -> None:
        parts = self.pictures.summary()
        inside = sum(len(group.members) for group in copies.groups)
        parts.append(f"{counted(len(copies.groups), 'group')} with {counted(inside, 'picture')}")
        if self.keeps:
            files = list(redundant_in(copies))
            parts.append(f"{len(files)} redundant ({size_of(files)})")
        if copies.grouping.similar:
            similar = counted(len(copies.grouping.similar), "pair")
            parts.append(f"{similar} similar without being copies")
        self.pictures.progress.say("; ".join(parts))
