"""The index tables of the docs. Standard library only: checks run where nothing is installed."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_BANDED, _SCAN = "eikona, banded", "eikona, scan"
_FLOOR = "reading all codes once"
_MULTI_HASH = "faiss IndexBinaryMultiHash, as ThreatExchange sets it"
_FLAT = "faiss IndexBinaryFlat"
_LARGE = 10_000_000
_GROWTH_FROM = 100_000  # codes: below, the call itself is what takes time
_CODE_BYTES = 32
_SMALL_INDEX = 1_000_000  # codes: of fewer, the memory of a process tells nothing
FEWEST_SIZES = 3  # to draw a curve of
_PLOT = "![Time of one query over the size of the bank](img/index.png)"
_KINDS = {"random": "random", "clustered": "clustered", "real": "PDQ of photographs"}


def summary(rows: Rows) -> str:
    """Return the table of goals."""
    lines = [
        line
        for kind, most in (("random", 0.8), ("clustered", 3.0), ("real", 3.0))
        for line in _goals_of(rows, kind, most)
    ]
    lines += _wide_goals(rows)
    heads = ("what", "Eikona", "goal", "", "faiss MultiHash", "faiss flat")
    return _table(heads, lines) if lines else ""


def _goals_of(rows: Rows, kind: str, most_ms: float) -> list[tuple[str, ...]]:
    ours, hashed, flat = (
        _find(rows, f"{kind}-{_LARGE}", what) for what in (_BANDED, _MULTI_HASH, _FLAT)
    )
    if ours is None:
        return []
    name = f"{_KINDS[kind]}, 10 million codes, radius {ours['radius']}"
    batch, recall = ours["batch_s"]["2"], ours["recall"]
    lines = [
        (
            f"{name}: one query, median (99 %)",
            _alone(ours),
            f"≤ {most_ms:g} ms",
            _met(ours["alone_ms"] <= most_ms),
            *(_alone(peer) if peer else "–" for peer in (hashed, flat)),
        ),
        (
            f"{name}: {ours['queries']} queries, 2 threads",
            _s(batch),
            *(("≤ 0.4 s", _met(batch <= 0.4)) if kind == "random" else ("–", "")),
            *(_s(peer["batch_s"]["2"]) if peer else "–" for peer in (hashed, flat)),
        ),
        (
            f"{name}: recall",
            f"{recall:g}",
            "1",
            _met(recall == 1 and ours["wrong"] == 0),
            *(f"{peer['recall']:g}" if peer else "–" for peer in (hashed, flat)),
        ),
    ]
    if kind == "random":
        lines.append(
            (
                "memory beside the codes, 10 million",
                _bytes(ours["index_bytes"]),
                "≤ 0.65 GB",
                _met(ours["index_bytes"] <= 0.65e9),
                _bytes(hashed["index_bytes"]) if hashed else "–",
                "–",
            )
        )
    return lines


def _wide_goals(rows: Rows) -> list[tuple[str, ...]]:
    ours, flat = _find(rows, "wide", _SCAN), _find(rows, "wide", _FLAT)
    if ours is None:
        return []
    rate = ours["pictures"] / ours["batch_s"]["2"]
    name = f"PDQ in 8 orientations, {_count(ours['codes'])} codes, radius {ours['radius']}"
    return [
        (
            f"{name}: one picture",
            _ms(ours["alone_ms"]),
            "≤ 10 ms",
            _met(ours["alone_ms"] <= 10),
            "–",
            _ms(flat["alone_ms"]) if flat else "–",
        ),
        (
            f"{name}: {ours['pictures']} pictures, 2 threads",
            f"{rate:.0f}/s",
            "≥ 200/s",
            _met(rate >= 200),
            "–",
            f"{flat['pictures'] / flat['batch_s']['2']:.0f}/s" if flat else "–",
        ),
    ]


def searches(rows: Rows) -> str:
    """Return the table of all searchers on all large sets."""
    lines = [
        (
            f"{_KINDS[row['codes_kind']]}, {_count(row['codes'])}",
            f"**{row['what']}**" if row["kind"] == "eikona" else row["what"],
            _alone(row),
            _alone(row, "alone_spread_ms"),
            *(
                _s(row["batch_s"][count]) if count in row["batch_s"] else "–"
                for count in ("1", "2")
            ),
            f"{row['recall']:g}" if "recall" in row else "–",
            _index_bytes(row),
            _builds(row),
        )
        for row in _of(rows)
        if row["set"] != "wide" and row["codes"] >= 1_000_000
    ]
    heads = (
        *("codes", "search", "one query, median (99 %)", "on 2 threads"),
        *(
            "1000 queries, 1 thread",
            "2 threads",
            "recall",
            "memory beside the codes",
            "build, 1 / 2 threads",
        ),
    )
    return _table(heads, lines) if lines else ""


def wide(rows: Rows) -> str:
    """Return the table of searches for all orientations at the rule's radius."""
    lines = [
        (
            f"**{row['what']}**" if row["kind"] == "eikona" else row["what"],
            _alone(row),
            _alone(row, "alone_spread_ms"),
            *(
                f"{row['pictures'] / row['batch_s'][count]:.0f}/s"
                if count in row["batch_s"]
                else "–"
                for count in ("1", "2")
            ),
        )
        for row in _of(rows)
        if row["set"] == "wide"
    ]
    heads = (
        *("search", "one picture, median (99 %)", "on 2 threads"),
        *("pictures, 1 thread", "2 threads"),
    )
    return _table(heads, lines) if lines else ""


