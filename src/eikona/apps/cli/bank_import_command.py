"""``eikona bank import``: puts lists, tables and folders of pictures into a bank."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from eikona.apps.cli import options
from eikona.apps.cli.bank_add_command import AddRun, BankArgument
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.list_formats import AsOption, ListFormat, TypeOption, guess, holds_lists
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.progress import Progress, open_progress
from eikona.apps.cli.records import failure_record, json_line, printable, write_line
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.errors import EikonaError, InvalidTableError, UsageError

if TYPE_CHECKING:
    from eikona.adapters.bank.store import BankStore
    from eikona.adapters.lists.list_import import ListImport
    from eikona.adapters.lists.listed import BadLine, Chunk

_BAD_LINES_SHOWN = 100
_COLLECTED_EVERY = 1 << 20  # objects: rows are many and hold no cycles, looking for some takes long


@with_workers
@with_caching
def import_entries(
    bank: BankArgument,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Lists, tables, pictures, folders of pictures."),
    ],
    *,
    file_format: AsOption = None,
    kind: TypeOption = None,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
    caching: Caching,
) -> None:
    """Put the entries of files into a bank."""
    pictures = Pictures(
        paths=[],
        take=TakeFingerprint(limits=workers.limits),
        workers=workers,
        caching=caching,
        as_json=output_format is Format.JSON,
    )
    run = _ImportRun(bank, files, file_format, kind, pictures)
    end_with(run, interrupted=lambda: "Interrupted: run it again, what is in the bank stays.")


@dataclass(slots=True)
class _ImportRun:
    """One run of the command, from checked options to exit status."""

    bank: Path
    files: list[str]
    file_format: ListFormat | None
    kind: str | None
    pictures: Pictures
    failed: bool = False

    def __call__(self) -> int:
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy
        from eikona.adapters.lists.hash_types import is_type  # noqa: PLC0415  imports NumPy

        if self.kind is not None and not is_type(self.kind):
            raise UsageError(f"no hash is called {self.kind!r}: see eikona hash --help")
        with BankStore.open(self.bank, writable=True) as store:
            for path in self.files:
                try:
                    self._take(store, path)
                except (EikonaError, OSError) as error:
                    if isinstance(error, UsageError):
                        raise
                    self._fail_file(path, error)
        if self.pictures.paths:
            self.failed |= AddRun(self.bank, None, self.pictures)() != FINE
        return SOME_FAILED if self.failed else FINE

    def _take(self, store: "BankStore", path: str) -> None:
        file_format = self.file_format or guess(path, self.kind)
        if file_format is ListFormat.PICTURES:
            self.pictures.paths.append(path)
            if holds_lists(path):
                said = "its pictures are added; name the lists in it one by one"
                print(f"{printable(path)} is a folder: {said}", file=sys.stderr)
            return
        if file_format is ListFormat.HEX and self.kind is None:
            raise UsageError(f"{path} lists bare hashes: say which with --type, such as --type pdq")
        from eikona.adapters.lists.list_import import ListImport  # noqa: PLC0415  imports NumPy

        sink, bad, foreign = ListImport(store), 0, Counter[str]()
        with ExitStack() as stack:
            file = stack.enter_context(Path(path).open("rb"))
            progress = open_progress(None, noun="line")
            stack.callback(progress.close)
            stack.callback(gc.set_threshold, *gc.get_threshold())
            gc.set_threshold(_COLLECTED_EVERY)
            for chunk in _chunks(file, path, file_format, self.kind):
                refused = sink.put(chunk)
                foreign.update(chunk.foreign)
                progress.advance(chunk.rows)
                for one in sorted([*chunk.bad, *refused]):
                    bad += 1
                    self._fail_line(path, one, bad, progress)
        self._summarise(path, file_format, sink, bad, foreign)

    def _fail_line(self, path: str, bad: "BadLine", number: int, progress: Progress) -> None:
        self.failed = True
        if self.pictures.as_json:
            error = {"code": InvalidTableError.code, "message": bad.reason}
            write_line(json_line({"file": path, "line": bad.line, "error": error}))
        elif number <= _BAD_LINES_SHOWN:
            progress.say(f"{printable(path)}, line {bad.line}: {printable(bad.reason)}")
            if number == _BAD_LINES_SHOWN:
                progress.say("Further lines that cannot be read are only counted.")

    def _fail_file(self, path: str, error: EikonaError | OSError) -> None:
        from eikona.adapters.system_errors import in_words  # noqa: PLC0415  only needed here
        from eikona.imaging.source import source_error  # noqa: PLC0415  imports NumPy

        self.failed = True
        said: EikonaError
        if isinstance(error, EikonaError):
            said = error
        elif error.filename == path:
            said = source_error(path, error)
        else:  # of the bank, such as a full disk
            said = in_words(error)
        if self.pictures.as_json:
            write_line(json_line(failure_record(path, said)))
        else:
            print(f"{printable(path)}: {said} ({said.code})", file=sys.stderr, flush=True)

    def _summarise(
        self,
        path: str,
        file_format: ListFormat,
        sink: "ListImport",
        bad: int,
        foreign: Mapping[str, int],
    ) -> None:
        counts = {
            "added": sink.added,
            "replaced": sink.replaced,
            "unchanged": sink.unchanged,
            "failed": bad,
        }
        if self.pictures.as_json:
            left_out = {"unsupported": dict(sorted(foreign.items()))} if foreign else {}
            write_line(json_line({"file": path, "format": str(file_format), **counts, **left_out}))
            return
        for kind, number in sorted(foreign.items()):
            said = f"{number} of type {printable(kind)} left out: no bank holds them"
            print(f"{printable(path)}: {said}", file=sys.stderr)
        listed = ", ".join(f"{number} {what}" for what, number in counts.items())
        print(f"{printable(path)} ({file_format}): {listed}", file=sys.stderr, flush=True)


def _chunks(
    file: BinaryIO, path: str, file_format: ListFormat, kind: str | None
) -> Iterator["Chunk"]:
    from eikona.adapters.lists import (  # noqa: PLC0415  imports NumPy
        entry_csv,
        hash_lists,
        ncmec_xml,
        ndjson,
        parquet,
        threat_csv,
        threatexchange,
    )

    created = datetime.now(UTC)
    readers = {
        ListFormat.CSV: entry_csv.read_entries,
        ListFormat.NDJSON: ndjson.read_ndjson,
        ListFormat.PARQUET: parquet.read_parquet,
        ListFormat.THREATEXCHANGE: threatexchange.read_exchange,
        ListFormat.NCMEC: ncmec_xml.read_ncmec,
    }
    if file_format in readers:
        return readers[file_format](file, created)
    if file_format is ListFormat.THREATEXCHANGE_CSV:
        return threat_csv.read_exchange_csv(file, threat_csv.state_file_type(path), created)
    bare = file_format is ListFormat.HEX or (file_format is ListFormat.LOCAL_FILE and kind)
    return hash_lists.read_list(file, kind if bare else None, created)
