"""``eikona demo``: makes sample pictures and tells which are copies of which."""

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from eikona.adapters.worker_pool import Failed, run_in_workers
from eikona.apps.cli import options
from eikona.apps.cli.compare_command import comparison_record
from eikona.apps.cli.inputs import Input
from eikona.apps.cli.options import Format
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import Record, json_line, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.apps.cli.tables import write_table
from eikona.apps.cli.work import TakeFingerprint, load_stages
from eikona.domain.fingerprint import Fingerprint, Orientation
from eikona.domain.verdict import Outcome

_ORIGINAL_SEED = 1
_LOOKALIKE_SEED = 11  # another picture of the same kind
_LOOKALIKE = "look-alike"


def demo(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Where the pictures go, into its folder samples.",
            show_default="$XDG_DATA_HOME/eikona or ~/.local/share/eikona",
        ),
    ] = None,
    output_format: options.FormatOption = Format.TEXT,
    jobs: options.JobsOption = None,
) -> None:
    """Make sample pictures and find the copies among them."""
    run = _DemoRun(
        folder=(data or default_data_folder()) / "samples",
        as_json=output_format is Format.JSON,
        jobs=jobs,
    )
    end_with(run, interrupted=lambda: "Interrupted: run it again, it starts over.")


def default_data_folder() -> Path:
    """Return where this user's Eikona keeps what it makes."""
    base = os.environ.get("XDG_DATA_HOME", "")
    # An empty or relative value is to be ignored: XDG Base Directory Specification 0.8.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/share") / "eikona"


@dataclass(frozen=True, slots=True)
class _Sample:
    """One sample picture: which scene it shows and what was done to it, nothing to an original."""

    path: Path
    scene: str
    alteration: str = ""


@dataclass(slots=True)
class _DemoRun:
    """One run of the command."""

    folder: Path
    as_json: bool
    jobs: int | None
    found: dict[Path, Record] = field(default_factory=dict)  # by altered picture

    def __call__(self) -> int:
        load_stages()
        typer.echo(f"Making sample pictures in {self.folder} …", err=True)
        samples = list(_make(self.folder))
        self._find_originals(samples, self._fingerprints(samples))
        for record in self.found.values():
            if self.as_json:
                write_line(json_line(record))
        sheet = self.folder / "contact-sheet.png"
        self._draw(samples, sheet)
        if not self.as_json:
            write_table(*self._table())
            self._say_what_next(sheet)
        return FINE

    def _fingerprints(self, samples: list[_Sample]) -> dict[Path, Fingerprint]:
        fingerprints: dict[Path, Fingerprint] = {}
        with ExitStack() as stack:
            items = (Input(str(sample.path), str(sample.path)) for sample in samples)
            results = run_in_workers(TakeFingerprint(), items, jobs=self.jobs)
            stack.enter_context(closing(results))
            progress = open_progress(lambda: samples)
            stack.callback(progress.close)
            for result in results:
                if isinstance(result, Failed):
                    raise result.error
                fingerprints[Path(result.item.name)] = result.value
                progress.advance()
        return fingerprints

    def _find_originals(self, samples: list[_Sample], prints: dict[Path, Fingerprint]) -> None:
        """Compare each altered picture with every original and keep the nearest."""
        from eikona.services.compare_pictures import compare  # noqa: PLC0415  imports NumPy

        originals = [sample.path for sample in samples if not sample.alteration]
        for sample in samples:
            if not sample.alteration:
                continue
            records = [
                comparison_record(
                    str(original),
                    str(sample.path),
                    compare(prints[original], prints[sample.path]),
                )
                for original in originals
            ]
            self.found[sample.path] = min(records, key=lambda one: one["distances"]["pdq"])

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                path.stem,
                record["outcome"],
                Path(record["a"]).stem if record["match"] else "none",
                f"{record['distances']['pdq']:g}",
                record["transform"]["orientation"] if record["transform"] else "",
            ]
            for path, record in self.found.items()
        ]
        return ["picture", "outcome", "copy of", "bits apart", "orientation"], rows

    def _draw(self, samples: list[_Sample], sheet: Path) -> None:
        from eikona.apps.cli.contact_sheet import Cell, draw_sheet  # noqa: PLC0415  imports Pillow

        rows: dict[str, list[Cell]] = {}
        for sample in samples:
            record = self.found.get(sample.path)
            if record is None:
                cell = Cell(sample.path, sample.scene, "original")
            else:
                outcome = Outcome(record["outcome"])
                cell = Cell(sample.path, sample.alteration, _finding(record), outcome)
            rows.setdefault(sample.scene, []).append(cell)
        heading = "Framed green: a copy of the original at the left. Amber: for a person to judge."
        draw_sheet(list(rows.values()), heading).save(sheet)

    def _say_what_next(self, sheet: Path) -> None:
        here = shlex.quote(str(self.folder))
        program = _program()
        matched = sum(record["match"] for record in self.found.values())
        lines = (
            "",
            f"{matched} of these {len(self.found)} pictures are copies. All side by side:",
            f"  {sheet}",
            "",
            "Try next:",
            f"  {program} compare {here}/originals/dunes.jpg {here}/copies/dunes-mirrored.jpg",
            f"  {program} hash {here} --format json",
            f"  {program} hash PICTURES --output hashes.jsonl    (a folder of your own)",
            f"  {program} --help",
        )
        write_text("\n".join(lines))


def _make(folder: Path) -> Iterator[_Sample]:
    """Write each scene's original, then its copies, then a picture that only looks like it."""
    from eikona.apps.cli.sample_pictures import ALTERATIONS, SCENES  # noqa: PLC0415  imports NumPy

    for name in ("originals", "copies", "others"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for scene, paint in SCENES.items():
        image = paint(_ORIGINAL_SEED)
        original = _Sample(folder / "originals" / f"{scene}.jpg", scene)
        image.save(original.path, quality=92)
        yield original
        for alteration, (alter, quality) in ALTERATIONS.items():
            copy = _Sample(folder / "copies" / f"{scene}-{alteration}.jpg", scene, alteration)
            alter(image).save(copy.path, quality=quality)
            yield copy
        other = _Sample(folder / "others" / f"{scene}-{_LOOKALIKE}.jpg", scene, _LOOKALIKE)
        paint(_LOOKALIKE_SEED).save(other.path, quality=92)
        yield other


def _finding(record: Record) -> str:
    apart = f"{record['distances']['pdq']:g} bits"
    if not record["match"]:
        return f"no copy, {apart}"
    orientation = record["transform"]["orientation"]
    return f"copy, {apart}" + (f", {orientation}" if orientation != Orientation.ORIGINAL else "")


def _program() -> str:
    """Return how the command is called from here."""
    if shutil.which("eikona") is None and os.access("eikona", os.X_OK):
        return "./eikona"
    return "eikona"
