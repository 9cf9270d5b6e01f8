"""The tables of banks on disk and of killed writers. Standard library only, as all tables are."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_GOALS_MS = {  # what counts of a row, and the most that it may be
    "add": ("p99", 1.0),
    "remove": ("p99", 1.0),
    "open": ("p50", 50.0),
}
_IDLE = "idle"
_NAMES = {
    "add": "add one entry, found when it returns",
    "add during a merge": "add one entry while segments are merged",
    "durable add": "add one entry for good (`durable=True`)",
    "first search after opening": "first search after opening",
    "open": "open",
    "remove": "remove one entry, gone when it returns",
    _IDLE: "only compute (what the machine itself disturbs)",
}
_PLACES = {"p50": "median", "p99": "99 %"}


def banks(rows: Rows) -> str:
    """Return the table of single calls on large banks."""
    found = [row for row in rows if row.get("family") == "index-banks"]
    lines = [
        (
            f"{row['codes']:,}",
            _NAMES[row["what"]],
            str(row["calls"]),
            *(_ms(row[figure]) for figure in ("p50", "p99", "max")),
            *_goal(row),
        )
        for row in found
    ]
    heads = ("entries", "what", "calls", "median", "99 %", "most", "goal", "")
    return _table(heads, lines) + _where(found[-1]) if lines else ""


def crashes(rows: Rows) -> str:
    """Return the table of the campaign that kills writers."""
    found = [row for row in rows if row.get("family") == "index-crashes"]
    if not found:
        return ""
    row = found[-1]
    lines = [
        ("writers killed with SIGKILL", f"{row['rounds']:,}"),
        ("changes that they had acknowledged", f"{row['acknowledged']:,}"),
        ("kills after which an acknowledged change was not there", str(row["lost"])),
        ("kills after which a change was there in part", str(row["half"])),
        ("kills after which the bank did not open or verify", str(row["damaged"])),
        *((f"the kill met a {what}", str(times)) for what, times in row["met"].items()),
    ]
    return _table(("campaign", "count"), lines) + _where(row)


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {"index-banks": banks, "index-crashes": crashes}
)


def _goal(row: Row) -> tuple[str, str]:
    if row["what"] not in _GOALS_MS:
        return "", ""
    figure, most = _GOALS_MS[row["what"]]
    return f"{_PLACES[figure]} ≤ {most:g} ms", "met" if row[figure] <= most else "**missed**"


def _ms(value: float) -> str:
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def _where(row: Row) -> str:
    return f"\n{row['machine']['cpu']}, commit `{row['commit']}`, {row['date']}.\n"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    cells = [heads, ["---"] * len(heads), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
