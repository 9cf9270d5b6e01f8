"""``eikona bank edit``: changes what is noted of entries."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.bank_add_command import BankArgument
from eikona.apps.cli.entry_notes import (
    NewNoteOption,
    NewOwnerOption,
    NewStateOption,
    NewTagOption,
    Notes,
    names_there,
)
from eikona.apps.cli.options import Format
from eikona.apps.cli.records import Record, json_line, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.domain.bank import Entry


def edit_entries(
    bank: BankArgument,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Entries, as list has them.")
    ],
    *,
    tag: NewTagOption = None,
    without_tag: Annotated[
        list[str] | None,
        typer.Option(
            "--without-tag", metavar="TAG", help="A word to take away; repeat it for several."
        ),
    ] = None,
    owner: NewOwnerOption = None,
    note: NewNoteOption = None,
    state: NewStateOption = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Change what is noted of entries."""
    notes = Notes(tuple(tag or ()), tuple(without_tag or ()), owner, note, state)
    if not notes:
        raise typer.BadParameter(
            "nothing to change: give --tag, --without-tag, --owner, --note or --state"
        )
    run = _EditRun(bank, names, notes, as_json=output_format is Format.JSON)
    end_with(run, interrupted=lambda: "Interrupted: run it again.")


@dataclass(slots=True)
class _EditRun:
    """One run of the command, from checked options to exit status."""

    bank: Path
    names: list[str]
    notes: Notes
    as_json: bool

    def __call__(self) -> int:
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

        with BankStore.open(self.bank, writable=True) as store:
            there = list(names_there(store, self.names, as_json=self.as_json))
            edited = [self.notes.on(store.entry(name)) for name in there]
            counts = store.add(edited)
            if self.as_json:
                for entry in edited:
                    write_line(json_line(_record(entry)))
        typer.echo(f"{counts.replaced} changed, {counts.unchanged} as they were.", err=True)
        return FINE if len(there) == len(dict.fromkeys(self.names)) else SOME_FAILED


def _record(entry: Entry) -> Record:
    return {
        "entry": entry.name,
        "state": str(entry.state),
        "tags": list(entry.tags),
        "owner": entry.owner,
        "note": entry.note,
    }
