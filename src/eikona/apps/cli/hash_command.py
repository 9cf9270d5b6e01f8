"""``eikona hash``: fingerprints files, folders and standard input."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eikona.adapters.folder_walk import Tally
from eikona.adapters.journal import Journal
from eikona.adapters.system_errors import unwritable
from eikona.adapters.worker_pool import Done, Failed
from eikona.apps.cli import options
from eikona.apps.cli.inputs import Input, has_folder, inputs, passed_by
from eikona.apps.cli.options import Format
from eikona.apps.cli.progress import Progress, open_progress
from eikona.apps.cli.records import (
    Record,
    counted,
    error_text,
    failure_record,
    hash_text,
    json_line,
    printable,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.apps.cli.work import MakeRecords, TakeFingerprint, load_stages
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.fingerprint import DecodeMode

_COMPAT_HASH_SIZE = 8  # imagehash's own default


class Compat(StrEnum):
    """Libraries whose hashes can be had bit for bit."""

    IMAGEHASH = "imagehash"


@with_workers
def hash_pictures(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Files, folders (with all below them), - for standard input."
        ),
    ],
    *,
    algorithm: options.AlgorithmOption = None,
    decode: options.DecodeOption = DecodeMode.AUTO,
    frames: Annotated[
        bool, typer.Option("--frames", help="One fingerprint for each sampled frame.")
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write JSON lines to this new file instead."
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with --output FILE: hash what it lacks, failed or changed."
        ),
    ] = False,
    compat: Annotated[
        Compat | None, typer.Option("--compat", help="Compute the hashes of this library.")
    ] = None,
    hash_size: Annotated[
        int | None,
        typer.Option(
            "--hash-size", min=2, max=256, metavar="NUMBER", help="Under --compat: bits a side."
        ),
    ] = None,
    workers: Workers,
) -> None:
    """Write the fingerprint of each picture."""
    run = _HashRun(
        paths=paths,
        make=MakeRecords(
            take=TakeFingerprint(
                algorithms=tuple(algorithm) if algorithm else None,
                decode=str(decode),
                limits=workers.limits,
            ),
            frames=frames,
            compat_size=(hash_size or _COMPAT_HASH_SIZE) if compat else None,
        ),
        as_json=output_format is Format.JSON,
        output=output,
        resume=resume,
        workers=workers,
    )
    if hash_size is not None and compat is None:
        raise typer.BadParameter("goes with --compat", param_hint="--hash-size")
    if resume and output is None:
        raise typer.BadParameter("goes with --output FILE", param_hint="--resume")
    if frames and decode is DecodeMode.FAST:
        raise typer.BadParameter("frames are always decoded exactly", param_hint="--decode")
    if compat is not None and (algorithm or frames or decode is DecodeMode.FAST):
        raise typer.BadParameter(
            "decodes the way that library does, and has its own hashes: leave out --algorithm,"
            " --frames and --decode fast",
            param_hint="--compat",
        )
    end_with(run, interrupted=run.how_to_go_on)


@dataclass(slots=True)
class _HashRun:
    """One run of the command, from checked options to exit status."""

    paths: list[str]
    make: MakeRecords
    as_json: bool
    output: Path | None
    resume: bool
    workers: Workers
    tally: Tally = field(default_factory=Tally)
    failures: Counter[str] = field(default_factory=Counter)
    hashed: int = 0
    done_before: int = 0

    def __call__(self) -> int:
        options.check_algorithms(self.make.take.algorithms or ())
        load_stages(_countable(self.paths))
        with ExitStack() as stack:
            journal = self._open_journal()
            if journal is not None:
                stack.callback(journal.close)
            started = time.monotonic()
            results = self.workers.run(self.make, self._left_to_do(journal))
            stack.enter_context(closing(results))
            progress = open_progress(lambda: _countable(self.paths), scrolls=journal is None)
            stack.callback(progress.close)
            for result in results:
                self._write(result, journal, progress)
                progress.advance()
        self._summarise(progress, time.monotonic() - started)
        return SOME_FAILED if self.failures else FINE

    def how_to_go_on(self) -> str:
        done = f"Interrupted after {counted(self.hashed + self.failures.total(), 'picture')}: "
        if self.output is None:
            return done + "with --output FILE, a run can be gone on with by --resume."
        again = "the same command" if self.resume else "the same command with --resume"
        return f"{done}{again} goes on from here."

    def _open_journal(self) -> Journal | None:
        if self.output is None:
            return None
        settings = _settings_digest(self.make)
        self.make = replace(self.make, settings=settings)
        try:
            if self.resume:
                return Journal.resume(self.output, settings)
            return Journal.create(self.output)
        except OSError as error:
            raise unwritable(self.output, error) from error

    def _left_to_do(self, journal: Journal | None) -> Iterator[Input]:
        for item in inputs(self.paths, self.tally, self.make.take.limits.max_bytes):
            if journal is not None and item.name in journal.done:
                self.done_before += 1
            else:
                yield item

    def _write(
        self,
        result: Done[Input, list[Record]] | Failed[Input],
        journal: Journal | None,
        progress: Progress,
    ) -> None:
        name = result.item.name
        if isinstance(result, Done):
            self.hashed += 1
            records = result.value
        else:
            self.failures[result.error.code] += 1
            records = [failure_record(name, result.error)]
        if journal is not None:
            journal.append(name, map(json_line, records))
        elif self.as_json:
            for record in records:
                write_line(json_line(record))
        elif isinstance(result, Done):
            for record in records:
                write_text(hash_text(record))
        if isinstance(result, Failed) and not self.as_json:
            progress.say(f"{printable(name)}: {error_text(result.error)}")

    def _summarise(self, progress: Progress, seconds: float) -> None:
        number = self.hashed + self.failures.total()
        rate = f", {number / seconds:.0f}/s" if number > 1 and seconds > 0 else ""
        parts = [f"{counted(number, 'picture')} in {seconds:.1f} s{rate}"]
        if self.output is not None:
            parts.append(f"written to {printable(str(self.output))}")
        if self.done_before:
            parts.append(f"{self.done_before} done before")
        if self.failures:
            codes = ", ".join(f"{n} {code}" for code, n in sorted(self.failures.items()))
            parts.append(f"{self.failures.total()} failed: {codes}")
        size = self.make.compat_size
        if size is not None and size.bit_count() != 1:
            parts.append(f"no whash, which exists for sizes that are powers of two, not {size}")
        progress.say("; ".join([*parts, *passed_by(self.tally)]))


def _countable(paths: list[str]) -> Iterator[object]:
    """Yield as many things as there are inputs, reading nothing from standard input."""
    if not has_folder(paths):
        return iter(paths)
    return inputs((path for path in paths if path != "-"), Tally(), 0)


def _settings_digest(make: MakeRecords) -> str:
    """Return a digest of all that decides a record besides the file: none may change."""
    from eikona.hashing.registry import (  # noqa: PLC0415  imports NumPy
        ALGORITHMS,
        DEFAULT_ALGORITHMS,
    )

    names = () if make.compat_size is not None else make.take.algorithms or DEFAULT_ALGORITHMS
    facts = {
        "algorithms": {name: ALGORITHMS[name].id.version for name in names},
        "decode": make.take.decode,
        "frames": make.frames,
        "compat": make.compat_size,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
