"""The table of odds in the docs. Standard library only, so that it can be checked anywhere."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_SEEN_AT = (60, 70, 74, 80)
_SINGLE = ("whole", "tiles", "all")
_LIMITS = "limits"
_EVIDENCE = "places | bits | together"
_TOGETHER = "together-"
_TOGETHER_AT = (86, 94, 100, 106)
_INLIERS = "inliers-"
_INLIERS_AT = (4, 5, 6, 7)
_MORE = "≥ 4, reaching wide | ≥ 4 before guards | one more divides by (95 %)"
_EXTRAPOLATED = ("8", "10", "12")


def odds(rows: Rows) -> str:
    """Return what was counted and extrapolated, one row a set of pictures."""
    return _distances([row for row in _of(rows) if row["set"] in _SINGLE], _SEEN_AT)


def together(rows: Rows) -> str:
    """Return the same of PDQ and dHash together."""
    found = [row for row in _of(rows) if row["set"].startswith(_TOGETHER)]
    return _distances(found, _TOGETHER_AT)


def _distances(found: Rows, seen_at: Sequence[int]) -> str:
    if not found:
        return ""
    seen = " | ".join(f"pairs ≤ {distance}" for distance in seen_at)
    lines = [
        f"| pictures | pairs | nearest | {seen} | chance of a pair ≤ 31, extrapolated (95 %) |",
        "| --- | --- | --- |" + " --- |" * (len(seen_at) + 1),
    ]
    for row in found:
        counts = {int(distance): number for distance, number in row["counts"].items()}
        chance, low, high = row["chance_at"]["31"]
        cells = (
            row["what"],
            f"{row['pairs']:,}",
            f"{row['least']} bits",
            *(str(sum(n for d, n in counts.items() if d <= bound)) for bound in seen_at),
            f"{chance:.0e} ({low:.0e} to {high:.0e})",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def inliers(rows: Rows) -> str:
    """Return how many pairs have so many inliers, one row a set of pictures."""
    found = [row for row in _of(rows) if row["set"].startswith(_INLIERS)]
    if not found:
        return ""
    seen = " | ".join(f"≥ {count}" for count in _INLIERS_AT)
    far = " | ".join(f"chance of ≥ {count}, extrapolated (95 %)" for count in _EXTRAPOLATED)
    lines = [
        f"| pictures | pairs | {seen} | {_MORE} | {far} |",
        "| --- | --- |" + " --- |" * (len(_INLIERS_AT) + 3 + len(_EXTRAPOLATED)),
    ]
    for row in found:
        factors = [math.exp(rate) for rate in row["per_inlier"]]
        part = "" if row["pictures"] == row["of"] else f" ({row['pictures']} of {row['of']})"
        cells = (
            row["what"] + part,
            f"{row['pairs']:,}",
            *(str(_at_least(row["counts"], count)) for count in _INLIERS_AT),
            str(_at_least(row["wide"], 4)),
            f"{_at_least(row['before_guards'], 4):,}",
            "{:.0f} ({:.0f} to {:.0f})".format(*factors),
            *("{:.0e} ({:.0e} to {:.0e})".format(*row["chance_at"][n]) for n in _EXTRAPOLATED),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def both(rows: Rows) -> str:
    """Return the pairs with most inliers, and how far apart PDQ sees them."""
    row = next((row for row in _of(rows) if row["set"] == f"{_INLIERS}all"), None)
    if row is None:
        return ""
    lines = [
        "| inliers | pairs | reach, widest | nearest by PDQ | within 80 bits | too plain for PDQ |",
        "| --- |" + " --- |" * 5,
    ]
    for count in sorted({one[0] for one in row["near"]}, reverse=True):
        alike = [one for one in row["near"] if one[0] == count]
        bits = [one[1] for one in alike]
        cells = (
            *(
                str(count),
                str(len(alike)),
                f"{max(one[3] for one in alike)} %",
                f"{min(bits)} bits",
            ),
            str(sum(distance <= 80 for distance in bits)),
            str(sum(one[2] for one in alike)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def limits(rows: Rows) -> str:
    """Return what is enough to block and to ask a person, by the size of the bank."""
    found = sorted(
        (row for row in _of(rows) if row["set"] == _LIMITS), key=lambda row: row["entries"]
    )
    if not found:
        return ""
    lines = [
        f"| entries | block: {_EVIDENCE} | review: places | around less | bits | together |",
        "| --- |" + " --- |" * 7,
    ]
    for row in found:
        cells = [f"{row['entries']:,}"]
        for outcome in ("block", "review"):
            cells.append(f"≥ {row[f'{outcome}_inliers']}")
            if outcome == "review":
                cells.append(f"≥ {row['review_anywhere']}")
            for kind in ("bits", "together"):
                most = row[f"{outcome}_{kind}"]
                cells.append(f"≤ {most}" if most >= 0 else "none")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _of(rows: Rows) -> list[Row]:
    return [row for row in rows if row.get("family") == "odds"]


def _at_least(counts: Mapping[str, int], inliers: int) -> int:
    return sum(pairs for number, pairs in counts.items() if int(number) >= inliers)


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "odds": odds,
        "odds-together": together,
        "odds-inliers": inliers,
        "odds-both": both,
        "rule-limits": limits,
    }
)
