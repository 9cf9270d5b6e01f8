"""A table of distances as a command reads it: where it is opened, how bad rows are told of."""

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from eikona.apps.cli.progress import Progress, open_progress

if TYPE_CHECKING:
    from eikona.adapters.distance_csv import DistanceTable
    from eikona.services.evaluate_rules import LabelledPair

STANDARD_INPUT = "-"
_BAD_ROWS_SHOWN = 10


@dataclass(slots=True)
class TableInput:
    """A table, and what was wrong with it.

    Attributes:
        path: of the file, ``-`` for standard input.
        bad_rows: how many rows could not be read.
    """

    path: str
    bad_rows: int = 0

    @contextmanager
    def opened(self) -> Generator["DistanceTable", None, None]:
        """Give the table.

        Raises:
            SourceError: it cannot be opened.
            InvalidTableError: it is no such table.
        """
        from eikona.adapters.distance_csv import open_table  # noqa: PLC0415  imports NumPy

        if self.path == STANDARD_INPUT:
            with open_table(sys.stdin.buffer) as table:
                yield table
            return
        with _file(self.path) as file, open_table(file) as table:
            yield table

    def pairs(
        self, table: "DistanceTable", names: Iterable[str]
    ) -> Generator["LabelledPair", None, None]:
        """Yield each pair with these distances; say which rows cannot be read, and how far it is.

        Raises:
            InvalidTableError: what follows is no CSV.
        """
        from eikona.adapters.distance_csv import BadRow  # noqa: PLC0415  imports NumPy

        progress = open_progress(None, noun="pair")
        try:
            for pair in table.pairs(names):
                progress.advance()
                if isinstance(pair, BadRow):
                    self._say(f"{self.path}, line {pair.line}: {pair.reason}", progress)
                else:
                    yield pair
        finally:
            progress.close()

    def _say(self, line: str, progress: Progress) -> None:
        self.bad_rows += 1
        if self.bad_rows <= _BAD_ROWS_SHOWN:
            progress.say(line)
        if self.bad_rows == _BAD_ROWS_SHOWN:
            progress.say("Further rows that cannot be read are only counted.")


def _file(path: str) -> BinaryIO:
    """Open a file.

    Raises:
        SourceError: it cannot be.
    """
    from eikona.imaging.source import source_error  # noqa: PLC0415  imports NumPy

    try:
        return open(path, "rb")  # noqa: PTH123  the caller closes it
    except OSError as error:
        failed = source_error(path, error)
        raise type(failed)(f"{path}: {failed}") from error
