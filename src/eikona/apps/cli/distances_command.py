"""``eikona distances``: makes a table of distances between originals and altered pictures."""

import csv
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.options import Format
from eikona.apps.cli.outputs import check_output
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import counted, json_line, printable, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.errors import (
    EikonaError,
    InvalidTableError,
    MissingColumnError,
    UnlabelledError,
)
from eikona.domain.fingerprint import DecodeMode, Fingerprint

if TYPE_CHECKING:
    from eikona.services.label_pairs import Folder, Originals

Prints = dict[str, Fingerprint]


@with_workers
@with_caching
def distance_table(
    originals: Annotated[Path, typer.Argument(metavar="ORIGINALS", help="Folder of originals.")],
    altered: Annotated[
        Path, typer.Argument(metavar="ALTERED", help="Folder of pictures made from them.")
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="CSV", help="Where to write the table.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="CSV",
            help="Which is made from which: a table with the columns altered and original.",
            show_default="by their names",
        ),
    ] = None,
    all_pairs: Annotated[
        bool,
        typer.Option(
            "--all-pairs/--balanced",
            help="Every altered picture with every original, or with its own and one other.",
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="NUMBER", help="Decides which other.")
    ] = 0,
    local_features: Annotated[
        bool,
        typer.Option(
            "--local-features/--no-local-features",
            help="Count the places that lie on each other, the column inliers, or leave it empty.",
        ),
    ] = True,
    decode: options.DecodeOption = DecodeMode.AUTO,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
    caching: Caching,
) -> None:
    """Make a table of distances."""
    first, second = (path.resolve() for path in (originals, altered))
    for path in (originals, altered):
        if not path.is_dir():
            raise typer.BadParameter(f"{path} is no folder")
    if first.is_relative_to(second) or second.is_relative_to(first):
        raise typer.BadParameter("one folder lies in the other: keep originals and altered apart")
    pictures = Pictures(
        paths=[],
        take=TakeFingerprint(
            decode=str(decode), limits=workers.limits, local_features=local_features
        ),
        workers=workers,
        caching=caching,
        as_json=output_format is Format.JSON,
    )
    run = _DistancesRun(
        originals=str(originals),
        altered=str(altered),
        output=output,
        labels=labels,
        all_pairs=all_pairs,
        seed=seed,
        pictures=pictures,
    )
    end_with(run, interrupted=lambda: "Interrupted: nothing was written.")


