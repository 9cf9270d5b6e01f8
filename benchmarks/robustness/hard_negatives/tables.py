"""The table of hard negatives in the docs. Standard library only."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from benchmarks.robustness.markdown import head, line, percent, table

Row = Mapping[str, Any]
Rows = Sequence[Row]
_PLACES = ("pair", "million", "bank")


def hard_negatives(rows: Rows) -> str:
    """Return what is made of every class, the drawn ones first."""
    found = [row for row in rows if row.get("family") == "hard-negatives"]
    if not found:
        return ""
    lines = head(
        *("pictures that share", "pairs", "≥ 6 inliers before the last guard", "after", "most"),
        *("a pair by itself: review", "block"),
        *("in a bank of 1 M: review", "block"),
        *("in a bank that has many such: review", "block"),
    )
    for row in sorted(found, key=lambda row: row["place"]):
        shares = (
            percent(row[place][outcome]) for place in _PLACES for outcome in ("review", "block")
        )
        inliers = (percent(row[f"inliers_{name}"]["6"]) for name in ("before", "after"))
        lines.append(line(row["what"], f"{row['pairs']:,}", *inliers, str(row["most"]), *shares))
    return table(lines)


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType({"hard-negatives": hard_negatives})
