"""The table of lists on their way into a bank and out. Standard library only, as all tables are."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_GOAL_S = 20.0
_NAMES = {
    "typed": "`<type> <hex> <name>`",
    "csv": "CSV",
    "ndjson": "NDJSON",
    "parquet": "Parquet",
    "threatexchange": "ThreatExchange JSON",
}


def lists(rows: Rows) -> str:
    """Return the table of imports and exports."""
    found = {(row["format"], row["what"]): row for row in rows if row.get("family") == "lists"}
    if not found:
        return ""
    lines = []
    for name, shown in _NAMES.items():
        first, again, out, read = (
            found[name, what] for what in ("import", "import again", "export", "read")
        )
        peak = max(first["peak_mb"], again["peak_mb"], out["peak_mb"])
        is_no_slower = again["cpu_least"] <= first["cpu_most"]  # or the spreads meet
        is_met = first["cpu_median"] <= _GOAL_S and is_no_slower
        lines.append(
            (
                shown,
                f"{first['file_mb']:.0f} MB",
                *(_seconds(row) for row in (first, again, out, read)),
                f"{peak} MB",
                "met" if is_met else "**missed**",
            )
        )
    one = next(iter(found.values()))
    heads = (
        *("list", "file", "import", "import again", "export", "bare read", "peak memory"),
        f"import ≤ {_GOAL_S:.0f} s, again no slower",
    )
    loads, machine = [row["load"] for row in found.values()], one["machine"]
    where = (
        f"\n{one['entries']:,} entries; processor seconds, median (least to most) of"
        f" {one['rounds']} rounds, and in brackets the seconds on the clock, while the machine had"
        f" a load of {min(loads):.0f} to {max(loads):.0f} on its {machine['cores']} processors."
        f" {machine['cpu']}, commit `{one['commit']}`, {one['date']}.\n"
    )
    return _table(heads, lines) + where


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType({"lists": lists})


def _seconds(row: Row) -> str:
    spread = f"{_short(row['cpu_least'])} to {_short(row['cpu_most'])}"
    return f"{_short(row['cpu_median'])} s ({spread}) [{_short(row['median'])} s]"


def _short(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.2g}"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rules = ["---", *("--:" for _ in heads[1:])]
    rows = [heads, rules, *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
