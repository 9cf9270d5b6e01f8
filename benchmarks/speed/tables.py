"""The speed tables of the docs. Standard library only: checks run where nothing is installed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_MET, _MISSED = "met", "**missed**"
_GAIN = ": 1 process over 2"
_SPEED_UP = f"eikona hash{_GAIN}"
_BLANK = ("",) * 4
_PLACE = ("cpu", "cores", "system")
_KINDS = ("floor", "eikona", "peer")
_SETS = {
    "native": "photographs as they are",
    "12mp": "the same, enlarged",
    "stages-native": "stages, as they are",
    "stages-12mp": "stages, enlarged",
    "hashes": "hashes alone",
    "folder": "folder",
    "start": "start",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A number to reach.

    Attributes:
        limit: the number.
        field: of the row, that is held against it.
        at_most: whether it is an upper bound.
        unit: printed behind it.
    """

    limit: float
    field: str = "ratio"
    at_most: bool = True
    unit: str = "×"

    def __str__(self) -> str:
        """Return the goal as the tables print it."""
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}{self.unit}"

    def verdict(self, value: float) -> str:
        """Return whether ``value`` meets the goal, as the tables print it."""
        return _MET if (value <= self.limit) is self.at_most or value == self.limit else _MISSED


GOALS: Mapping[tuple[str, str], Goal] = MappingProxyType(
    {
        ("native", "eikona exact"): Goal(1.4),
        ("native", "eikona fast"): Goal(1.15),
        ("native", "eikona: nmf on top"): Goal(0.5),
        ("12mp", "eikona auto"): Goal(0.6),
        ("12mp", "eikona fast"): Goal(0.48),
        ("folder", _SPEED_UP): Goal(1.8, "median", at_most=False),
        ("folder", "fastest peer"): Goal(3, at_most=False),
        ("start", "eikona --help"): Goal(0.3, "median", unit=" s"),
        ("start", "eikona hash one.jpg"): Goal(0.6, "median", unit=" s"),
    }
)


def summary(rows: Rows) -> str:
    """Return the table of goals: what is measured, the goal, and what other programs take."""
    lines = [*_mode_goals(rows), *_folder_goals(rows), *_start_goals(rows)]
    heads = ("what", "Eikona", "goal", "", "imagehash", "pdqhash", "perception", "unihasher")
    return _table(heads, lines) if lines else ""


def _mode_goals(rows: Rows) -> Iterator[tuple[str, ...]]:
    for name, size in (("native", "0.2 MP"), ("12mp", "12 MP")):
        peers = _peer_cells(rows, name, "ratio", _times)
        for mode in ("exact", "auto", "fast"):
            row = _find(rows, name, f"eikona {mode}")
            if row:
                yield (f"{size}, all hashes but NMF, `{mode}`", *_goal_line(row), *peers)
        row = _find(rows, name, "eikona: nmf on top")
        if row:
            yield (f"{size}, `nmf` on top of that", *_goal_line(row), *_BLANK)


def _folder_goals(rows: Rows) -> Iterator[tuple[str, ...]]:
    row = _find(rows, "folder", _SPEED_UP)
    if row:
        title = f"folder of {row['pictures']} pictures, time on 1 process over 2"
        peers = _peer_cells(rows, "folder", "median", _times, _GAIN)
        yield (title, *_goal_line(row), *peers)
    on_two = [row for row in rows if row["set"] == "folder" and row.get("jobs") == 2]
    others = [row for row in on_two if row["kind"] == "peer"]
    if others:
        goal = GOALS["folder", "fastest peer"]
        fastest = min(peer["ratio"] for peer in others)
        yield (
            "the same on 2 processes, the fastest other program's time over Eikona's",
            *(_times(fastest), str(goal), goal.verdict(fastest)),
            *_peer_cells(on_two, "folder", "ratio", _times),
        )


