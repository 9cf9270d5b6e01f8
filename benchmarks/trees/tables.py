"""The tables of trained trees. Standard library only: checked where nothing is installed."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from benchmarks.robustness.markdown import head, line, percent, rate, scientific, table

Row = Mapping[str, Any]
Rows = Sequence[Row]


def published(rows: Rows) -> str:
    """Return what rules and trees do on the published table, each half by the other."""
    whole = _of(rows, "trees-published-whole")
    mended = {row["what"]: row for row in _of(rows, "trees-published-mended")}
    if not whole:
        return ""
    lines = head(
        *("", "accuracy", "F1", "copies found", "false positives"),
        *("accuracy without wrong labels", "copies found", "false positives"),
    )
    for row in whole:
        cells = [_accuracy(row), _f1(row), _recall(row), _fpr(row)]
        other = mended.get(row["what"])
        cells += ["", "", ""] if other is None else [_accuracy(other), _recall(other), _fpr(other)]
        lines.append(line(_name(row), *cells))
    return table(lines)


def attacks(rows: Rows) -> str:
    """Return what trees and thresholds find of the 43 attacks at each rate of false matches."""
    found = _of(rows, "trees-attacks")
    if not found:
        return ""
    lines = head(
        *("", "trained for false matches a pair", "copies found", "worst attack"),
        *("false matches a pair", "copies found, unseen strengths"),
    )
    for row in found:
        lines.append(
            line(
                _name(row),
                "as it is" if row["target"] is None else f"≤ {scientific(row['target'])}",
                percent(row["recall"]),
                percent(row["worst"]),
                rate(row["false"], row["pairs"]),
                percent(row["unseen_recall"]),
            )
        )
    return table(lines)


def _of(rows: Rows, name: str) -> list[Row]:
    return sorted((row for row in rows if row.get("set") == name), key=lambda row: row["place"])


def _name(row: Row) -> str:
    what = row["what"]
    return f"**{what}**" if what.startswith(("trained", "tree")) else what


def _accuracy(row: Row) -> str:
    right = row["tp"] + row["tn"]
    return percent(right / (right + row["fp"] + row["fn"]), 2)


def _f1(row: Row) -> str:
    return percent(2 * row["tp"] / (2 * row["tp"] + row["fp"] + row["fn"]), 2)


def _recall(row: Row) -> str:
    return percent(row["tp"] / (row["tp"] + row["fn"]), 2)


def _fpr(row: Row) -> str:
    return percent(row["fp"] / (row["fp"] + row["tn"]), 2)


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {"trees-published": published, "trees-attacks": attacks}
)
