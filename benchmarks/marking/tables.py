"""The tables of watermarks in the docs. Standard library only."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from benchmarks.robustness.markdown import head, line, percent, table

Row = Mapping[str, Any]
Rows = Sequence[Row]
_SIZES = ("marking-1225", "marking-3000")
_SPREAD = ("least", "5 %", "25 %", "50 %", "75 %", "95 %", "mean")


def _rows(rows: Rows, *names: str) -> list[Row]:
    found = {row["set"]: row for row in rows if row.get("family") == "marking"}
    return [found[name] for name in names if name in found]


def _peers(rows: Rows) -> list[Row]:
    return [
        row
        for row in rows
        if row.get("family") == "marking" and row["set"].startswith("marking-peers")
    ]


def _attacks(rows: Rows) -> str:
    found = _rows(rows, "marking-robustness")
    if not found:
        return ""
    sizes, peers = _rows(rows, *_SIZES), _peers(rows)
    others = [f"{row['what']} ({row['pictures']} pictures)" for row in (*sizes, *peers)]
    lines = head("copies", "pictures", "read exactly", "wrong", "median z", *others)
    for attack, cell in found[0]["attacks"].items():
        also = (percent(_read(row, attack)) for row in (*sizes, *peers))
        counts = (str(cell["pictures"]), percent(cell["read"]), str(cell["wrong"]))
        lines.append(line(attack, *counts, f"{cell['z']:.1f}", *also))
    return table(lines)


def _read(row: Row, attack: str) -> float | None:
    cell = row["attacks"].get(attack)
    value: float | None = cell["read"] if isinstance(cell, Mapping) else cell
    return value


def _shown(rows: Rows) -> str:
    found = _rows(rows, "marking-robustness", *_SIZES)
    if not found:
        return ""
    lines = head("", *_SPREAD)
    for row in found:
        size = f"{row['pictures']} pictures of {row['megapixels']:.1f} MP"
        lines.append(line(f"PSNR, dB, {size}", *(f"{row['psnr'][at]:.1f}" for at in _SPREAD)))
        lines.append(line(f"SSIM, {size}", *(f"{row['ssim'][at]:.3f}" for at in _SPREAD)))
    for row in _peers(rows):
        psnr = row["psnr"]
        cells = (f"{psnr[at]:.1f}" if at in psnr else "" for at in _SPREAD)
        lines.append(line(f"PSNR, dB, {row['what']}", *cells))
    return table(lines)


def _chance(rows: Rows) -> str:
    found = _rows(rows, "marking-nulls")
    if not found:
        return ""
    row = found[0]
    lines = head("pictures without a mark", "")
    lines.append(line("read", f"{row['pictures']:,}"))
    lines.append(line("identities found", str(row["found"])))
    lines.append(line("time to look, median", f"{row['read_s'] * 1000:.0f} ms"))
    tries = f"{row['tries']:.2f}, at most {row['most_tries']}"
    lines.append(line("decodings a picture", tries))
    lines.append(line("z: median, 99 %, most", ", ".join(f"{z:.1f}" for z in row["z"])))
    lines.append(line("questions whether one identity is in there", f"{row['questions']:,}"))
    for limit, count in row["deviations"].items():
        lines.append(line(f"agreement of {limit} deviations or more", f"{count:,}"))
    lines.append(line("most", f"{row['most_deviations']:.2f}"))
    return table(lines)


def _times(rows: Rows) -> str:
    found = _rows(rows, "marking-robustness", *_SIZES)
    if not found:
        return ""
    copies = ("JPEG, quality 50", "cut to 75 % of the area", "turned by -15°, corners black")
    lines = head("", "marking", "a megapixel", *(f"reading: {copy}" for copy in copies))
    for row in found:
        each = row["embed_s"] / row["megapixels"]
        reads = (f"{row['attacks'][copy]['read_s'] * 1000:.0f} ms" for copy in copies)
        marking = f"{row['embed_s'] * 1000:.0f} ms", f"{each * 1000:.0f} ms"
        lines.append(line(f"{row['megapixels']:.1f} MP", *marking, *reads))
    for row in _peers(rows):
        each = row["embed_s"] / row["megapixels"]
        marking = f"{row['embed_s'] * 1000:.0f} ms", f"{each * 1000:.0f} ms"
        read = f"{row['read_s'] * 1000:.0f} ms"
        size = f"{row['what']}, {row['megapixels']:.1f} MP"
        lines.append(line(size, *marking, read, read, read))
    return table(lines)


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "marking-attacks": _attacks,
        "marking-shown": _shown,
        "marking-chance": _chance,
        "marking-times": _times,
    }
)
