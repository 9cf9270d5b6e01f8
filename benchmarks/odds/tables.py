"""The table of odds in the docs. Standard library only, so that it can be checked anywhere."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_SEEN_AT = (60, 70, 74, 80)
_INLIERS = "inliers-"
_INLIERS_AT = (4, 5, 6, 7)
_MORE = "≥ 4, reaching wide | ≥ 4 before guards | one more divides by (95 %)"
_EXTRAPOLATED = ("8", "10", "12")


def odds(rows: Rows) -> str:
    """Return what was counted and extrapolated, one row a set of pictures."""
    found = [row for row in _of(rows) if not row["set"].startswith(_INLIERS)]
    if not found:
        return ""
    seen = " | ".join(f"pairs ≤ {distance}" for distance in _SEEN_AT)
    lines = [
        f"| pictures | pairs | nearest | {seen} | chance of a pair ≤ 31, extrapolated (95 %) |",
        "| --- | --- | --- |" + " --- |" * (len(_SEEN_AT) + 1),
    ]
    for row in found:
        counts = {int(distance): number for distance, number in row["counts"].items()}
        chance, low, high = row["chance_at"]["31"]
        cells = (
            row["what"],
            f"{row['pairs']:,}",
            f"{row['least']} bits",
            *(str(sum(n for d, n in counts.items() if d <= bound)) for bound in _SEEN_AT),
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


def _of(rows: Rows) -> list[Row]:
    return [row for row in rows if row.get("family") == "odds"]


def _at_least(counts: Mapping[str, int], inliers: int) -> int:
    return sum(pairs for number, pairs in counts.items() if int(number) >= inliers)


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {"odds": odds, "odds-inliers": inliers, "odds-both": both}
)