@dataclass(slots=True)
class _DistancesRun:
    """One run of the command, from checked options to exit status."""

    originals: str
    altered: str
    output: Path
    labels: Path | None
    all_pairs: bool
    seed: int
    pictures: Pictures
    copies: int = 0
    others: int = 0
    failures: list[str] = field(default_factory=list)

    def __call__(self) -> int:
        from eikona.adapters.distance_writer import NEEDED  # noqa: PLC0415  imports NumPy

        read = [] if self.labels is None else [str(self.labels)]
        check_output("--output", self.output, inputs=read)
        labels = None if self.labels is None else _read_labels(self.labels)
        self.pictures.take = replace(self.pictures.take, algorithms=NEEDED)
        originals = self._fingerprints(self.originals)
        altered = self._fingerprints(self.altered)
        original_of = self._labelled(originals, altered, labels)
        if original_of:
            self._write(originals, altered, original_of)
        self._summarise()
        return FINE if original_of and not self.failures else SOME_FAILED

    def _fingerprints(self, folder: str) -> Prints:
        found = {}
        part = replace(self.pictures, paths=[folder])
        with closing(part.read()) as read:
            for item, picture in read:
                if isinstance(picture, EikonaError):
                    self._fail(item.name, picture)
                else:
                    found[item.name] = picture
        return found

    def _labelled(
        self, originals: Prints, altered: Prints, labels: dict[str, str] | None
    ) -> dict[str, str]:
        """Return the original of each altered picture; what has none is reported."""
        original_of = {}
        for name, find in self._finders(originals, altered, labels).items():
            try:
                path, own = find()
            except UnlabelledError as error:
                self._fail(name, error)
                continue
            if own in originals:
                original_of[path] = own
            else:
                self._fail(path, UnlabelledError(f"its original {own} could not be read"))
        return original_of

    def _finders(
        self, originals: Prints, altered: Prints, labels: dict[str, str] | None
    ) -> dict[str, Callable[[], tuple[str, str]]]:
        """Return for each altered picture how its path and its original's are found."""
        from eikona.services.label_pairs import Folder, Originals  # noqa: PLC0415  imports NumPy

        every = [*originals, *self.failures]
        if labels is None:
            known = Originals(every)
            return {path: partial(_by_name, known, path) for path in altered}
        from_folder = Folder(self.originals, every)
        made_in = Folder(self.altered, altered)
        return {
            name: partial(_by_label, made_in, name, from_folder, own)
            for name, own in labels.items()
        }

    def _write(self, originals: Prints, altered: Prints, original_of: dict[str, str]) -> None:
        from eikona.adapters.distance_writer import DistanceWriter  # noqa: PLC0415  imports NumPy
        from eikona.adapters.report.atomic_file import replacing  # noqa: PLC0415  only needed here
        from eikona.services.compare_pictures import DistancesFrom  # noqa: PLC0415  imports NumPy
        from eikona.services.label_pairs import pairs  # noqa: PLC0415  imports NumPy

        with ExitStack() as stack:
            file = stack.enter_context(replacing(self.output, errors="surrogateescape"))
            table = DistanceWriter(file)
            progress = open_progress(None, noun="pair")
            stack.callback(progress.close)
            query, distances = "", None
            for pair in pairs(
                original_of, list(originals), every_pair=self.all_pairs, seed=self.seed
            ):
                if distances is None or query != pair.altered:  # all pairs of one in a row
                    query, distances = pair.altered, DistancesFrom(altered[pair.altered])
                table.write(pair, distances.to(originals[pair.original]))
                self.copies += pair.is_copy
                self.others += not pair.is_copy
                progress.advance()

    def _fail(self, name: str, error: EikonaError) -> None:
        self.failures.append(name)
        self.pictures.fail(name, error)

    def _summarise(self) -> None:
        if self.pictures.as_json:
            record = {
                "output": str(self.output),
                "pairs": self.copies + self.others,
                "copies": self.copies,
                "failed": len(self.failures),
            }
            write_line(json_line(record))
            return
        done = "no pair, so nothing was written"
        if self.copies:
            pairs = f"{counted(self.copies, 'pair')} of copies, {self.others} of others"
            done = f"{pairs}, written to {printable(str(self.output))}"
        failed = f"; {len(self.failures)} failed" if self.failures else ""
        self.pictures.progress.say(f"{done}{failed}")


def _by_name(originals: "Originals", path: str) -> tuple[str, str]:
    return path, originals.of(path)


def _by_label(altered: "Folder", name: str, originals: "Folder", own: str) -> tuple[str, str]:
    return altered.find(name), originals.find(own)


def _read_labels(path: Path) -> dict[str, str]:
    """Return the original of each altered picture that a table names.

    Raises:
        InvalidTableError: it is no such table.
        SourceError: it cannot be read.
    """
    from eikona.imaging.source import source_error  # noqa: PLC0415  imports NumPy

    try:
        file = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        failed = source_error(str(path), error)
        raise type(failed)(f"{path}: {failed}") from error
    with file:
        rows = csv.DictReader(file)
        missing = {"altered", "original"} - set(rows.fieldnames or ())
        if missing:
            raise MissingColumnError(f"{path} has no column {' and no column '.join(missing)}")
        try:
            return {row["altered"]: row["original"] or "" for row in rows if row["altered"]}
        except csv.Error as error:
            raise InvalidTableError(f"{path} is no CSV: {error}") from error