def _start_goals(rows: Rows) -> Iterator[tuple[str, ...]]:
    for what in ("eikona --help", "eikona hash one.jpg"):
        row = _find(rows, "start", what)
        if row:
            hashes = what != "eikona --help"
            peers = _peer_cells(rows, "start", "median", _seconds) if hashes else _BLANK
            yield (f"`{what}`, whole process", *_goal_line(row), *peers)


def _goal_line(row: Row) -> tuple[str, str, str]:
    goal = GOALS.get((row["set"], row["what"]))
    if goal is None:
        return _times(row["ratio"]), "–", ""
    value = row[goal.field]
    shown = _seconds(value) if goal.unit == " s" else _times(value)
    return shown, str(goal), goal.verdict(value)


def _peer_cells(
    rows: Rows, name: str, field: str, show: Callable[[float], str], suffix: str = ""
) -> tuple[str, ...]:
    """Return what each peer takes, one cell a peer; perception's single hash in brackets."""

    def value(what: str) -> str:
        row = _find(rows, name, what + suffix)
        return show(row[field]) if row else ""

    if name == "start":
        single = ("imagehash's phash of one JPEG", "pdqhash of one JPEG")
        return (*map(value, single), value("perception's PHash of one JPEG"), "")
    perception, alone = value("perception, 4 hashes"), value("perception, PHash")
    both = f"{perception} ({alone} PHash alone)" if perception and alone else perception or alone
    return value("imagehash, 4 hashes"), value("pdqhash"), both, value("unihasher, 4 hashes")


def whole(name: str) -> Callable[[Rows], str]:
    """Return the function that makes the table of whole contenders on this picture set."""

    def table(rows: Rows) -> str:
        lines = [
            (
                _strong(row),
                row["computes"],
                _milliseconds(row["median"], row["iqr"]),
                _with_quartiles(row["ratio"], row["ratio_iqr"]),
                *_goal_cells(row),
                _times(row["ratio_to_array"]),
            )
            for kind in _KINDS
            for row in rows
            if row["set"] == name and row["kind"] == kind
        ]
        heads = (
            "what",
            "gives",
            "a picture",
            "over bare decode",
            "goal",
            "",
            "over decoding to an array",
        )
        return _table(heads, lines) if lines else ""

    return table


def stages(rows: Rows) -> str:
    """Return the table of stages on both picture sets."""
    wholes = [row["what"] for row in rows if row["set"] == "stages-native"]
    lines = []
    for what in wholes:
        cells = [what]
        for name in ("stages-native", "stages-12mp"):
            row = _find(rows, name, what)
            cells += [_milliseconds(row["median"], row["iqr"]) if row else "–"]
            cells += [_with_quartiles(row["ratio"], row["ratio_iqr"]) if row else "–"]
        lines.append(tuple(cells))
    heads = ("stage", "0.2 MP", "over bare decode", "12 MP, `auto`", "over bare decode")
    return _table(heads, lines) if lines else ""


def hashes(rows: Rows) -> str:
    """Return the table of single hashes."""
    lines = [
        (
            f"`{row['what']}`" if row["kind"] == "hash" else row["what"],
            f"{_microseconds(row['median'])} µs {_between(*map(_microseconds, row['iqr']))}",
            _times(row["ratio"]),
            row["computes"] if row["kind"] == "hash" else "",
        )
        for row in rows
        if row["set"] == "hashes"
    ]
    heads = ("hash", "a picture", "over bare decode", "")
    return _table(heads, lines) if lines else ""


