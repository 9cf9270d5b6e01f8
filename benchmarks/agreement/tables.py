"""The agreement table of the docs. Standard library only, so that it can be checked anywhere."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_MEAN_GOAL, _MAX_GOAL = 3.0, 12  # bits of 256 that a reduced decode may move a hash


def agreement(rows: Rows) -> str:
    """Return the table of bits that differ, one row a hash, mode and size."""
    found = [row for row in rows if row.get("family") == "agreement"]
    if not found:
        return ""
    lines = [
        "| hash | mode | pictures | against | mean | 99 % | most | goal |  |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in found:
        goal, verdict = "–", ""
        if row["against"] == "mode exact":
            goal = f"mean ≤ {_MEAN_GOAL:g}, most ≤ {_MAX_GOAL}"
            met = row["mean"] <= _MEAN_GOAL and row["max"] <= _MAX_GOAL
            verdict = "met" if met else "**missed**"
        cells = (
            f"`{row['what']}`",
            row["mode"],
            f"{row['pictures']} of {row['size']}",
            row["against"],
            f"{row['mean']:g}",
            f"{row['p99']:g}",
            f"{row['max']:g}",
            goal,
            verdict,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType({"agreement": agreement})
