"""The plot of odds: how often pictures that are no copies come within a distance."""
# ruff: noqa: PLC0415  (checking a plot needs no drawing library)

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
_COLOURS = {"tiles": "#0b5cad", "crops": "#8a8a8a"}
_LABELS = {"tiles": "photographs and tiles (shipped)", "crops": "photographs and large crops"}
_FARTHEST = 128
_MARKS = {31: "block, 31", 74: "review, 74"}


def data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return what is drawn of each set."""
    return [
        {key: row[key] for key in ("set", "pairs", "counts", "tail_below", "tail_per_bit")}
        | {"chance_at": row["chance_at"]}
        for row in rows
        if row["family"] == "odds"
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
            distances = sorted(int(d) for d in one["counts"] if int(d) <= _FARTHEST)
            totals = list(itertools.accumulate(one["counts"][str(d)] for d in distances))
            chances = [total / one["pairs"] for total in totals]
            axes.step(distances, chances, where="post", color=colour, label=_LABELS[one["set"]])
            below = one["tail_below"]
            start = max(c for d, c in zip(distances, chances, strict=True) if d <= below)
            line = range(20, below + 1)
            axes.plot(
                line,
                [start * math.exp(-one["tail_per_bit"] * (below - d)) for d in line],
                color=colour,
                linestyle="--",
                linewidth=1.1,
            )
            for distance, (middle, low, high) in one["chance_at"].items():
                axes.errorbar(
                    int(distance) + (0.4 if one["set"] == "crops" else 0),
                    middle,
                    yerr=[[middle - low], [high - middle]],
                    color=colour,
                    capsize=3,
                    linewidth=1,
                )
        for distance, label in _MARKS.items():
            axes.axvline(distance, color="#c0392b", linewidth=0.9)
            axes.annotate(
                label, (distance, 0.4), xytext=(3, 0), textcoords="offset points", color="#c0392b"
            )
        axes.set_yscale("log")
        axes.set_ylim(1e-16, 2)
        axes.set_xlim(20, _FARTHEST)
        axes.grid(color="#e3e3e3", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("distance: PDQ over eight orientations, of 256 bits")
        axes.set_ylabel("pairs that are no copies within it")
        figure.suptitle("How near chance brings two pictures", fontweight="bold", x=0.02, ha="left")
        axes.legend(loc="lower right", frameon=False, title="counted, and fitted tail (95 %)")
        figure.savefig(path, format="png", metadata={"Data": digest, "Software": None})
