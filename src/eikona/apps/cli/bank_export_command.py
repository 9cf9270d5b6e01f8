"""``eikona bank export``: writes a bank's entries as a list, a table or JSON."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TextIO, cast

import typer

from eikona.apps.cli import options
from eikona.apps.cli.bank_add_command import BankArgument
from eikona.apps.cli.list_formats import BY_SUFFIX, ListFormat, TypeOption, WrittenAsOption
from eikona.apps.cli.options import Format
from eikona.apps.cli.outputs import STANDARD_OUTPUT, check_output
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import counted, json_line, printable, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with

if TYPE_CHECKING:
    from io import TextIOWrapper

    from eikona.adapters.bank.columns import EntryColumns
    from eikona.adapters.bank.snapshot import Snapshot

_WITH_TYPE = (ListFormat.HEX, ListFormat.LOCAL_FILE)
_SHARED = "pdq"  # what python-threatexchange knows of ours
_REMEDY = "export the bank as CSV"


def export_entries(
    bank: BankArgument,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            readable=False,
            help="Where to write them, - for standard output. A file there is replaced.",
        ),
    ],
    file_format: WrittenAsOption = None,
    kind: TypeOption = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Write the entries of a bank to a file."""
    told = BY_SUFFIX.get(output.suffix.lower())
    chosen = (
        ListFormat(file_format)
        if file_format
        else (ListFormat.HEX if kind and told is ListFormat.TYPED else told)
    )
    if chosen is None:
        raise typer.BadParameter(
            "its ending does not tell what to write: end it in .csv, .ndjson, .parquet or .txt, or"
            " add --as",
            param_hint="--output",
        )
    if chosen is ListFormat.HEX and kind is None:
        raise typer.BadParameter("goes with --as hex, which needs it", param_hint="--type")
    if kind is not None and chosen not in _WITH_TYPE:
        raise typer.BadParameter("goes with --as hex and local-file only", param_hint="--type")
    if str(output) == STANDARD_OUTPUT and output_format is Format.JSON:
        raise typer.BadParameter(
            "says on standard output what was written, where the entries are to go: name a file,"
            " or leave it out",
            param_hint="--format",
        )
    run = _ExportRun(bank, output, chosen, kind, output_format is Format.JSON)
    end_with(run, interrupted=lambda: "Interrupted: nothing was written.")


@dataclass(slots=True)
class _ExportRun:
    """One run of the command, from checked options to exit status."""

    bank: Path
    output: Path
    file_format: ListFormat
    kind: str | None
    as_json: bool
    written: int = 0
    failed: int = 0

    def __call__(self) -> int:
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy
        from eikona.adapters.report.atomic_file import replacing  # noqa: PLC0415  only needed here

        options.check_algorithms([self.kind] if self.kind else [])
        with BankStore.open(self.bank) as store:
            if str(self.output) == STANDARD_OUTPUT:
                with _standard_output() as file:
                    self._write(store.snapshot, file)
            else:
                check_output("--output", self.output)
                with replacing(self.output, errors="surrogateescape") as file:
                    self._write(store.snapshot, file)
        self._summarise()
        return SOME_FAILED if self.failed else FINE

    def _write(self, snapshot: "Snapshot", file: TextIO) -> None:
        from eikona.adapters.bank.column_chunks import column_chunks  # noqa: PLC0415  imports NumPy
        from eikona.adapters.lists import entry_csv, ndjson, parquet  # noqa: PLC0415  imports NumPy

        chunks = self._counted(column_chunks(snapshot))
        match self.file_format:
            case ListFormat.CSV:
                entry_csv.write_csv(chunks, list(snapshot.held), file)
            case ListFormat.NDJSON:
                ndjson.write_ndjson(chunks, file)
            case ListFormat.PARQUET:
                binary = cast("BinaryIO", cast("TextIOWrapper", file).buffer)
                parquet.ParquetWriter(list(snapshot.held)).write(chunks, binary)
            case ListFormat.THREATEXCHANGE:
                self._write_exchange(chunks, file)
            case _:
                self._write_lines(chunks, file)

    def _counted(self, chunks: Iterator["EntryColumns"]) -> Iterator["EntryColumns"]:
        """Pass chunks on, count their entries as written, and show how far this is."""
        progress = open_progress(None, noun="row")
        try:
            for columns in chunks:
                yield columns
                self.written += len(columns)
                progress.advance(len(columns))
        finally:
            progress.close()

    def _write_exchange(self, chunks: Iterator["EntryColumns"], file: TextIO) -> None:
        from eikona.adapters.lists.threatexchange import (  # noqa: PLC0415  imports NumPy
            exchange_lines,
            holds_pdq,
        )

        def with_pdq() -> Iterator["EntryColumns"]:
            for columns in chunks:
                if holds_pdq(columns):
                    yield columns
                else:
                    said = "without a PDQ hash, which an indicator needs"
                    self._leave_out(len(columns), f"{_entries(len(columns))} {said}")

        file.writelines(exchange_lines(with_pdq()))

    def _write_lines(self, chunks: Iterator["EntryColumns"], file: TextIO) -> None:
        from eikona.adapters.lists.hash_lists import list_lines  # noqa: PLC0415  imports NumPy

        is_local = self.file_format is ListFormat.LOCAL_FILE
        for columns in chunks:
            lines, unfit = list_lines(
                columns,
                only=self.kind or (_SHARED if is_local else None),
                typed=self.kind is None,
                named=not is_local,
            )
            file.writelines(f"{line}\n" for line in lines)
            for name in unfit:
                self._leave_out(
                    1, f"{printable(name)}: this name cannot stand on a line: {_REMEDY}"
                )
            if not lines and not unfit:
                self.written -= len(columns)

    def _leave_out(self, number: int, said: str) -> None:
        self.failed += number
        self.written -= number
        print(said, file=sys.stderr, flush=True)

    def _summarise(self) -> None:
        if self.as_json:
            write_line(
                json_line(
                    {
                        "output": str(self.output),
                        "format": str(self.file_format),
                        "entries": self.written,
                        "failed": self.failed,
                    }
                )
            )
            return
        to = printable(str(self.output))
        to = "standard output" if to == STANDARD_OUTPUT else to
        line = f"{_entries(self.written)} written to {to}, as {self.file_format}"
        failed = f"; {counted(self.failed, 'name')} left out" if self.failed else ""
        print(f"{line}{failed}", file=sys.stderr, flush=True)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """Yield it as a file of UTF-8 text that is written as it is."""
    file = io.TextIOWrapper(
        sys.stdout.buffer, encoding="utf-8", errors="surrogateescape", newline=""
    )
    try:
        yield file
        file.flush()
    finally:
        file.detach()


def _entries(number: int) -> str:
    """Return ``1 entry``, ``2 entries``."""
    return "1 entry" if number == 1 else f"{number} entries"
