"""The plot of the speed benchmark: how long hashing takes in units of a bare decode."""
# ruff: noqa: PLC0415  (checking a plot needs no drawing library)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
_SETS = {"native": "0.2 MP", "12mp": "12 MP"}
_SHOWN = {
    "eikona fast": "Eikona fast",
    "eikona auto": "Eikona auto (default)",
    "eikona exact": "Eikona exact",
    "perception, PHash": "perception",
    "perception, PDQ": "perception",
    "perception, 4 hashes": "perception",
    "pdqhash": "pdqhash",
    "imagehash, 4 hashes": "imagehash",
    "unihasher, 4 hashes": "unihasher's algorithm",
}
_GIVES = {
    "perception, PHash": "PHash",
    "perception, PDQ": "PDQ",
    "pdqhash": "PDQ",
}
_EIKONA = {"native": "#0b5cad", "12mp": "#7fb2e5"}
_PEER = {"native": "#6b6b6b", "12mp": "#bdbdbd"}


def data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return a bar's label and ratios by picture set; nothing unless both sets are measured."""
    bars = []
    for what, label in _SHOWN.items():
        found = {
            row["set"]: row
            for row in rows
            if row["family"] == "speed" and row["set"] in _SETS and row["what"] == what
        }
        if set(found) != set(_SETS):
            continue
        bars.append(
            {
                "label": f"{label}\n{_GIVES.get(what) or found['native']['computes']}",
                "ours": what.startswith("eikona"),
                "ratios": {name: found[name]["ratio"] for name in _SETS},
                "quartiles": {name: found[name]["ratio_iqr"] for name in _SETS},
            }
        )
    return sorted(bars, key=lambda bar: bar["ratios"]["native"])


def draw(bars: Sequence[Mapping[str, Any]], path: Path, digest: str) -> None:
    """Write the plot to ``path`` with ``digest`` in its metadata."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "eikona"}):
        figure = Figure(figsize=(9.0, 0.72 * len(bars) + 1.6), layout="constrained", dpi=150)
        axes = figure.subplots()
        for place, bar in enumerate(bars):
            colours = _EIKONA if bar["ours"] else _PEER
            for offset, name in ((-0.19, "native"), (0.19, "12mp")):
                ratio, (low, high) = bar["ratios"][name], bar["quartiles"][name]
                axes.barh(place + offset, ratio - 1, 0.36, left=1, color=colours[name])
                axes.errorbar(
                    ratio,
                    place + offset,
                    xerr=[[ratio - low], [high - ratio]],
                    color="black",
                    linewidth=0.9,
                )
                axes.annotate(
                    f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.0f}×",
                    (max(high, 1) if ratio >= 1 else low, place + offset),
                    xytext=(5 if ratio >= 1 else -5, 0),
                    textcoords="offset points",
                    va="center",
                    ha="left" if ratio >= 1 else "right",
                    fontsize=9,
                    fontweight="bold" if bar["ours"] else "normal",
                )
        axes.set_xscale("log")
        ratios = [ratio for bar in bars for ratio in bar["ratios"].values()]
        axes.set_xlim(min(0.25, min(ratios) / 1.7), max(ratios) * 1.8)
        axes.axvline(1, color="#c0392b", linewidth=1.2)
        axes.annotate(
            "bare decode",
            (1, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, 3),
            textcoords="offset points",
            color="#c0392b",
            fontsize=9,
        )
        axes.set_yticks(range(len(bars)), [bar["label"] for bar in bars], fontsize=9)
        axes.invert_yaxis()
        ticks = [
            t for t in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if t <= max(ratios)
        ]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.grid(axis="x", color="#e3e3e3", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(
            "time from encoded bytes to hashes, in bare RGB decodes of the same JPEG"
            " (log scale, less is better)"
        )
        figure.suptitle(
            "Fingerprinting one JPEG on one thread", fontweight="bold", x=0.02, ha="left"
        )
        axes.legend(
            handles=[
                Patch(color=_EIKONA["native"], label="Eikona, 0.2 MP"),
                Patch(color=_EIKONA["12mp"], label="Eikona, 12 MP"),
                Patch(color=_PEER["native"], label="others, 0.2 MP"),
                Patch(color=_PEER["12mp"], label="others, 12 MP"),
            ],
            loc="upper right",
            frameon=False,
            fontsize=9,
        )
        figure.savefig(path, format="png", metadata={"Data": digest, "Software": None})
