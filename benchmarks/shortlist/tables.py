"""The tables of the shortlist in the docs. Standard library only."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from benchmarks.robustness.markdown import head, line, percent, table

Row = Mapping[str, Any]
Rows = Sequence[Row]
_GOAL_RECALL = 0.998
_GOALS_MS = {100_000: 4.0, 1_000_000: 8.0}
_GOAL_BYTES = 19
_FAR_DESCRIPTORS = 10_000_000 * 150
_FAR_GOAL_MS = 15.0
_VERDICT_ENTRIES, _VERDICT_MS = 1_000_000, 60.0
_FEWEST_FITTED = 3  # sizes: two give a line whatever the law is
_FITTED_FROM = 10_000  # pictures: smaller banks fit the processor's cache


def rows_of(rows: Rows, name: str) -> list[Row]:
    """Return the rows of one set, in order."""
    found = [row for row in rows if row["set"] == f"shortlist-{name}"]
    return sorted(found, key=lambda row: row["place"])


def growth(sizes: Rows) -> tuple[float, float] | None:
    """Return a and b of the fitted law: a query takes a times descriptors to the power of b."""
    fitted = [row for row in sizes if row["pictures"] >= _FITTED_FROM]
    if len(fitted) < _FEWEST_FITTED:
        return None
    x = [math.log(row["descriptors"]) for row in fitted]
    y = [math.log(row["median"]) for row in fitted]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    slope /= sum((a - mx) ** 2 for a in x)
    return math.exp(my - slope * mx), slope


def _recalls(row: Row) -> list[str]:
    return [percent(row["recall"][depth], 2) for depth in ("1", "10", "20")]


def _times(row: Row) -> list[str]:
    return [f"{row['median']:.2f} ms", f"{row['p95']:.2f} ms"]


def _sizes(rows: Rows) -> str:
    found = rows_of(rows, "sizes")
    if not found:
        return ""
    found_ones = ("found @1", "@10", "@20", "@10 of those that align")
    lines = head("pictures", *found_ones, "median", "p95", "bytes a descriptor", "built in")
    for row in found:
        aligned = percent(row["recall_aligned"]["10"], 2)
        size = f"{row['bytes_a_descriptor']:.1f}"
        built = f"{row['build_s']:.1f} s"
        what = f"{row['pictures']:,}"
        lines.append(line(what, *_recalls(row), aligned, *_times(row), size, built))
    return table(lines)


def _goals(rows: Rows) -> str:
    sizes = rows_of(rows, "sizes")
    if not sizes:
        return ""
    lines = head("", "measured", "goal", "")
    for row in sizes:
        goal = _GOALS_MS.get(row["pictures"])
        if goal is None:
            continue
        recall, took = row["recall"]["10"], row["median"]
        name = f"{row['pictures']:,} pictures"
        lines.append(
            line(f"{name}, found @10", percent(recall, 2), "≥ 99.8 %", _met(recall >= _GOAL_RECALL))
        )
        lines.append(
            line(f"{name}, one query", f"{took:.2f} ms", f"≤ {goal:g} ms", _met(took <= goal))
        )
    most = max(row["bytes_a_descriptor"] for row in sizes)
    lines.append(
        line("bytes a descriptor", f"{most:.1f}", f"≤ {_GOAL_BYTES}", _met(most <= _GOAL_BYTES))
    )
    law = growth(sizes)
    if law is not None:
        far = law[0] * _FAR_DESCRIPTORS ** law[1]
        said = f"{far:.1f} ms by the fitted law"
        name = "10,000,000 pictures of 150 descriptors, one query"
        lines.append(line(name, said, f"≤ {_FAR_GOAL_MS:g} ms", _met(far <= _FAR_GOAL_MS)))
    return table(lines)


def _met(is_met: bool) -> str:  # noqa: FBT001
    return "met" if is_met else "**missed**"


def _growth(rows: Rows) -> str:
    law = growth(rows_of(rows, "sizes"))
    if law is None:
        return ""
    factor, power = law
    far = factor * _FAR_DESCRIPTORS**power
    size = _FAR_DESCRIPTORS * 18.3 / 1e9
    return (
        f"From {_FITTED_FROM:,} pictures on a query takes as long as the number of descriptors to "
        f"the power of {power:.2f}. Ten million pictures of 150 descriptors are"
        f" {_FAR_DESCRIPTORS / 1e9:.1f} billion, {_FAR_DESCRIPTORS / 3e8:.0f} times those of a"
        f" million pictures of 300: {far:.1f} ms in one table, which takes {size:.0f} GB.\n"
    )


def _settings(rows: Rows) -> str:
    found = [
        *((f"{row['what']} probes", row) for row in rows_of(rows, "probes")),
        *((row["what"], row) for row in rows_of(rows, "margins")[1:]),
        *((row["what"], row) for row in rows_of(rows, "segments")),
        *((row["what"], row) for row in rows_of(rows, "tail")),
    ]
    return _compared(found)


def _compared(found: Sequence[tuple[str, Row]]) -> str:
    if not found:
        return ""
    lines = head("", "pictures", "found @1", "@10", "@20", "median", "p95")
    for what, row in found:
        lines.append(line(what, f"{row['pictures']:,}", *_recalls(row), *_times(row)))
    return table(lines)


def _sparse(rows: Rows) -> str:
    found = rows_of(rows, "sparse")
    if not found:
        return ""
    lines = head("descriptors", "bytes a picture", "found @1", "@10", "@20", "median", "p95")
    for row in found:
        size = f"{row['bytes_a_picture']:,}"
        lines.append(line(row["what"], size, *_recalls(row), *_times(row)))
    return table(lines)


def _crowded(rows: Rows) -> str:
    found = rows_of(rows, "crowded")
    if not found:
        return ""
    usual = [row for row in rows_of(rows, "margins") if row["place"] == 0]
    lines = head("", "found @1", "@10", "@20", "median", "p95", "features shared by many")
    for row in (*({**row, "what": "no near-duplicates"} for row in usual), *found):
        shared = percent(row["shared"], 1)
        lines.append(line(row["what"], *_recalls(row), *_times(row), shared))
    return table(lines)


def _missed(rows: Rows) -> str:
    found = rows_of(rows, "sizes")
    if not found:
        return ""
    attacks = sorted({attack for row in found for attack in row["missed"]})
    lines = head("not among ten", *(f"{row['pictures']:,}" for row in found))
    for attack in attacks:
        of = [f"{row['missed'].get(attack, 0)} of {row['photos']}" for row in found]
        lines.append(line(attack, *of))
    return table(lines)


def _alternatives(rows: Rows) -> str:
    found = rows_of(rows, "alternatives")
    if not found:
        return ""
    lines = head("a query's descriptor looks at", "pairs reached", "others looked at, of a million")
    for row in found:
        lines.append(line(row["what"], percent(row["reached"]), f"{1e6 * row['along']:,.0f}"))
    return table(lines)


def _verdict(rows: Rows) -> str:
    found = rows_of(rows, "verdict")
    if not found:
        return ""
    lines = head(
        *("entries", "fingerprint", "search", "bytes to verdict", "p95", "goal", ""),
        *("copies blocked", "for a person", "clear"),
    )
    for row in found:
        is_goal = row["pictures"] == _VERDICT_ENTRIES
        took = row["median"]
        goal = (f"≤ {_VERDICT_MS:g} ms", _met(took <= _VERDICT_MS)) if is_goal else ("", "")
        times = (f"{row[name]:.1f} ms" for name in ("fingerprint", "search", "median", "p95"))
        said = (str(row[name]) for name in ("block", "review", "clear"))
        lines.append(line(f"{row['pictures']:,}", *times, *goal, *said))
    return table(lines)


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "shortlist-goals": _goals,
        "shortlist-sizes": _sizes,
        "shortlist-growth": _growth,
        "shortlist-verdict": _verdict,
        "shortlist-missed": _missed,
        "shortlist-settings": _settings,
        "shortlist-sparse": _sparse,
        "shortlist-crowded": _crowded,
        "shortlist-alternatives": _alternatives,
    }
)
