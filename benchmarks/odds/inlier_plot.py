"""The plot of odds: how often pictures that are no copies have so many inliers."""
# ruff: noqa: PLC0415  (checking a plot needs no drawing library)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.odds.plot import mark_banks

Row = Mapping[str, Any]
_SHIPPED = "inliers-all"
_COLOURS = {"inliers-tiles": "#8a8a8a", _SHIPPED: "#0b5cad"}
_LABELS = {
    "inliers-tiles": "photographs and tiles",
    _SHIPPED: "photographs, tiles, crops (shipped)",
}
_BEFORE = "#7fb2e5"
_LEFT, _MOST = 3.5, 16.5


def data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return what is drawn of each set."""
    keys = ("set", "pairs", "counts", "before_guards", "chance_at")
    return [
        {key: row[key] for key in keys}
        for row in rows
        if row["family"] == "odds" and row["set"] in _COLOURS
    ]


def draw(sets: Sequence[Mapping[str, Any]], path: Path, digest: str) -> None:
    """Write the plot to ``path`` with ``digest`` in its metadata."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "eikona"}):
        figure = Figure(figsize=(8.0, 4.6), layout="constrained", dpi=150)
        axes = figure.subplots()
        for one in sets:
            colour = _COLOURS[one["set"]]
            if one["set"] == _SHIPPED:
                before = _at_least(one["before_guards"], one["pairs"])
                axes.plot(*before, "x", color=_BEFORE, label="the same before guards")
                numbers = sorted(map(int, one["chance_at"]))
                middle, low, high = zip(*(one["chance_at"][str(n)] for n in numbers), strict=True)
                axes.plot(numbers, middle, "--", color=colour, linewidth=1.1)
                axes.fill_between(numbers, low, high, color=colour, alpha=0.15, linewidth=0)
            counted = _at_least(one["counts"], one["pairs"])
            axes.plot(*counted, "o", color=colour, label=_LABELS[one["set"]], markersize=5)
        mark_banks(axes, _LEFT + 0.05)
        axes.set_yscale("log")
        axes.set_ylim(1e-16, 1e-2)
        axes.set_xlim(_LEFT, _MOST)
        axes.grid(color="#e3e3e3", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("inliers, at least")
        axes.set_ylabel("pairs that are no copies with so many")
        title = "How many places of two pictures chance lays on each other"
        figure.suptitle(title, fontweight="bold", x=0.02, ha="left")
        axes.legend(loc="upper right", frameon=False, title="counted, and fitted tail (95 %)")
        figure.savefig(path, format="png", metadata={"Data": digest, "Software": None})


def _at_least(counts: Mapping[str, int], pairs: int) -> tuple[list[int], list[float]]:
    """Return numbers of inliers, and the share of pairs that have at least as many."""
    numbers = sorted(map(int, counts))
    totals = [sum(counts[str(m)] for m in numbers if m >= n) for n in numbers]
    return numbers, [total / pairs for total in totals]
