"""``eikona compare``: judges every pair of the pictures named."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.adapters.worker_pool import Done
from eikona.apps.cli import options
from eikona.apps.cli.inputs import Input, named_inputs
from eikona.apps.cli.options import Format
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import (
    Record,
    alignment_record,
    error_text,
    failure_record,
    json_line,
    printable,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.apps.cli.showing import check_picture_file, show_match
from eikona.apps.cli.tables import write_table
from eikona.apps.cli.work import TakeFingerprint, load_stages
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.fingerprint import DecodeMode, Fingerprint

if TYPE_CHECKING:
    from eikona.services.compare_pictures import Comparison

_COLUMNS = ("pdq", "phash")  # distances that a table has room for


@with_workers
def compare_pictures(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Two or more files, - for standard input."),
    ],
    *,
    rule: options.RuleOption = "eikona",
    show: Annotated[
        Path | None,
        typer.Option(
            "--show",
            metavar="FILE.png",
            help="Draw two pictures as they lie on each other: side by side with what they share"
            " joined, and over each other.",
        ),
    ] = None,
    decode: options.DecodeOption = DecodeMode.AUTO,
    fail_on_match: Annotated[
        bool,
        typer.Option(
            "--fail-on-match",
            help="End with status 3 where a pair matches: where match is true in its JSON, which"
            " the outcome block always is and the outcome review may be.",
        ),
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
) -> None:
    """Judge every pair of pictures."""
    if len(paths) < 2:
        raise typer.BadParameter("one picture has nothing to be compared with: name two or more")
    if show is not None and len(paths) != 2:
        raise typer.BadParameter("goes with two pictures", param_hint="--show")
    run = _CompareRun(
        paths=paths,
        rule=rule,
        show=show,
        take=TakeFingerprint(
            algorithms=None,
            decode=str(decode),
            limits=workers.limits,
        ),
        fail_on_match=fail_on_match,
        as_json=output_format is Format.JSON,
        workers=workers,
    )
    end_with(run, interrupted=lambda: "Interrupted: run it again, nothing is kept in between.")


@dataclass(slots=True)
class _CompareRun:
    """One run of the command, from checked options to exit status."""

    paths: list[str]
    rule: str
    show: Path | None
    take: TakeFingerprint
    fail_on_match: bool
    as_json: bool
    workers: Workers
    failed: int = 0
    matched: int = 0
    rows: list[Record] = field(default_factory=list)

    def __call__(self) -> int:
        if self.show is not None:
            check_picture_file(self.show, self.paths)
        self._choose_algorithms()
        load_stages()
        pictures = list(self._fingerprints())
        for first, second in itertools.combinations(pictures, 2):
            comparison = self._judge(*first, *second)
            if self.show is not None:
                show_match(self.show, (first, second), comparison, self.workers)
                typer.echo(f"Drawn: {printable(str(self.show))}", err=True)
        if self.rows:
            write_table(*_table(self.rows))
        if len(self.rows) == 1:
            write_text(f"{self.rows[0]['reason']}.")
        if self.matched and self.fail_on_match:
            return MATCH_FOUND
        return SOME_FAILED if self.failed else FINE

    def _choose_algorithms(self) -> None:
        """Have the rule's own hashes computed besides the usual ones.

        Raises:
            UnknownRuleError: there is no such rule.
        """
        from eikona.deciding.rules import parse_rule  # noqa: PLC0415  only needed here
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        rule = parse_rule(self.rule, ALGORITHMS)
        self.take = replace(self.take.with_hashes(rule.needs), local_features=rule.aligns)

    def _fingerprints(self) -> Iterator[tuple[Input, Fingerprint]]:
        with ExitStack() as stack:
            results = self.workers.run(
                self.take, named_inputs(self.paths, self.take.limits.max_bytes)
            )
            stack.enter_context(closing(results))
            progress = open_progress(lambda: self.paths)
            stack.callback(progress.close)
            for result in results:
                progress.advance()
                name = result.item.name
                if isinstance(result, Done):
                    yield result.item, result.value
                    continue
                self.failed += 1
                if self.as_json:
                    write_line(json_line(failure_record(name, result.error)))
                else:
                    progress.say(f"{printable(name)}: {error_text(result.error)}")

    def _judge(self, a: Input, of_a: Fingerprint, b: Input, of_b: Fingerprint) -> "Comparison":
        from eikona.services.compare_pictures import compare  # noqa: PLC0415  imports NumPy

        comparison = compare(of_a, of_b, rule=self.rule)
        record = comparison_record((a.name, b.name), (of_a, of_b), comparison)
        self.matched += record["match"]
        if self.as_json:
            write_line(json_line(record))
        else:
            self.rows.append(record)
        return comparison


def comparison_record(
    names: tuple[str, str], pictures: tuple[Fingerprint, Fingerprint], comparison: "Comparison"
) -> Record:
    """Return what ``compare`` says of one pair."""
    (a, b), (of_a, of_b) = names, pictures
    verdict, distances = comparison.verdict, comparison.distances
    alignment = alignment_record(of_a, of_b, distances)
    if not verdict.match:  # how pictures that have nothing in common are turned means nothing
        alignment |= {"transform": None, "orientation": None}
    return {
        "a": a,
        "b": b,
        "match": verdict.match,
        "outcome": str(verdict.outcome),
        "expected_false_matches": verdict.expected_false_matches,
        "confidence": verdict.confidence,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "distances": dict(distances.by_name),
        "similarity_percent": dict(distances.similarity_percent),
        **alignment,
    }


def _table(records: Sequence[Record]) -> tuple[list[str], list[list[str]]]:
    known = records[0]["distances"]
    columns = [name for name in _COLUMNS if name in known] or list(known)[: len(_COLUMNS)]
    rows = [
        [
            printable(record["a"]),
            printable(record["b"]),
            record["outcome"],
            *(f"{record['distances'][name]:.4g}" for name in columns),
            "" if record["inliers"] is None else str(record["inliers"]),
            record["orientation"] or "",
        ]
        for record in records
    ]
    return ["a", "b", "outcome", *columns, "places", "orientation"], rows
