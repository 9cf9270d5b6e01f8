"""``eikona bank export``: writes a bank's entries as lines of hashes or as CSV."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from eikona.apps.cli import options
from eikona.apps.cli.bank_add_command import BankArgument
from eikona.apps.cli.list_formats import AsOption, ListFormat, TypeOption
from eikona.apps.cli.options import Format
from eikona.apps.cli.records import counted, json_line, printable, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.domain.errors import UsageError

if TYPE_CHECKING:
    from eikona.adapters.bank.store import BankStore

_BY_SUFFIX = {".csv": ListFormat.CSV, ".txt": ListFormat.TYPED, "": ListFormat.TYPED}


def export_entries(
    bank: BankArgument,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write them.")
    ],
    file_format: AsOption = None,
    kind: TypeOption = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Write the entries of a bank to a file."""
    told = _BY_SUFFIX.get(output.suffix.lower())
    chosen = file_format or (ListFormat.HEX if kind and told is not ListFormat.CSV else told)
    if chosen is None:
        raise typer.BadParameter(
            "its ending does not tell what to write: end it in .csv or .txt, or add --as",
            param_hint="--output",
        )
    if chosen is ListFormat.PICTURES:
        raise typer.BadParameter("a bank holds no pictures: choose typed, hex or csv")
    if (chosen is ListFormat.HEX) != (kind is not None):
        raise typer.BadParameter("goes with --as hex, which needs it", param_hint="--type")
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
        with (
            BankStore.open(self.bank) as store,
            replacing(self.output, errors="surrogateescape") as file,
        ):
            if self.file_format is ListFormat.CSV:
                self._write_csv(store, file)
            else:
                self._write_lines(store, file)
        self._summarise()
        return SOME_FAILED if self.failed else FINE

    def _write_csv(self, store: "BankStore", file: TextIO) -> None:
        from eikona.adapters.entry_csv import write_entries  # noqa: PLC0415  imports NumPy

        write_entries(store.entries(), list(store.snapshot.held), file)
        self.written = len(store)

    def _write_lines(self, store: "BankStore", file: TextIO) -> None:
        from eikona.adapters.hash_lists import list_lines  # noqa: PLC0415  imports NumPy

        for entry in store.entries():
            try:
                lines = list(list_lines(entry, self.kind))
            except UsageError as error:
                self.failed += 1
                print(f"{printable(entry.name)}: {error}", file=sys.stderr, flush=True)
                continue
            file.writelines(f"{line}\n" for line in lines)
            self.written += bool(lines)

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
        entries = "1 entry" if self.written == 1 else f"{self.written} entries"
        line = f"{entries} written to {printable(str(self.output))}, as {self.file_format}"
        failed = f"; {counted(self.failed, 'name')} left out" if self.failed else ""
        print(f"{line}{failed}", file=sys.stderr, flush=True)
