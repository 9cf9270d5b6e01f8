"""The pictures that a command line names, fingerprinted, with a count of how that went."""

import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from eikona.adapters.folder_walk import Tally
from eikona.adapters.worker_pool import Done
from eikona.apps.cli.caching import Caching, fingerprints
from eikona.apps.cli.inputs import Input, inputs, passed_by
from eikona.apps.cli.progress import Progress, open_progress
from eikona.apps.cli.records import (
    counted,
    error_text,
    failure_record,
    json_line,
    printable,
    write_line,
)
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers
from eikona.domain.errors import EikonaError
from eikona.domain.fingerprint import Fingerprint


@dataclass(slots=True)
class Pictures:
    """One run over pictures.

    Attributes:
        paths: files and folders as they are named.
        take: which hashes, of what.
        workers: who decodes, and how far.
        caching: what is remembered.
        as_json: whether failures go to standard output as JSON.
        tally: what was passed by in folders.
        failures: how many failed, by code.
        number: how many there were, failed or not.
        progress: shows how far it is; known while it runs.
    """

    paths: list[str]
    take: TakeFingerprint
    workers: Workers
    caching: Caching
    as_json: bool
    tally: Tally = field(default_factory=Tally)
    failures: Counter[str] = field(default_factory=Counter)
    number: int = 0
    progress: Progress = field(default_factory=lambda: open_progress(None))
    started: float = field(default_factory=time.monotonic)

    def inputs(self) -> Iterator[Input]:
        """Yield each file named and each picture under each folder named, in order."""
        return inputs(self.paths, self.tally, self.take.limits.max_bytes)

    def read(
        self, items: Iterable[Input] | None = None
    ) -> Generator[tuple[Input, Fingerprint | EikonaError], None, None]:
        """Yield each input with its fingerprint, or with the reason why it has none, in order.

        Args:
            items: what to read instead of ``inputs()``.
        """
        with ExitStack() as stack:
            answers = fingerprints(
                self.inputs() if items is None else items,
                take=self.take,
                workers=self.workers,
                caching=self.caching,
                notify=lambda sentence: self.progress.say(f"eikona: {sentence}"),
            )
            stack.enter_context(closing(answers))
            self.progress = open_progress(self._countable, scrolls=self.as_json)
            stack.callback(self.progress.close)
            for answer in answers:
                self.number += 1
                self.progress.advance()
                yield answer.item, answer.value if isinstance(answer, Done) else answer.error

    def fail(self, name: str, error: EikonaError) -> None:
        """Report an input that failed."""
        self.failures[error.code] += 1
        if self.as_json:
            write_line(json_line(failure_record(name, error)))
        else:
            self.progress.say(f"{printable(name)}: {error_text(error)}")

    def say(self, sentence: str) -> None:
        """Tell a person something, above what shows the progress."""
        self.progress.say(sentence)

    def summary(self) -> list[str]:
        """Return the parts of a sentence about how it went."""
        seconds = time.monotonic() - self.started
        rate = f", {self.number / seconds:.0f}/s" if self.number > 1 and seconds > 0 else ""
        parts = [f"{counted(self.number, 'picture')} in {seconds:.1f} s{rate}"]
        if self.failures:
            codes = ", ".join(f"{n} {code}" for code, n in sorted(self.failures.items()))
            parts.append(f"{self.failures.total()} failed: {codes}")
        return [*parts, *passed_by(self.tally)]

    def how_to_go_on(self) -> str:
        """Say it after an interruption."""
        done = f"Interrupted after {counted(self.number, 'picture')}: "
        if self.caching.no_cache:
            return f"{done}nothing is kept in between with --no-cache."
        return f"{done}the same command goes on from here, as what was read is remembered."

    def _countable(self) -> Iterator[object]:
        """Yield as many things as there are inputs, reading nothing from standard input."""
        return inputs((path for path in self.paths if path != "-"), Tally(), 0)
