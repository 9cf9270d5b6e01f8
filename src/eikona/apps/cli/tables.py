"""Tables of text: drawn on a terminal, plainly aligned anywhere else."""

import sys
from collections.abc import Sequence

from eikona.apps.cli.records import write_text


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table to standard output.

    Args:
        head: names of the columns.
        rows: cells without control characters.
    """
    if not sys.stdout.isatty():
        write_text(plain_table(head, rows))
        return
    from rich import box  # noqa: PLC0415  only needed here
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold", no_wrap=name not in _LONG)
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    Console().print(table)


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text with their columns aligned."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in (head, *rows))
    return "\n".join(line.rstrip() for line in lines)


_LONG = frozenset({"a", "b", "picture"})  # columns that give way on a narrow terminal
_STYLES = {"block": "bold green", "review": "yellow"}
