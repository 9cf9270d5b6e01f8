"""Removes what ``dedupe`` calls redundant, if the user wants it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eikona.adapters.redundant_file import FileFacts, delete, move
from eikona.adapters.system_errors import in_words
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.records import counted, json_line, printable, size_text, write_line, write_text
from eikona.apps.cli.running import confirmed
from eikona.domain.errors import EikonaError

if TYPE_CHECKING:
    from eikona.apps.cli.copies import Copies

Redundant = tuple[FileFacts, FileFacts]  # the file, and the one that is kept in its stead


@dataclass(frozen=True, slots=True)
class Removal:
    """How redundant files are removed.

    Attributes:
        pictures: told of files that stay although they were to go.
        move_to: the folder that they go to; None to delete them.
        asks: whether the user is asked first.
    """

    pictures: Pictures
    move_to: Path | None
    asks: bool

    def __call__(self, copies: "Copies") -> bool:
        """Remove what is redundant, and tell whether all went well."""
        files = list(redundant_in(copies))
        if not files:
            return True
        does = "Delete" if self.move_to is None else f"Move to {self.move_to}:"
        question = f"{does} {counted(len(files), 'redundant file')} ({size_of(files)})?"
        if self.asks and not confirmed(question):
            self.pictures.progress.say("Nothing was removed. (--yes does not ask.)")
            return False
        removed = [file for file, kept in files if self._remove_one(file, kept)]
        what = "moved" if self.move_to is not None else "deleted"
        self.pictures.progress.say(f"{counted(len(removed), 'file')} {what} of {len(files)}")
        return len(removed) == len(files)

    def _remove_one(self, file: FileFacts, kept: FileFacts) -> bool:
        try:
            if self.move_to is None:
                delete(file, kept=kept)
                done, to = "deleted", None
            else:
                done, to = "moved", str(move(file, self.move_to, kept=kept))
        except (EikonaError, OSError) as error:
            failure = in_words(error, named=False) if isinstance(error, OSError) else error
            self.pictures.fail(file.path, failure)
            return False
        if self.pictures.as_json:
            record = {"kind": done, "file": file.path, "kept": kept.path}
            write_line(json_line(record if to is None else record | {"to": to}))
        else:
            write_text(f"{done} {printable(file.path)}" + (f" to {printable(to)}" if to else ""))
        return True


def redundant_in(copies: "Copies") -> Iterator[Redundant]:
    """Yield each redundant file with the one that is kept in its stead."""
    for group in copies.groups:
        kept = copies.pictures[group.best].facts
        for member in group.redundant:
            yield copies.pictures[member].facts, kept


def size_of(files: list[Redundant]) -> str:
    """Return how much space removing them gives back."""
    return size_text(sum(file.size_bytes for file, _ in files))
