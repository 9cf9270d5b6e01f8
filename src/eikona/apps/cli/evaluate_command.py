"""``eikona evaluate``: scores rules on a table of distances between labelled pairs."""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.options import Format
from eikona.apps.cli.records import Record, counted, json_line, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.table_input import TableInput
from eikona.apps.cli.tables import write_table
from eikona.domain.errors import EikonaError, MissingColumnError

if TYPE_CHECKING:
    from eikona.adapters.distance_csv import DistanceTable
    from eikona.deciding.rules import Rule
    from eikona.services.evaluate_rules import Scores

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

    def __call__(self) -> int:
        from eikona.services.evaluate_rules import evaluate  # noqa: PLC0415  only needed here

        rules = self._rules()
        source = TableInput(self.path)
        with source.opened() as table:
            readable = self._readable(rules, table)
            if not readable:
                return SOME_FAILED
            with closing(source.pairs(table, _distances(readable))) as pairs:
                scores = evaluate(readable, pairs)
        if not sum(scores[0].counts):
            self._say(f"{self.path}: no pair could be read: there is nothing to score")
            return SOME_FAILED
        self._write([_record(one, score) for one, score in zip(readable, scores, strict=True)])
        if source.bad_rows:
            self._say(f"{counted(source.bad_rows, 'row')} left out")
        return SOME_FAILED if source.bad_rows or len(readable) < len(self.texts) else FINE

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


def _distances(rules: Sequence["Rule"]) -> list[str]:
    """Return what the rules read, each once."""
    from eikona.deciding.trees.tree import INLIERS  # noqa: PLC0415  only needed here

    names = [name for rule in rules for name in rule.reads]
    names += [INLIERS for rule in rules if rule.aligns]
    return list(dict.fromkeys(names))


def _record(rule: "Rule", scores: "Scores") -> Record:
    return {
        "rule": rule.name,
        **{name: getattr(scores, name) for name in (*_FRACTIONS, *_COUNTS)},
    }
