"""``eikona bank add``: puts pictures into a bank, some hundreds at a time."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.entry_notes import (
    NOTHING_NEW,
    NewNoteOption,
    NewOwnerOption,
    NewStateOption,
    NewTagOption,
    Notes,
)
from eikona.apps.cli.inputs import STANDARD_INPUT, Input, has_folder
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.records import json_line, printable, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.errors import EikonaError, EntryNotFoundError
from eikona.domain.fingerprint import DecodeMode, Fingerprint

if TYPE_CHECKING:
    from eikona.adapters.bank.store import BankStore
    from eikona.domain.bank import Entry

_BATCH = 256  # pictures that are put into the bank at once
_HERE = f".{os.sep}"
_BATCH_S = 2.0  # or those of so many seconds: what a crash costs

BankArgument = Annotated[
    Path, typer.Argument(metavar="BANK", readable=False, help="The bank's path.")
]


@with_workers
@with_caching
def add_pictures(
    bank: BankArgument,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Files, folders (with all below them), - for standard input."
        ),
    ],
    *,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What to call the picture; of one file only."),
    ] = None,
    tag: NewTagOption = None,
    owner: NewOwnerOption = None,
    note: NewNoteOption = None,
    state: NewStateOption = None,
    algorithm: options.AlgorithmOption = None,
    decode: options.DecodeOption = DecodeMode.AUTO,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
    caching: Caching,
) -> None:
    """Put pictures into a bank."""
    if name is not None and (len(paths) != 1 or has_folder(paths)):
        raise typer.BadParameter("goes with one file", param_hint="--name")
    if name is None and STANDARD_INPUT in paths:
        raise typer.BadParameter(
            "a picture from standard input needs a name of its own", param_hint="--name"
        )
    pictures = Pictures(
        paths=paths,
        take=TakeFingerprint(
            algorithms=tuple(algorithm) if algorithm else None,
            decode=str(decode),
            limits=workers.limits,
        ),
        workers=workers,
        caching=caching,
        as_json=output_format is Format.JSON,
    )
    notes = Notes(tags=tuple(tag or ()), owner=owner, note=note, state=state)
    run = AddRun(bank, name, pictures, notes)
    end_with(run, interrupted=run.how_to_go_on)


@dataclass(slots=True)
class AddRun:
    """One run of the command, from checked options to exit status."""

    bank: Path
    name: str | None
    pictures: Pictures
    notes: Notes = NOTHING_NEW
    results: Counter[str] = field(default_factory=Counter)

    def __call__(self) -> int:
        """Add the pictures and return the exit status."""
        options.check_algorithms(self.pictures.take.algorithms or ())
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

        with BankStore.open(self.bank, writable=True) as store:
            take = replace(self.pictures.take, local_features=store.keeps_features)
            self.pictures.take = take
            batch = _Batch(store, self.notes)
            try:
                with closing(self.pictures.read()) as read:
                    for item, picture in read:
                        self._take(batch, item, picture)
            finally:  # what is fingerprinted is kept, whatever ends the run
                self._put(batch)
            held = len(store)
        self.pictures.progress.say("; ".join([*self.pictures.summary(), *self._summary(held)]))
        return SOME_FAILED if self.pictures.failures else FINE

    def how_to_go_on(self) -> str:
        """Say after Ctrl-C what is done and what is not."""
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

        try:
            with BankStore.open(self.bank) as store:
                kept = len(store)  # what was being put there may be there, too
        except (EikonaError, OSError):
            kept = sum(self.results.values())
        return f"Interrupted: {kept} are in the bank, the same command goes on with the rest."

    def _take(self, batch: "_Batch", item: Input, picture: Fingerprint | EikonaError) -> None:
        if isinstance(picture, EikonaError):
            self.pictures.fail(item.name, picture)
            return
        batch.take(item, self.name, picture)
        if batch.is_full():
            self._put(batch)

    def _put(self, batch: "_Batch") -> None:
        done = batch.put()
        self.results.update(result for _, _, result in done)  # whether or not it can still be said
        if self.pictures.as_json:
            for item, name, result in done:
                write_line(json_line({"file": item.name, "entry": name, "result": result}))

    def _summary(self, held: int) -> Iterator[str]:
        results = [f"{number} {result}" for result, number in sorted(self.results.items())]
        yield ", ".join(results) or "none added"
        yield f"{printable(str(self.bank))} has {held} {'entry' if held == 1 else 'entries'}"


@dataclass(slots=True)
class _Batch:
    """Entries that go into the bank together."""

    store: "BankStore"
    notes: Notes
    waiting: list[tuple[Input, "Entry"]] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def take(self, item: Input, name: str | None, picture: Fingerprint) -> None:
        from eikona.adapters.bank.arguments import entry_for  # noqa: PLC0415  imports NumPy

        source = os.path.abspath(item.source) if isinstance(item.source, str) else ""  # noqa: PTH100
        known = name or self._known_as(item.name, source)
        entry = self.notes.on(entry_for(self.store, known, picture, source))
        self.waiting.append((item, entry))

    def _known_as(self, name: str, source: str) -> str:
        """Return a file's name, or the one that it has in the bank where only ``./`` differs."""
        other = name.removeprefix(_HERE) if name.startswith(_HERE) else f"{_HERE}{name}"
        entry = None if self._there(name) else self._there(other)
        return other if entry is not None and source and entry.source == source else name

    def is_full(self) -> bool:
        return len(self.waiting) >= _BATCH or time.monotonic() - self.since > _BATCH_S

    def put(self) -> list[tuple[Input, str, str]]:
        """Add what waits and return what became of each."""
        waiting, self.waiting = self.waiting, []
        before = [self._there(entry.name) for _, entry in waiting]
        if waiting:
            self.store.add(entry for _, entry in waiting)
        self.since = time.monotonic()
        done = []
        for (item, entry), old in zip(waiting, before, strict=True):
            same = old is not None and self._there(entry.name) == old
            result = "added" if old is None else "unchanged" if same else "replaced"
            done.append((item, entry.name, result))
        return done

    def _there(self, name: str) -> "Entry | None":
        try:
            return self.store.entry(name)
        except EntryNotFoundError:
            return None
