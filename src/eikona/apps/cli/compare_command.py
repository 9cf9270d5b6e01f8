"""``eikona compare``: judges every pair of the pictures named."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.adapters.worker_pool import Done, run_in_workers
from eikona.apps.cli import options
from eikona.apps.cli.inputs import named_inputs
from eikona.apps.cli.options import Format
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import (
    Record,
    failure_record,
    json_line,
    printable,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.apps.cli.tables import write_table
from eikona.apps.cli.work import TakeFingerprint, load_stages
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.limits import Limits

if TYPE_CHECKING:
    from eikona.services.compare_pictures import Comparison

_COLUMNS = ("pdq", "phash")  # distances that a table has room for


def compare_pictures(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Two or more files, - for standard input."),
    ],
    *,
    rule: options.RuleOption = "eikona",
    decode: options.DecodeOption = DecodeMode.AUTO,
    fail_on_match: Annotated[
        bool, typer.Option("--fail-on-match", help="End with status 3 where a pair matches.")
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    jobs: options.JobsOption = None,
    max_bytes: options.MaxBytesOption = options.MAX_BYTES,
    max_pixels: options.MaxPixelsOption = options.MAX_PIXELS,
    timeout: options.TimeoutOption = options.TIMEOUT_S,
    max_memory_mb: options.MaxMemoryOption = options.MAX_MEMORY_MB,
    start_method: options.StartMethodOption = None,
) -> None:
    """Judge every pair of pictures."""
    if len(paths) < 2:
        raise typer.BadParameter("one picture has nothing to be compared with: name two or more")
    run = _CompareRun(
        paths=paths,
        rule=rule,
        take=TakeFingerprint(
            algorithms=None,
            decode=str(decode),
            limits=Limits(max_bytes=max_bytes, max_pixels=max_pixels),
        ),
        fail_on_match=fail_on_match,
        as_json=output_format is Format.JSON,
        jobs=jobs,
        timeout_s=timeout,
        max_memory_bytes=max_memory_mb << 20,
        start_method=start_method and str(start_method),
    )
    end_with(run, interrupted=lambda: "Interrupted: run it again, nothing is kept in between.")


@dataclass(slots=True)
class _CompareRun:
    """One run of the command, from checked options to exit status."""

    paths: list[str]
    rule: str
    take: TakeFingerprint
    fail_on_match: bool
    as_json: bool
    jobs: int | None
    timeout_s: float
    max_memory_bytes: int
    start_method: str | None
    failed: int = 0
    matched: int = 0
    rows: list[Record] = field(default_factory=list)

    def __call__(self) -> int:
        self._choose_algorithms()
        load_stages()
        pictures = list(self._fingerprints())
        for first, second in itertools.combinations(pictures, 2):
            self._judge(*first, *second)
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
        from eikona.hashing.registry import (  # noqa: PLC0415  imports NumPy
            ALGORITHMS,
            DEFAULT_ALGORITHMS,
        )

        needs = parse_rule(self.rule, frozenset(ALGORITHMS)).needs
        names = tuple(dict.fromkeys((*DEFAULT_ALGORITHMS, *needs)))
        self.take = replace(self.take, algorithms=names)

    def _fingerprints(self) -> Iterator[tuple[str, Fingerprint]]:
        with ExitStack() as stack:
            results = run_in_workers(
                self.take,
                named_inputs(self.paths, self.take.limits.max_bytes),
                jobs=self.jobs,
                timeout_s=self.timeout_s,
                max_memory_bytes=self.max_memory_bytes,
                start_method=self.start_method,
            )
            stack.enter_context(closing(results))
            progress = open_progress(lambda: self.paths)
            stack.callback(progress.close)
            for result in results:
                progress.advance()
                name = result.item.name
                if isinstance(result, Done):
                    yield name, result.value
                    continue
                self.failed += 1
                if self.as_json:
                    write_line(json_line(failure_record(name, result.error)))
                else:
                    progress.say(f"{printable(name)}: {result.error} ({result.error.code})")

    def _judge(self, a: str, of_a: Fingerprint, b: str, of_b: Fingerprint) -> None:
        from eikona.services.compare_pictures import compare  # noqa: PLC0415  imports NumPy

        record = comparison_record(a, b, compare(of_a, of_b, rule=self.rule))
        self.matched += record["match"]
        if self.as_json:
            write_line(json_line(record))
        else:
            self.rows.append(record)


def comparison_record(a: str, b: str, comparison: "Comparison") -> Record:
    """Return what ``compare`` says of one pair."""
    verdict, distances = comparison.verdict, comparison.distances
    return {
        "a": a,
        "b": b,
        "match": verdict.match,
        "outcome": str(verdict.outcome),
        "expected_false_matches": verdict.expected_false_matches,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "distances": dict(distances.by_name),
        "similarity_percent": dict(distances.similarity_percent),
        "inliers": None,
        "transform": {"orientation": str(distances.orientation)} if verdict.match else None,
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
            record["transform"]["orientation"] if record["transform"] else "",
        ]
        for record in records
    ]
    return ["a", "b", "outcome", *columns, "orientation"], rows
