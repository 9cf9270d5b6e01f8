"""The plot of the shortlist: what a query takes and finds, by the size of the bank."""
# ruff: noqa: PLC0415  (checking a plot needs no drawing library)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.shortlist.tables import growth, rows_of

Row = Mapping[str, Any]
_DEPTHS = {"1": "#8a8a8a", "10": "#0b5cad", "20": "#7fb2e5"}
_GOALS = {100_000: 4.0, 1_000_000: 8.0}
_FAR = 5_000_000  # pictures of 300 descriptors, as many as 10 million of 150
_BLUE, _RED = "#0b5cad", "#c0392b"


def data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return what is drawn of each bank."""
    keys = ("pictures", "descriptors", "recall", "median", "p95")
    return [{key: row[key] for key in keys} for row in rows_of(rows, "sizes")]


def draw(sizes: Sequence[Mapping[str, Any]], path: Path, digest: str) -> None:
    """Write the plot to ``path`` with ``digest`` in its metadata."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "eikona"}):
        figure = Figure(figsize=(9.4, 4.2), layout="constrained", dpi=150)
        took, found = figure.subplots(1, 2)
        _times(took, sizes)
        _recalls(found, sizes)
        for axes in (took, found):
            axes.set_xscale("log")
            axes.set_xlabel("pictures in the bank, 300 descriptors each")
            axes.grid(color="#e3e3e3", linewidth=0.8)
            axes.set_axisbelow(True)
            axes.spines[["top", "right"]].set_visible(False)
        figure.suptitle("Shortlists of local features", fontweight="bold", x=0.02, ha="left")
        figure.savefig(path, format="png", metadata={"Data": digest, "Software": None})


def _times(axes: Any, sizes: Sequence[Mapping[str, Any]]) -> None:
    pictures = [one["pictures"] for one in sizes]
    axes.plot(pictures, [one["median"] for one in sizes], "o-", color=_BLUE, label="median")
    axes.plot(pictures, [one["p95"] for one in sizes], "o--", color="#7fb2e5", label="p95")
    law = growth(sizes)
    if law is not None:
        a_picture = sizes[-1]["descriptors"] / sizes[-1]["pictures"]
        along = [10_000 * (_FAR / 10_000) ** (step / 40) for step in range(41)]
        fitted = [law[0] * (each * a_picture) ** law[1] for each in along]
        axes.plot(along, fitted, ":", color="#555555", label=f"descriptors to {law[1]:.2f}, fitted")
        axes.annotate(
            "10 M × 150",
            (_FAR, fitted[-1]),
            xytext=(0, -16),
            textcoords="offset points",
            ha="right",
        )
    goals = [each for each in _GOALS if each in pictures]
    axes.plot(goals, [_GOALS[each] for each in goals], "v", color=_RED, label="goal, at most")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("ms of one processor a query")
    axes.legend(frameon=False, loc="upper left")


def _recalls(axes: Any, sizes: Sequence[Mapping[str, Any]]) -> None:
    for depth, colour in _DEPTHS.items():
        shares = [100 * one["recall"][depth] for one in sizes]
        axes.plot([one["pictures"] for one in sizes], shares, "o-", color=colour, label=f"@{depth}")
    axes.axhline(99.8, color=_RED, linewidth=0.9)
    axes.annotate(
        "goal, @10",
        (sizes[0]["pictures"], 99.8),
        xytext=(0, -12),
        textcoords="offset points",
        color=_RED,
    )
    axes.set_ylim(99, 100.02)
    axes.set_ylabel("copies found, %, 43 attacks")
    axes.legend(frameon=False, loc="lower right")
