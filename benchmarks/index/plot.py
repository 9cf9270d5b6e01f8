"""The plot of the index benchmark: how the time of one query grows with the bank."""
# ruff: noqa: PLC0415  (checking a plot needs no drawing library)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.index.tables import FEWEST_SIZES, growth_points

Row = Mapping[str, Any]
_LINES = {  # what is drawn: label, colour, line
    "eikona, banded": ("Eikona, banded", "#0b5cad", "-"),
    "eikona, scan": ("Eikona, scan", "#7fb2e5", "-"),
    "faiss IndexBinaryMultiHash, as ThreatExchange sets it": ("faiss MultiHash", "#6b6b6b", "-"),
    "faiss IndexBinaryFlat": ("faiss flat", "#9a9a9a", "-"),
    "faiss IndexBinaryIVF, 64 probes": ("faiss IVF, misses some", "#c9c9c9", "-"),
    "reading all codes once": ("reading all codes once", "#c0392b", "--"),
}
_LABEL_STEP = 1.35  # factor between the heights of two labels, so that they do not touch


def data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return a curve for each searcher; nothing unless several sizes are measured."""
    points = growth_points(rows)
    return [
        {
            "what": what,
            "codes": sorted(points[what]),
            "ms": [points[what][n] for n in sorted(points[what])],
        }
        for what in _LINES
        if len(points.get(what, ())) >= FEWEST_SIZES
    ]


def draw(curves: Sequence[Mapping[str, Any]], path: Path, digest: str) -> None:
    """Write the plot to ``path`` with ``digest`` in its metadata."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "eikona"}):
        figure = Figure(figsize=(8.0, 4.8), layout="constrained", dpi=150)
        axes = figure.subplots()
        heights = _label_heights({curve["what"]: curve["ms"][-1] for curve in curves})
        for curve in curves:
            label, colour, line = _LINES[curve["what"]]
            ours = curve["what"] == "eikona, banded"
            axes.plot(
                curve["codes"],
                curve["ms"],
                color=colour,
                linestyle=line,
                marker="o",
                markersize=4,
                linewidth=2.4 if ours else 1.4,
            )
            axes.annotate(
                label,
                (curve["codes"][-1], heights[curve["what"]]),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontsize=9,
                fontweight="bold" if ours else "normal",
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        sizes = sorted({size for curve in curves for size in curve["codes"]})
        axes.set_xlim(sizes[0] * 0.8, sizes[-1] * 30)
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.grid(color="#e3e3e3", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("random 256-bit codes in the bank")
        axes.set_ylabel("one query at radius 31, ms, one thread")
        figure.suptitle("Exact search in growing banks", fontweight="bold", x=0.02, ha="left")
        figure.savefig(path, format="png", metadata={"Data": digest, "Software": None})


def _label_heights(ends: Mapping[str, float]) -> dict[str, float]:
    """Return where labels of curves that end at these milliseconds stand, from the lowest up."""
    heights: dict[str, float] = {}
    lowest = 0.0
    for what, end in sorted(ends.items(), key=lambda one: one[1]):
        heights[what] = max(end, lowest)
        lowest = heights[what] * _LABEL_STEP
    return heights
