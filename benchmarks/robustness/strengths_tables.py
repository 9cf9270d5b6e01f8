"""Tables of what rule eikona finds where it was not tuned. Standard library only."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from benchmarks.robustness.markdown import head, line, percent, table
from benchmarks.robustness.tables import Rows, contender_rows

_REPORTED = ("eikona", "eikona, review in 1 M", "eikona, block in 1 M")
_FOUND = {"pair": "found as a pair", "review": "found in 1 M", "block": "blocked in 1 M"}
_HALVES = {
    "strengths-tuned": "the half that was tuned on, strengths of the catalogue",
    "strengths-other": "the other half, other strengths",
}


def strengths(rows: Rows) -> str:
    """Return recall at strengths that the catalogue does not have."""
    found = [row for row in rows if row.get("set") == "strengths-other"]
    if not found:
        return ""
    lines = head("attack", "strength", *_FOUND.values())
    for row in sorted(found, key=lambda row: row["place"]):
        strength = f"{row['strength']:g} {row['unit']}"
        shares = (percent(row["found"][key]) for key in _FOUND)
        lines.append(line(row["label"], strength, *shares))
    return table(lines)


def halves(rows: Rows) -> str:
    """Return recall over all attacks by half and kind of strengths."""
    lines = head("photographs", "attacks", "copies", *_FOUND.values(), "worst attack, as a pair")
    count = len(lines)
    for name, what in _HALVES.items():
        found = [row for row in rows if row.get("set") == name]
        if not found:
            continue
        means = (percent(sum(row["found"][key] for row in found) / len(found), 2) for key in _FOUND)
        copies = sum(row["photos"] for row in found)
        worst = percent(min(row["found"]["pair"] for row in found))
        lines.append(line(what, f"{len(found)}", f"{copies:,}", *means, worst))
    reported = {row["what"]: row for row in contender_rows(rows)}
    shown = [reported[name] for name in _REPORTED if name in reported]
    if len(shown) == len(_REPORTED):
        scores = [row["scores"][0] for row in shown]
        attacks = len(scores[0]["attacks"])
        means = (percent(score["recall"], 2) for score in scores)
        copies = attacks * shown[0]["photos"]
        worst = percent(scores[0]["worst"])
        what = "the other half, strengths of the catalogue"
        lines.append(line(what, f"{attacks}", f"{copies:,}", *means, worst))
    return table(lines) if len(lines) > count else ""


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {"robustness-halves": halves, "robustness-strengths": strengths}
)
