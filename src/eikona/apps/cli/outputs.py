"""Makes sure, before long work, that its result has a place, and destroys nothing there."""

from collections.abc import Iterable
from pathlib import Path

from eikona.domain.errors import UsageError

STANDARD_OUTPUT = "-"


def check_output(option: str, target: Path, *, inputs: Iterable[str] = ()) -> None:
    """Make sure that a file can be written and is none of those that are read.

    Args:
        option: what the file was named with.
        target: the file.
        inputs: paths of files and folders that are read; ``-`` is standard input.

    Raises:
        UsageError: there is no such folder, or the file would take the place of an input.
        UnwritableError: this user may not write it, or the disk takes nothing.
    """
    from eikona.adapters.report.atomic_file import probe  # noqa: PLC0415  only needed here
    from eikona.adapters.system_errors import unwritable  # noqa: PLC0415  only needed here

    try:
        _check_place(option, target, inputs)
    except OSError as error:
        raise unwritable(target, error) from error
    probe(target)


def _check_place(option: str, target: Path, inputs: Iterable[str]) -> None:
    if not target.resolve().parent.is_dir():
        raise UsageError(f"{option} {target}: there is no folder {target.parent}: make it first")
    if target.is_dir():
        raise UsageError(f"{option} {target}: that is a folder: name a file in it")
    if not target.is_file():
        return
    for name in inputs:
        path = Path(name)
        if path.is_file() and path.samefile(target):
            raise UsageError(
                f"{option} {target}: that is {name}, which is read: name another file, for"
                " this one would be lost"
            )
