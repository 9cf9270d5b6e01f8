"""The docs' table of whole scans. Standard library only, so that it can be checked anywhere."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_BANK_GOAL = 1.2  # times the time of hashing, at most
_CACHE_GOAL = 20.0  # times faster, at least


def scan(rows: Rows) -> str:
    """Return the table: what each command took, and how that compares."""
    found = [row for row in rows if row.get("family") == "scan"]
    if not found:
        return ""
    lines = [
        "| 1000 pictures of | command | time | processor time | compared | goal |  |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in found:
        compared, goal, verdict = _compared(row)
        time = f"{row['median']:.2f} s ({row['iqr'][0]:.2f} to {row['iqr'][1]:.2f})"
        cells = (row["size"], row["what"], time, f"{row['processor']:.2f} s")
        lines.append(f"| {' | '.join((*cells, compared, goal, verdict))} |")
    last = found[-1]
    lines.append("")
    lines.append(
        f"{last['rounds']} rounds, a bank of {last['entries']:,} entries, commit"
        f" `{last['commit']}`, {last['date']}."
    )
    return "\n".join(lines) + "\n"


def _compared(row: Row) -> tuple[str, str, str]:
    ratio = row["ratio"]
    if row["what"].startswith("eikona scan"):
        verdict = "met" if ratio <= _BANK_GOAL else "**missed**"
        compared = f"{ratio:.2f}× hashing, {row['processor_ratio']:.2f}× its processor time"
        return compared, f"≤ {_BANK_GOAL:g}×", verdict
    if row["what"] == "second scan":
        verdict = "met" if 1 / ratio >= _CACHE_GOAL else "**missed**"
        compared = f"{1 / ratio:.1f}× faster, {1 / row['processor_ratio']:.1f}× less processor time"
        return compared, f"≥ {_CACHE_GOAL:g}×", verdict
    return "", "", ""


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType({"scan": scan})
