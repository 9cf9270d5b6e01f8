"""The table of odds in the docs. Standard library only, so that it can be checked anywhere."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_SEEN_AT = (60, 70, 74, 80)


def odds(rows: Rows) -> str:
    """Return what was counted and extrapolated, one row a set of pictures."""
    found = [row for row in rows if row.get("family") == "odds"]
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


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType({"odds": odds})
