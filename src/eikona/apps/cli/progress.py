"""Shows how far a long run is: a bar on a terminal, a line now and then elsewhere.

There is no thread in here, so workers that are forked while a bar is shown stay sound.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from eikona.apps.cli.records import counted, write_text

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_BAR_AFTER_S = 0.5  # what is over sooner needs none
_BAR_EVERY_S = 0.1
_LINE_EVERY_S = 10.0
_COUNT_FOR_S = 1.5  # what counting beforehand may cost; without a total there is no ETA


class Progress(Protocol):
    """Something that is told of each thing that is done."""

    def advance(self, number: int = 1) -> None:
        """So many more are done, well or not."""

    def say(self, line: str) -> None:
        """Write a line to standard error without spoiling the display."""

    def show(self, text: str) -> None:
        """Write a result to standard output without spoiling the display."""

    def close(self) -> None:
        """Take the display away."""


def open_progress(
    count: Callable[[], Iterable[object]] | None,
    *,
    scrolls: bool = False,
    noun: str = "picture",
) -> Progress:
    """Return the display that fits standard error.

    Args:
        count: called only for a bar; yields as many things as there will be. None: nobody knows.
        scrolls: whether results go to standard output as they come. Where that is a terminal too,
            they show the progress themselves, and a bar would stand in their way.
        noun: what one thing is called.
    """
    if scrolls and sys.stdout.isatty():
        return _Lines(noun, every_s=None)
    can_draw = sys.stderr.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}
    return _Bar(count, noun) if can_draw else _Lines(noun, every_s=_LINE_EVERY_S)


def _total(things: Iterable[object]) -> int | None:
    until = time.monotonic() + _COUNT_FOR_S
    number = 0
    for _ in things:
        number += 1
        if time.monotonic() > until:
            return None
    return number


class _Lines:
    def __init__(self, noun: str, *, every_s: float | None) -> None:
        self._noun = noun
        self._every_s = every_s
        self._done = 0
        self._started = self._said = time.monotonic()

    def advance(self, number: int = 1) -> None:
        self._done += number
        now = time.monotonic()
        if self._every_s is not None and now - self._said >= self._every_s:
            self._said = now
            rate = self._done / (now - self._started)
            self.say(f"{counted(self._done, self._noun)} so far, {rate:.0f}/s")

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def show(self, text: str) -> None:
        write_text(text)

    def close(self) -> None:
        pass


class _Bar:
    def __init__(self, count: Callable[[], Iterable[object]] | None, noun: str) -> None:
        self._count = count
        self._noun = noun
        self._done = 0
        self._total: int | None = None
        self._bar: RichProgress | None = None
        self._started = time.monotonic()
        self._drawn = self._started + _BAR_AFTER_S

    def advance(self, number: int = 1) -> None:
        self._done += number
        now = time.monotonic()
        if now - self._drawn < _BAR_EVERY_S:
            return
        if self._bar is None:
            self._total = None if self._count is None else _total(self._count())
            self._bar = _rich_bar(f"{self._noun}s")
            self._bar.start()
        self._drawn = now
        total = None if self._total is None else max(self._total, self._done)
        self._bar.update(
            self._bar.task_ids[0],
            completed=self._done,
            total=total,
            rate=f"{self._done / (now - self._started):.0f}/s",
            refresh=True,
        )

    def say(self, line: str) -> None:
        if self._bar is None:
            print(line, file=sys.stderr, flush=True)
        else:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, text: str) -> None:
        if self._bar is None or not sys.stdout.isatty():
            write_text(text)
            return
        self._bar.stop()  # which wipes it away
        write_text(text)
        self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _rich_bar(things: str) -> "RichProgress":
    from rich import progress  # noqa: PLC0415  only needed here
    from rich.console import Console  # noqa: PLC0415

    bar = progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )
    bar.add_task(things, total=None, rate="")
    return bar
