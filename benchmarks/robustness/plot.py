"""The heat map of the robustness benchmark: how many copies each contender finds, by attack."""
# ruff: noqa: PLC0415  (checking a plot needs no drawing library)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.robustness.markdown import scientific
from benchmarks.robustness.tables import attack_rows, contender_rows, score_at

Row = Mapping[str, Any]
_RATE = 1e-5
_AT_RATE = (
    "pdq ×8",
    "pdq",
    "phash256",
    "dhash256",
    "ahash256",
    "forbild, weighted",
    "nmf",
    "imagehash phash",
    "imagehash average_hash",
    "perception PHash",
    "perception BlockMean",
    "unihasher dhash",
)
_AS_THEY_ARE = (
    "eikona",
    "eikona, review in 1 M",
    "eikona, block in 1 M",
    "eikona-hashes",
    "forbild",
    "both:phash,dhash=85",
    "majority",
    "unihasher-tree",
    "unihasher's tree",
)
_OURS = ("hash", "rule")
_COLOURS = ("#b2182b", "#e98b6d", "#f7e7c1", "#8cc8ad", "#1b7f5a")


def data(rows: Sequence[Row]) -> dict[str, Any]:
    """Return attacks, and panels of columns of recall; nothing where something lacks."""
    found = {row["what"]: row for row in contender_rows(rows)}
    attacks = attack_rows(rows)
    if not attacks or any(name not in found for name in (*_AT_RATE, *_AS_THEY_ARE)):
        return {}
    panels = [
        {
            "title": title,
            "columns": [_column(found[name], attacks) for name in names],
        }
        for title, names in (
            ("threshold set for ≤ 1e-5 false matches a pair", _AT_RATE),
            ("rules as they are", _AS_THEY_ARE),
        )
    ]
    shown = [{"label": attack["label"], "group": attack["group"]} for attack in attacks]
    return {"attacks": shown, "panels": panels}


def _column(row: Row, attacks: Sequence[Row]) -> Row:
    score = score_at(row, _RATE)
    return {
        "name": row["what"],
        "ours": row["kind"] in _OURS,
        "recall": score["recall"],
        "false": score["altered_false"] / score["altered_pairs"],
        "pairs": score["altered_pairs"],
        "attacks": [score["attacks"][attack["what"]] for attack in attacks],
    }


def draw(shown: Mapping[str, Any], path: Path, digest: str) -> None:
    """Write the plot to ``path`` with ``digest`` in its metadata."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    attacks, panels = shown["attacks"], shown["panels"]
    widths = [len(panel["columns"]) for panel in panels]
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 8}):
        figure = Figure(figsize=(11.0, 0.235 * len(attacks) + 3.0), layout="constrained", dpi=150)
        grids = figure.subplots(1, len(panels), width_ratios=widths, sharey=True, squeeze=False)
        for axes, panel in zip(grids[0], panels, strict=True):
            _draw_panel(axes, panel, attacks)
        figure.suptitle(
            "Copies found, in percent, by attack", fontweight="bold", fontsize=12, x=0.02, ha="left"
        )
        figure.savefig(path, format="png", metadata={"Data": digest, "Software": None})


def _draw_panel(axes: Any, panel: Mapping[str, Any], attacks: Sequence[Row]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    columns = panel["columns"]
    gap = next(place for place, attack in enumerate(attacks) if attack["group"] != "poster")
    heights = [place + (place >= gap) * 0.5 for place in range(len(attacks))]
    total = heights[-1] + 1.5
    colours = LinearSegmentedColormap.from_list("recall", _COLOURS)
    for x, column in enumerate(columns):
        cells = [*zip(heights, column["attacks"], strict=True), (total, column["recall"])]
        for y, value in cells:
            axes.add_patch(_cell(x, y, colours(value)))
            axes.text(
                x,
                y,
                f"{100 * value:.0f}",
                ha="center",
                va="center",
                fontsize=8,
                fontweight="bold" if y == total else "normal",
                color="white" if value < 0.15 or value > 0.85 else "#222222",
            )
        said = f"0 of\n{column['pairs'] / 1e6:.1f} M"
        if column["false"]:
            said = scientific(column["false"])
        axes.text(x, total + 1.15, said, ha="center", va="center", fontsize=6.5)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(total + 1.8, -0.5)
    axes.set_xticks(range(len(columns)), [column["name"] for column in columns])
    axes.xaxis.tick_top()
    for label, column in zip(axes.get_xticklabels(), columns, strict=True):
        label.set(rotation=48, ha="left", rotation_mode="anchor")
        label.set_fontweight("bold" if column["ours"] else "normal")
    axes.set_yticks(
        [*heights, total, total + 1.15],
        [*(attack["label"] for attack in attacks), "all attacks", "false matches a pair"],
    )
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(panel["title"], fontsize=9)


def _cell(x: float, y: float, colour: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, color=colour, linewidth=0)
