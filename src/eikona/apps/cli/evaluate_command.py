"""``eikona evaluate``: scores rules on a table of distances between labelled pairs."""

import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from eikona.apps.cli import options
from eikona.apps.cli.options import Format
from eikona.apps.cli.progress import Progress, open_progress
from eikona.apps.cli.records import Record, counted, json_line, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.tables import write_table
from eikona.domain.errors import EikonaError, MissingColumnError

if TYPE_CHECKING:
    from eikona.adapters.distance_csv import DistanceTable
    from eikona.deciding.rules import Rule
    from eikona.services.evaluate_rules import LabelledPair, Scores

_BAD_ROWS_SHOWN = 10
_FRACTIONS = ("accuracy", "precision", "recall", "f1", "fpr")
_COUNTS = ("tp", "fp", "tn", "fn")


def evaluate_rules(
    *,
    distances: Annotated[
        str,
        typer.Option(
            "--distances",
            metavar="CSV",
            help="The table, - for standard input: columns dhash, phash, whash, nmfhash and"
            " isMatching, or what the command distances writes.",
        ),
    ],
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            metavar="RULE",
            autocompletion=options.complete_rule,
            help="A rule to score; repeat it for several.",
            show_default="all that the table has columns for",
        ),
    ] = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Score rules on a table."""
    run = _EvaluateRun(
        path=distances, texts=tuple(rule or ()), as_json=output_format is Format.JSON
    )
    end_with(run, interrupted=lambda: "Interrupted: run it again, nothing is kept in between.")


@dataclass(slots=True)
class _EvaluateRun:
    """One run of the command, from checked options to exit status."""

    path: str
    texts: tuple[str, ...]
    as_json: bool
    bad_rows: int = 0

    def __call__(self) -> int:
        from eikona.adapters.distance_csv import open_table  # noqa: PLC0415  imports NumPy
        from eikona.services.evaluate_rules import evaluate  # noqa: PLC0415  only needed here

        rules = self._rules()
        with ExitStack() as stack:
            table = stack.enter_context(open_table(stack.enter_context(_opened(self.path))))
            readable = self._readable(rules, table)
            if not readable:
                return SOME_FAILED
            progress = open_progress(None, noun="pair")
            stack.callback(progress.close)
            pairs = stack.enter_context(closing(self._pairs(table, readable, progress)))
            scores = evaluate(readable, pairs)
        if not sum(scores[0].counts):
            self._say(f"{self.path}: no pair could be read: there is nothing to score")
            return SOME_FAILED
        self._write([_record(one, score) for one, score in zip(readable, scores, strict=True)])
        if self.bad_rows:
            self._say(f"{counted(self.bad_rows, 'row')} left out")
        return SOME_FAILED if self.bad_rows or len(readable) < len(self.texts) else FINE

    def _rules(self) -> list["Rule"]:
        from eikona.deciding.rules import EVERY_RULE, parse_rule  # noqa: PLC0415  only needed here
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        texts = dict.fromkeys(self.texts or EVERY_RULE)
        return [parse_rule(text, ALGORITHMS) for text in texts]

    def _readable(self, rules: Sequence["Rule"], table: "DistanceTable") -> list["Rule"]:
        """Return the rules that the table has columns for; say which it has none for.

        Raises:
            MissingColumnError: none of all rules can be scored on this table.
        """
        readable = []
        for rule in rules:
            missing = table.missing(rule.needs)
            if not missing:
                readable.append(rule)
            elif self.texts:
                error = MissingColumnError(
                    f"the table has no column {', '.join(missing)}, which {rule.name} needs;"
                    f" there are: {', '.join(table.columns)}"
                )
                self._fail(rule.name, error)
        if not readable and not self.texts:
            raise MissingColumnError(
                "the table has the columns of no rule: it needs some of dhash, phash, whash and"
                " nmfhash, or what the command distances writes; there are:"
                f" {', '.join(table.columns)}"
            )
        return readable

    def _pairs(
        self, table: "DistanceTable", rules: Sequence["Rule"], progress: Progress
    ) -> Generator["LabelledPair", None, None]:
        from eikona.adapters.distance_csv import BadRow  # noqa: PLC0415  imports NumPy
        from eikona.deciding.trees.tree import INLIERS  # noqa: PLC0415  only needed here

        names = dict.fromkeys(name for rule in rules for name in rule.reads)
        if any(rule.aligns for rule in rules):
            names[INLIERS] = None
        for pair in table.pairs(names):
            progress.advance()
            if not isinstance(pair, BadRow):
                yield pair
                continue
            self.bad_rows += 1
            if self.bad_rows <= _BAD_ROWS_SHOWN:
                progress.say(f"{self.path}, line {pair.line}: {pair.reason}")
            if self.bad_rows == _BAD_ROWS_SHOWN:
                progress.say("Further rows that cannot be read are only counted.")

    def _fail(self, rule: str, error: EikonaError) -> None:
        if self.as_json:
            write_line(
                json_line({"rule": rule, "error": {"code": error.code, "message": str(error)}})
            )
        else:
            self._say(f"{rule}: {error} ({error.code})")

    def _write(self, records: Sequence[Record]) -> None:
        if self.as_json:
            for record in records:
                write_line(json_line(record))
            return
        rows = [
            [
                record["rule"],
                *("" if record[name] is None else f"{record[name]:.4f}" for name in _FRACTIONS),
                *(str(record[name]) for name in _COUNTS),
            ]
            for record in records
        ]
        write_table(["rule", *_FRACTIONS, *_COUNTS], rows)

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def _record(rule: "Rule", scores: "Scores") -> Record:
    return {
        "rule": rule.name,
        **{name: getattr(scores, name) for name in (*_FRACTIONS, *_COUNTS)},
    }


def _opened(path: str) -> BinaryIO:
    """Open the table.

    Raises:
        SourceError: it cannot be.
    """
    from eikona.imaging.source import source_error  # noqa: PLC0415  imports NumPy

    if path == "-":
        return sys.stdin.buffer
    try:
        return open(path, "rb")  # noqa: PTH123  the caller closes it
    except OSError as error:
        failed = source_error(path, error)
        raise type(failed)(f"{path}: {failed}") from error