def folder(rows: Rows) -> str:
    """Return the table of whole folders."""
    lines = []
    for row in rows:
        if row["set"] != "folder" or row["kind"] == "speed-up" or row["jobs"] != 1:
            continue
        what = row["what"]
        cells = [_strong(row), row["computes"]]
        for jobs in (1, 2):
            timed = next(
                r
                for r in rows
                if r["set"] == "folder" and (r["what"], r.get("jobs")) == (what, jobs)
            )
            cells.append(f"{timed['median']:.2f} s, {timed['pictures'] / timed['median']:.0f}/s")
            if jobs == 2:
                cells.append(_with_quartiles(timed["ratio"], timed["ratio_iqr"]))
        gain = _find(rows, "folder", f"{what}{_GAIN}")
        cells.append(_with_quartiles(gain["median"], gain["iqr"]) if gain else "–")
        lines.append(tuple(cells))
    heads = ("command", "gives", "1 process", "2 processes", "over `eikona hash`, 2", "1 over 2")
    return _table(heads, lines) if lines else ""


def start(rows: Rows) -> str:
    """Return the table of starts."""
    lines = [
        (
            _name(row),
            f"{_seconds(row['median'])} {_between(*map(_seconds, row['iqr']))}",
            *_goal_cells(row),
        )
        for row in rows
        if row["set"] == "start"
    ]
    return _table(("whole process", "wall time", "goal", ""), lines) if lines else ""


def conditions(rows: Rows) -> str:
    """Return what was measured where and when."""
    lines = []
    machines: dict[str, str] = {}  # in words, to its letter
    for name, title in _SETS.items():
        found = [row for row in rows if row["family"] == "speed" and row["set"] == name]
        if not found:
            continue
        row = found[0]
        size = ""
        if "megapixels" in row:
            size = f", mean {row['megapixels']:.2f} MP, {row['kilobytes']:.0f} kB"
        machine = _machine(row["machine"])
        lines.append(
            (
                title,
                f"{max(r.get('pictures', 1) for r in found)}{size}",
                str(max(r["rounds"] for r in found)),
                f"`{row['commit']}`" if row["commit"] else "–",
                row["date"],
                machines.setdefault(machine, chr(ord("A") + len(machines))),
            )
        )
    heads = ("part", "pictures", "rounds", "commit", "date", "machine")
    if not lines:
        return ""
    named = "".join(f"\nMachine {letter}: {machine}.\n" for machine, letter in machines.items())
    return _table(heads, lines) + named


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "speed-summary": summary,
        "speed-native": whole("native"),
        "speed-12mp": whole("12mp"),
        "speed-stages": stages,
        "speed-hashes": hashes,
        "speed-folder": folder,
        "speed-start": start,
        "speed-conditions": conditions,
    }
)


def _find(rows: Rows, name: str, what: str) -> Row | None:
    return next((row for row in rows if row["set"] == name and row["what"] == what), None)


def _goal_cells(row: Row) -> tuple[str, str]:
    goal = GOALS.get((row["set"], row["what"]))
    return (str(goal), goal.verdict(row[goal.field])) if goal else ("", "")


def _strong(row: Row) -> str:
    return f"**{row['what']}**" if row["kind"] == "eikona" else row["what"]


def _name(row: Row) -> str:
    """Return a command as code and anything else as it is."""
    return f"`{row['what']}`" if row["kind"] != "peer" else row["what"]


def _machine(machine: Mapping[str, Any]) -> str:
    place = f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"
    versions = (f"{name} {machine[name]}" for name in machine if name not in _PLACE)
    return f"{place}; {', '.join(versions)}"


def _milliseconds(median: float, quartiles: Sequence[float]) -> str:
    return f"{_digits(median)} ms {_between(*map(_digits, quartiles))}"


def _microseconds(milliseconds: float) -> str:
    return f"{milliseconds * 1000:.0f}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.095 else f"{value:.3f} s"


def _with_quartiles(ratio: float, quartiles: Sequence[float]) -> str:
    return f"{_times(ratio)} {_between(*map(_digits, quartiles))}"


def _between(low: str, high: str) -> str:
    return f"({low} to {high})"


def _times(ratio: float) -> str:
    return f"{_digits(ratio)}×"


def _digits(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    cells = [heads, ["---"] * len(heads), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