def growth(rows: Rows) -> str:
    """Return the table of how the time of one query grows with random codes."""
    points = growth_points(rows)
    sizes = sorted({size for line in points.values() for size in line})
    lines = [
        (
            f"**{what}**" if what.startswith("eikona") else what,
            *(_ms(line[size]) if size in line else "–" for size in sizes),
            _power(line),
        )
        for what, line in points.items()
    ]
    heads = ("search", *(_count(size) for size in sizes), "grows as")
    plot = f"{_PLOT}\n\n" if len(sizes) >= FEWEST_SIZES else ""
    return plot + _table(heads, lines) if lines else ""


def growth_points(rows: Rows) -> dict[str, dict[int, float]]:
    """Return milliseconds of one query among random codes, by searcher and size."""
    points: dict[str, dict[int, float]] = {}
    for row in _of(rows):
        if row["codes_kind"] == "random" and row["set"] != "wide":
            points.setdefault(row["what"], {})[row["codes"]] = row["alone_ms"]
    return points


def _power(line: Mapping[int, float]) -> str:
    """Return the power of the number of codes that fits best, on logarithmic scales."""
    points = [(math.log(size), math.log(ms)) for size, ms in line.items() if size >= _GROWTH_FROM]
    if len(points) < 2:
        return "–"
    middle = [sum(axis) / len(points) for axis in zip(*points, strict=True)]
    rise = sum((x - middle[0]) * (y - middle[1]) for x, y in points)
    return f"n^{rise / sum((x - middle[0]) ** 2 for x, _ in points):.2f}"


def conditions(rows: Rows) -> str:
    """Return what was measured where and when."""
    found = {row["set"]: row for row in _of(rows)}
    machines: dict[str, str] = {}
    lines = []
    for name, row in found.items():
        machine = ", ".join(f"{key} {value}" for key, value in row["machine"].items())
        letter = machines.setdefault(machine, chr(ord("A") + len(machines)))
        lines.append(
            (
                name,
                str(row["queries"]),
                str(row["rounds"]),
                f"`{row['commit']}`",
                row["date"],
                letter,
            )
        )
    named = "".join(f"\nMachine {letter}: {machine}.\n" for machine, letter in machines.items())
    heads = ("set", "queries", "rounds", "commit", "date", "machine")
    return _table(heads, lines) + named if lines else ""


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "index-summary": summary,
        "index-searches": searches,
        "index-wide": wide,
        "index-growth": growth,
        "index-conditions": conditions,
    }
)


def _of(rows: Rows) -> list[Row]:
    return [row for row in rows if row.get("family") == "index"]


def _find(rows: Rows, name: str, what: str) -> Row | None:
    return next((row for row in _of(rows) if (row["set"], row["what"]) == (name, what)), None)


def _alone(row: Row, kind: str = "alone_ms") -> str:
    """Return what one query takes; a dash where that was not measured."""
    return f"{_ms(row[kind])} ({_ms(row[kind + '_p99'])})" if kind in row else "–"


def _met(met: bool) -> str:  # noqa: FBT001
    return "met" if met else "**missed**"


def _index_bytes(row: Row) -> str:
    if "index_bytes" not in row:
        return "–"
    # what a process got from memory that it had freed before does not make it grow
    grown = row["index_bytes"] >= row["codes"] * _CODE_BYTES
    known = row["kind"] == "eikona" or (row["codes"] >= _SMALL_INDEX and grown)
    return _bytes(row["index_bytes"]) if known else "–"


def _builds(row: Row) -> str:
    built = row.get("build_s", {})
    return (
        " / ".join(_s(built[count]) if count in built else "–" for count in ("1", "2"))
        if built
        else "–"
    )


def _bytes(size: float) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def _count(number: int) -> str:
    for unit, name in ((1_000_000, "M"), (1000, "k")):
        if number >= unit:
            return f"{number / unit:g} {name}"
    return str(number)


def _ms(value: float) -> str:
    return f"{_digits(value)} ms"


def _s(value: float) -> str:
    return f"{_digits(value)} s"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    cells = [heads, ["---"] * len(heads), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
