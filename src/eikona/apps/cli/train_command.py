"""``eikona train``: a decision tree from a table of distances between labelled pairs."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.options import Format
from eikona.apps.cli.outputs import check_output
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import Record, counted, json_line, printable, write_line, write_text
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.table_input import TableInput
from eikona.domain.errors import MissingColumnError

if TYPE_CHECKING:
    from eikona.deciding.trees.training import Settings, Trained
    from eikona.services.train_tree import Training

_PICTURES = (".png", ".svg")


def train_tree(
    *,
    distances: Annotated[
        str,
        typer.Option(
            "--distances",
            metavar="CSV",
            help="The table, - for standard input: distances and isMatching, as the command"
            " distances writes it.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="TREE", help="Where to write the tree.")
    ],
    hashes: Annotated[
        list[str] | None,
        typer.Option(
            "--hashes",
            metavar="NAMES",
            help="Distances that it may ask about, such as pdq,phash256,inliers; by our names or"
            " the table's columns.",
            show_default="all that the table has",
        ),
    ] = None,
    depth: Annotated[
        int, typer.Option("--depth", min=1, max=16, help="Most questions on the way to an answer.")
    ] = 6,
    target_fpr: Annotated[
        float | None,
        typer.Option(
            "--target-fpr",
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Largest share of others that may be taken for copies, such as 0.001.",
            show_default="as few errors as can be at the prior",
        ),
    ] = None,
    prior: Annotated[
        float,
        typer.Option(
            "--prior",
            min=1e-9,
            max=1 - 1e-9,
            metavar="SHARE",
            help="Share of copies among the pairs that it will judge, which confidence is stated"
            " for.",
        ),
    ] = 0.5,
    show: Annotated[
        Path | None,
        typer.Option("--show", metavar="PICTURE", help="Draw the tree there, as .svg or .png."),
    ] = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Train a tree on a table."""
    if show is not None and show.suffix.lower() not in _PICTURES:
        raise typer.BadParameter("a tree is drawn as .svg or .png", param_hint="--show")
    run = _TrainRun(
        source=TableInput(distances),
        output=output,
        hashes=[name for some in hashes or () for name in some.split(",") if name],
        depth=depth,
        target_fpr=target_fpr,
        prior=prior,
        show=show,
        as_json=output_format is Format.JSON,
    )
    end_with(run, interrupted=lambda: "Interrupted: nothing was written.")


@dataclass(slots=True)
class _TrainRun:
    """One run of the command, from checked options to exit status."""

    source: TableInput
    output: Path
    hashes: list[str]
    depth: int
    target_fpr: float | None
    prior: float
    show: Path | None
    as_json: bool

    def __call__(self) -> int:
        from eikona.deciding.trees.training import Settings  # noqa: PLC0415  imports NumPy

        for option, target in (("--output", self.output), ("--show", self.show)):
            if target is not None:
                check_output(option, target, inputs=[self.source.path])
        gathered = self._gathered()
        settings = Settings(self.depth, prior=self.prior, target_fpr=self.target_fpr)
        trained = self._trained(gathered, settings)
        self._write(trained)
        self._report(trained, gathered)
        return SOME_FAILED if self.source.bad_rows else FINE

    def _gathered(self) -> "Training":
        from eikona.services.train_tree import gather  # noqa: PLC0415  imports NumPy

        with self.source.opened() as table:
            names = list(dict.fromkeys(map(table.named, self.hashes))) or table.distances()
            if not names:
                raise MissingColumnError(
                    "the table has no distances: it needs some of dhash, phash, whash and nmfhash,"
                    f" or what the command distances writes; there are: {', '.join(table.columns)}"
                )
            with closing(self.source.pairs(table, names)) as pairs:
                return gather(pairs, names)

    def _trained(self, gathered: "Training", settings: "Settings") -> "Trained":
        from eikona.deciding.trees.training import train, trees_grown  # noqa: PLC0415  NumPy
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        number = trees_grown(gathered.pairs, settings)
        progress = open_progress(lambda: range(number), noun="tree")
        try:
            return train(
                gathered.pairs,
                settings,
                versions={name: row.id.version for name, row in ALGORITHMS.items()},
                report=progress.advance,
            )
        finally:
            progress.close()

    def _write(self, trained: "Trained") -> None:
        from eikona.adapters.report.atomic_file import replacing  # noqa: PLC0415  only needed here
        from eikona.deciding.trees.tree_file import tree_text  # noqa: PLC0415  only needed here

        with replacing(self.output) as file:
            file.write(tree_text(trained.tree))
        if self.show is not None:
            from eikona.adapters.tree_drawing import draw_tree  # noqa: PLC0415  imports Pillow

            draw_tree(trained.tree, self.show)

    def _report(self, trained: "Trained", gathered: "Training") -> None:
        for line in self._remarks(trained, gathered):
            print(line, file=sys.stderr, flush=True)
        if self.as_json:
            write_line(json_line(self._record(trained, gathered)))
            return
        from eikona.deciding.trees.outline import outline  # noqa: PLC0415  only needed here

        write_text(outline(trained.tree))

    def _remarks(self, trained: "Trained", gathered: "Training") -> Iterator[str]:
        tree = trained.tree
        kinds = f"{tree.copies:,} pairs of copies and {tree.others:,} of others"
        yield (
            f"{kinds}; of {trained.folds} parts left out in turn it found"
            f" {trained.recall:.2%} of the copies and took {trained.fpr:.3%} of the others for"
            f" copies; written to {printable(str(self.output))}"
        )
        if not gathered.knows_originals:
            yield (
                "The table has no column original, so pairs of one picture may stand in several"
                " parts: new pictures may be judged less well than said."
            )
        if gathered.too_plain:
            yield f"{counted(gathered.too_plain, 'pair')} left out: a picture is too plain"
        if self.source.bad_rows:
            yield f"{counted(self.source.bad_rows, 'row')} left out"

    def _record(self, trained: "Trained", gathered: "Training") -> Record:
        from eikona.deciding.trees.tree import depth, leaves  # noqa: PLC0415  only needed here

        tree = trained.tree
        return {
            "output": str(self.output),
            "copies": tree.copies,
            "others": tree.others,
            "too_plain": gathered.too_plain,
            "distances": list(tree.distances),
            "depth": depth(tree.root),
            "answers": sum(1 for _ in leaves(tree.root)),
            "folds": trained.folds,
            "recall": trained.recall,
            "fpr": trained.fpr,
        }
