"""The tables of local features in the docs. Standard library only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from benchmarks.robustness.markdown import head, line, percent, rate, table

Row = Mapping[str, Any]
Rows = Sequence[Row]
_COUNTS = ("4", "5", "6", "8", "10", "14")
_HARD_COUNTS = ("4", "6", "8", "10", "14")
_EIKONA = "eikona"
_AT = "6"  # inliers, where attacks and guards are compared
_WEAKEST = 12  # attacks shown


def _rows(rows: Rows, name: str) -> list[Row]:
    return [row for row in rows if row.get("family") == "features" and row["set"] == name]


def _quality(rows: Rows) -> str:
    found = _rows(rows, "features-quality")
    if not found:
        return ""
    lines = head("", *(f"≥ {count} inliers" for count in _COUNTS))
    for row in found:
        if "false" not in row:
            continue
        name, pairs = row["what"], row["pairs"]
        lines.append(
            line(f"{name}: copies found", *(percent(row["recall"][c], 2) for c in _COUNTS))
        )
        both = (percent(row["with_pdq"][c], 2) for c in _COUNTS)
        lines.append(line(f"{name}, or PDQ×8 ≤ 74", *both))
        false = (rate(row["false"][c], pairs) for c in _COUNTS)
        lines.append(line(f"{name}: others taken for copies, a pair", *false))
    for row in _rows(rows, "features-pairs"):
        false = (rate(row["false"][c], row["pairs"]) for c in _COUNTS)
        lines.append(line(f"{row['what']}: pairs of photographs as they are", *false))
    alone = next((row for row in found if "false" not in row), None)
    text = table(lines)
    if alone is not None:
        text += f"\n{alone['what']} alone finds {percent(alone['recall'][''], 2)}.\n"
    return text


def _attacks(rows: Rows) -> str:
    found = {row["what"]: row for row in _rows(rows, "features-quality")}
    ours = found.get(_EIKONA)
    if ours is None:
        return ""
    others = [row for name, row in found.items() if name != _EIKONA]
    weakest = sorted(ours["attacks"], key=lambda name: (_found(ours, name), name))[:_WEAKEST]
    lines = head("attack", _EIKONA, *(row["what"] for row in others))
    for name in weakest:
        shares = (percent(_found(row, name)) for row in (ours, *others))
        lines.append(line(name, *shares))
    return table(lines)


def _found(row: Row, attack: str) -> float:
    value = row["attacks"][attack]
    share: float = value[_AT] if isinstance(value, Mapping) else value
    return share


def _hard(rows: Rows) -> str:
    found = _rows(rows, "features-hard")
    ours = [row for row in found if row["by"] == _EIKONA]
    if not ours:
        return ""
    lines = head("pictures that share", "pairs", *(f"≥ {c}" for c in _HARD_COUNTS), "most")
    for row in ours:
        shares = (percent(row["shares"][c]) for c in _HARD_COUNTS)
        lines.append(line(row["what"], f"{row['pairs']:,}", *shares, str(row["most"])))
    return table(lines)


def _guards(rows: Rows) -> str:
    found = sorted(_rows(rows, "features-guards"), key=lambda row: row["place"])
    if not found:
        return ""
    kinds = list(found[0]["hard"])
    lines = head("", "copies found", "others a pair, ≥ 4", f"≥ {_AT}", *kinds)
    for row in found:
        false = (rate(row["false"][count], row["pairs"]) for count in ("4", _AT))
        hard = (percent(row["hard"][kind][_AT]) for kind in kinds)
        lines.append(line(row["what"], percent(row["recall"][_AT], 2), *false, *hard))
    return table(lines)


def _speed(rows: Rows) -> str:
    lines = head("", "median", "least")
    timed = list(_timed(rows))
    lines += timed
    return table(lines) if timed else ""


def _timed(rows: Rows) -> Iterator[str]:
    for row in _rows(rows, "features-extraction"):
        size = f"{row['megapixels']:g} megapixels"
        yield line(f"{row['what']}: features of {size}", *_times(row))
    for row in _rows(rows, "features-alignment"):
        what = row["what"]
        yield line(what if what.startswith("prep") else f"aligning with {what}", *_times(row))


def _times(row: Row) -> tuple[str, str]:
    return f"{row['median']:.3g} ms", f"{row['least']:.3g} ms"


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "features-quality": _quality,
        "features-attacks": _attacks,
        "features-hard": _hard,
        "features-guards": _guards,
        "features-speed": _speed,
    }
)
