"""The plot of odds: how often pictures that are no copies come within a distance."""
# ruff: noqa: PLC0415  (checking a plot needs no drawing library)

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
_COLOURS = {"tiles": "#8a8a8a", "all": "#0b5cad"}
_LABELS = {"tiles": "photographs and tiles", "all": "photographs, tiles, crops (shipped)"}
_FARTHEST = 128
_BLOCK, _REVIEW = "#c0392b", "#b7791f"
_MARKS = (
    (1e-6, "review among 10,000 entries", _REVIEW),
    (1e-8, "block among 10,000, review among a million", _BLOCK),
    (1e-10, "block among a million, review among 100 million", _BLOCK),
    (1e-12, "block among 100 million", _BLOCK),
)


def data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return what is drawn of each set."""
    return [
        {key: row[key] for key in ("set", "pairs", "counts", "tail_below", "tail_per_bit")}
        | {"chance_at": row["chance_at"]}
        for row in rows
        if row["family"] == "odds" and row["set"] in _COLOURS
    ]


def mark_banks(axes: Any, left: float) -> None:
    """Draw the chances that block and that ask a person, for banks of some sizes."""
    for chance, what, colour in _MARKS:
        axes.axhline(chance, color=colour, linewidth=0.7, linestyle=":")
        axes.annotate(
            what,
            (left, chance),
            xytext=(0, 2),
            textcoords="offset points",
            color=colour,
            fontsize=7,
        )


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
                    int(distance) + (0.4 if one["set"] == "tiles" else 0),
                    middle,
                    yerr=[[middle - low], [high - middle]],
                    color=colour,
                    capsize=3,
                    linewidth=1,
                )
        mark_banks(axes, 20.5)
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
