"""Regenerates the tables and plots of the docs from ``benchmarks/results/*.jsonl``.

usage: python -m benchmarks.tables [--check]

A table stands between two comments, ``table: NAME`` and ``end``; all that lies between them is
written here. With --check nothing is written: the exit status is 1, and a diff is shown, where the
docs differ from what the results give. A plot is compared by the digest of its data, which is
stored in it, so that checking needs no drawing library.
"""

import argparse
import difflib
import hashlib
import json
import re
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.agreement import tables as agreement_tables
from benchmarks.features import tables as features_tables
from benchmarks.index import bank_tables, linear_tables
from benchmarks.index import plot as index_plot
from benchmarks.index import tables as index_tables
from benchmarks.lists import tables as lists_tables
from benchmarks.marking import tables as marking_tables
from benchmarks.odds import inlier_plot
from benchmarks.odds import plot as odds_plot
from benchmarks.odds import tables as odds_tables
from benchmarks.quorum import tables as quorum_tables
from benchmarks.robustness import plot as robustness_plot
from benchmarks.robustness import strengths_tables
from benchmarks.robustness import tables as robustness_tables
from benchmarks.robustness.hard_negatives import tables as hard_tables
from benchmarks.scan import tables as scan_tables
from benchmarks.shortlist import plot as shortlist_plot
from benchmarks.shortlist import tables as shortlist_tables
from benchmarks.speed import plot as speed_plot
from benchmarks.speed import tables as speed_tables
from benchmarks.trees import tables as trees_tables

Row = Mapping[str, Any]
Rows = Sequence[Row]
_ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/benchmarks.md", "docs/how-to/choose-a-rule.md")
_BLOCK = re.compile(
    r"(?P<head><!-- table: (?P<name>[a-z0-9-]+) -->\n)(?P<body>.*?)(?P<end><!-- end -->)", re.DOTALL
)
_OPENING = re.compile(r"<!-- table: ")
_NOT_MEASURED = "_Not measured yet._\n"
_DIGEST_KEY = "Data"
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture made from results.

    Attributes:
        data: what it shows, as JSON could hold it; empty where nothing is measured.
        draw: writes a PNG of the data to a path, with this text under the key ``Data``.
    """

    data: Callable[[Rows], Any]
    draw: Callable[[Any, Path, str], None]


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        **speed_tables.TABLES,
        **agreement_tables.TABLES,
        **features_tables.TABLES,
        **linear_tables.TABLES,
        **index_tables.TABLES,
        **bank_tables.TABLES,
        **lists_tables.TABLES,
        **marking_tables.TABLES,
        **odds_tables.TABLES,
        **quorum_tables.TABLES,
        **robustness_tables.TABLES,
        **hard_tables.TABLES,
        **strengths_tables.TABLES,
        **scan_tables.TABLES,
        **shortlist_tables.TABLES,
        **trees_tables.TABLES,
    }
)
PLOTS: Mapping[str, Plot] = MappingProxyType(
    {
        "docs/img/speed.png": Plot(speed_plot.data, speed_plot.draw),
        "docs/img/index.png": Plot(index_plot.data, index_plot.draw),
        "docs/img/odds.png": Plot(odds_plot.data, odds_plot.draw),
        "docs/img/odds-inliers.png": Plot(inlier_plot.data, inlier_plot.draw),
        "docs/img/shortlist.png": Plot(shortlist_plot.data, shortlist_plot.draw),
        "docs/img/robustness.png": Plot(robustness_plot.data, robustness_plot.draw),
    }
)


class PageError(Exception):
    """A page's markers are wrong."""


def main(arguments: Sequence[str], root: Path = _ROOT) -> int:
    """Write or check every page and plot under ``root`` and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tables",
        description="Regenerates tables and plots in the docs from benchmarks/results.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if anything differs")
    check = parser.parse_args(arguments).check
    rows = load(root / "benchmarks" / "results")
    try:
        stale = _pages(root, rows, check=check)
    except PageError as error:
        sys.stderr.write(f"benchmarks.tables: {error}\n")
        return 1
    stale = _plots(root, rows, check=check) or stale
    if stale and check:
        sys.stderr.write("python -m benchmarks.tables brings the docs up to date.\n")
    return int(stale)


def load(folder: Path) -> list[Row]:
    """Return the rows of every result file in ``folder``."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def regenerate(text: str, rows: Rows) -> str:
    """Return ``text`` with every marked table written anew.

    Raises:
        PageError: a table is unknown or not closed.
    """

    def block(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in TABLES:
            raise PageError(f"no table is called {name!r}: there are {', '.join(sorted(TABLES))}")
        return found["head"] + (TABLES[name](rows) or _NOT_MEASURED) + found["end"]

    closed = _BLOCK.findall(text)
    bodies = "".join(body for _, _, body, _ in closed)
    if len(closed) != len(_OPENING.findall(text)) or _OPENING.search(bodies):
        raise PageError("a marked table has no <!-- end -->, or its name is not lower-case words")
    return _BLOCK.sub(block, text)


def _pages(root: Path, rows: Rows, *, check: bool) -> bool:
    """Write the pages, or show how they differ; return whether a check found differences."""
    stale = False
    for page in PAGES:
        path = root / page
        if not path.exists():
            continue
        old = path.read_text(encoding="utf-8")
        try:
            new = regenerate(old, rows)
        except PageError as error:
            raise PageError(f"{page}: {error}") from error
        if new == old:
            continue
        if check:
            stale = True
            lines = difflib.unified_diff(
                old.splitlines(keepends=True), new.splitlines(keepends=True), page, "from results"
            )
            sys.stdout.writelines(lines)
        else:
            path.write_text(new, encoding="utf-8")
            sys.stderr.write(f"{page}: tables written\n")
    return stale


def _plots(root: Path, rows: Rows, *, check: bool) -> bool:
    """Draw the plots whose data changed; return whether one is out of date afterwards."""
    stale = False
    for name, plot in PLOTS.items():
        path = root / name
        data = plot.data(rows)
        if not data or (path.exists() and png_text(path.read_bytes(), _DIGEST_KEY) == digest(data)):
            continue
        if check:
            sys.stdout.write(f"{name}: drawn from other results than those in the repository\n")
            stale = True
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            plot.draw(data, path, digest(data))
        except ImportError as error:
            sys.stderr.write(f"{name}: not drawn, {error.name} is not installed\n")
            stale = True
        else:
            sys.stderr.write(f"{name}: drawn\n")
    return stale


def digest(data: object) -> str:
    """Return a digest of plot data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def png_text(png: bytes, key: str) -> str | None:
    """Return the text that a PNG holds under ``key``, None where it holds none."""
    place = len(_PNG_HEAD)
    while png.startswith(_PNG_HEAD) and place + 8 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, place)
        name, _, text = png[place + 8 : place + 8 + length].partition(b"\0")
        if kind == b"tEXt" and name == key.encode("latin-1"):
            return text.decode("latin-1")
        place += length + 12
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
