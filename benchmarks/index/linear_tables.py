"""The tables of the plain scan. Standard library only, so that they can be checked anywhere."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_GOALS = {("one-31", "eikona, plain scan"): 1.3}  # times faiss
_SCAN_GOAL_MS = 0.3


def scans(rows: Rows) -> str:
    """Return the table of scans: one row a contender, radius and size."""
    found = [row for row in rows if row.get("family") == "linear" and row["set"] != "bank"]
    if not found:
        return ""
    lines = [
        "| scan | codes | radius | time | over faiss | goal |  |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in found:
        ratio, goal, verdict = "", "", ""
        if "ratio" in row:
            low, high = row["ratio_iqr"]
            ratio = f"{row['ratio']:.2f}× ({low:.2f} to {high:.2f})"
        if (row["set"], row["what"]) in _GOALS:
            most = _GOALS[row["set"], row["what"]]
            goal, verdict = f"≤ {most:g}×", _verdict(row["ratio"], most)
        elif row["set"] == "scan" and row["what"].startswith("eikona"):
            goal, verdict = f"≤ {_SCAN_GOAL_MS:g} ms", _verdict(row["median"], _SCAN_GOAL_MS)
        low, high = row["iqr"]
        cells = (
            row["what"],
            f"{row['codes']:,}",
            str(row["radius"]),
            f"{row['median']:.3g} ms ({low:.3g} to {high:.3g})",
            ratio,
            goal,
            verdict,
        )
        lines.append(f"| {' | '.join(cells)} |")
    row, machine = found[-1], found[-1]["machine"]
    versions = f"numpy {machine['numpy']}, faiss {machine['faiss']}"
    where = f"One thread of {machine['cpu']}, {versions}, commit `{row['commit']}`, {row['date']}."
    return "\n".join([*lines, "", where]) + "\n"


def bank(rows: Rows) -> str:
    """Return the table of what is done with a large bank on disk."""
    found = [row for row in rows if row.get("family") == "linear" and row["set"] == "bank"]
    if not found:
        return ""
    lines = ["| bank on disk | codes | time |", "| --- | --- | --- |"]
    lines += [f"| {row['what']} | {row['codes']:,} | {_time(row['median'])} |" for row in found]
    return "\n".join(lines) + "\n"


def _time(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.3g} ms"


def _verdict(value: float, most: float) -> str:
    return "met" if value <= most else "**missed**"


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {"linear-scans": scans, "linear-bank": bank}
)
