"""Measures whole scans: against hashing alone, and the second one against the first.

usage: python -m benchmarks.scan [--pictures FOLDER] [--rounds N] [--distinct N]

Writes benchmarks/results/scan.jsonl and the tables of the docs. What it makes (pictures of 2 to 12
megapixels, a bank of 10,000 entries) stays in benchmarks/.scratch for the next run.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

import eikona
from benchmarks import tables
from benchmarks.speed import pictures
from benchmarks.speed.rows import Row, facts_of_run, spread, write_rows
from eikona.adapters.bank.bank import Bank
from eikona.domain.bank import Entry

RESULTS = Path(__file__).resolve().parent.parent / "results" / "scan.jsonl"
ENTRIES = 10_000  # of the bank
FILES = 1000  # in each folder
SMALLEST_MP, LARGEST_MP = 2.0, 12.0
_SEED = 3
_CROP = (0.3, 0.6)  # of each side: what is left shows something else than the photograph
_RECIPE = 1  # changes with whatever changes the pictures or the bank


@dataclass(frozen=True, slots=True)
class Spent:
    """What one command took.

    Attributes:
        wall: seconds from start to end.
        processor: seconds of all its processes together.
    """

    wall: float
    processor: float


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan", description=__doc__)
    parser.add_argument("--pictures", type=Path, default=pictures.PHOTOS, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument(
        "--distinct", type=int, default=200, metavar="N", help="large pictures that are no links"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    wanted = parser.parse_args(arguments)
    try:
        photos = pictures.find_photos(wanted.pictures)
    except pictures.NoPicturesError as error:
        sys.stderr.write(f"benchmarks.scan: {error}\n")
        return 1
    pictures.SCRATCH.mkdir(exist_ok=True)
    bank = _bank(photos)
    rows: list[Row] = []
    with (
        _linked([p.read_bytes() for p in photos[:FILES]], "native") as native,
        _linked(_large(photos, wanted.distinct), "large") as large,
    ):
        rows += _against_hashing(native, bank, wanted.rounds)
        rows += _again(native, bank, wanted.rounds, "0.2 MP")
        rows += _again(large, bank, wanted.rounds, f"{SMALLEST_MP:g} to {LARGEST_MP:g} MP")
    facts = facts_of_run() | {"family": "scan", "entries": ENTRIES}
    write_rows(wanted.results, rows, facts)
    return tables.main([]) if wanted.results == RESULTS else 0


def _against_hashing(folder: Path, bank: Path, rounds: int) -> list[Row]:
    """Time hash and scan, neither with a cache, one after the other."""
    commands = {
        "eikona hash": ("hash", str(folder)),
        "eikona scan --no-cache": ("scan", str(folder), "--bank", str(bank), "--no-cache"),
    }
    spent: dict[str, list[Spent]] = {what: [] for what in commands}
    for number in range(-1, rounds):
        for what in sorted(commands, reverse=number % 2 == 0):
            taken = _run(*commands[what])
            if number >= 0:
                spent[what].append(taken)
        _say(f"hash and scan: {number + 1} of {rounds} rounds")
    base = spent["eikona hash"]
    return [_row("bank", what, "0.2 MP", some, base) for what, some in spent.items()]


def _again(folder: Path, bank: Path, rounds: int, size: str) -> list[Row]:
    """Time a scan with an empty cache and the one after it."""
    spent: dict[str, list[Spent]] = {"first scan": [], "second scan": [], "eikona --version": []}
    for number in range(-1, rounds):
        with tempfile.TemporaryDirectory(dir=pictures.SCRATCH) as place:
            line = ("scan", str(folder), "--bank", str(bank), "--cache", f"{place}/cache")
            taken = {
                "first scan": _run(*line),
                "second scan": _run(*line),
                "eikona --version": _run("--version", as_json=False),
            }
        if number >= 0:
            for what, one in taken.items():
                spent[what].append(one)
        _say(f"scan again, {size}: {number + 1} of {rounds} rounds")
    base = spent["first scan"]
    return [_row(f"cache {size}", what, size, some, base) for what, some in spent.items()]


def _row(part: str, what: str, size: str, spent: Sequence[Spent], base: Sequence[Spent]) -> Row:
    """Return one row; ratios are of each round to the base's time in the same round."""
    wall = np.array([one.wall for one in spent])
    processor = np.array([one.processor for one in spent])
    return {
        "set": part,
        "what": what,
        "size": size,
        "pictures": FILES,
        "rounds": len(spent),
        "unit": "s",
        **spread("median", "iqr", wall),
        **spread("processor", "processor_iqr", processor),
        **spread("ratio", "ratio_iqr", wall / [one.wall for one in base]),
        **spread("processor_ratio", "pr_iqr", processor / [one.processor for one in base]),
    }


def _run(*arguments: str, as_json: bool = True) -> Spent:
    script = Path(sys.executable).with_name("eikona")
    line = [str(script), *arguments, *(("--format", "json") if as_json else ())]
    before, begin = os.times(), time.perf_counter()
    done = subprocess.run(line, capture_output=True, check=False)
    wall, after = time.perf_counter() - begin, os.times()
    lines = done.stdout.count(b"\n")
    if done.returncode or (as_json and lines != FILES):
        said = done.stderr.decode(errors="replace")[-400:]
        raise SystemExit(f"{' '.join(line)}: {lines} lines, status {done.returncode}: {said}")
    return Spent(
        wall,
        after.children_user + after.children_system - before.children_user - before.children_system,
    )


def _large(photos: Sequence[Path], count: int) -> list[bytes]:
    """Return so many pictures of different sizes, made once and kept."""
    sizes = np.linspace(SMALLEST_MP, LARGEST_MP, count) * 1e6
    made = []
    for number, (path, pixels) in enumerate(zip(photos, sizes, strict=False)):
        kept = pictures.SCRATCH / f"scan-{_RECIPE}-{count}-{number}.jpg"
        if not kept.exists():
            _say(f"making picture {number + 1} of {count}")
            height = round((pixels * 3 / 4) ** 0.5)
            part = kept.with_suffix(".part")
            part.write_bytes(
                pictures.enlarge(path.read_bytes(), (height * 4 // 3, height), seed=number)
            )
            part.replace(kept)
        made.append(kept.read_bytes())
    return made


def _bank(photos: Sequence[Path]) -> Path:
    """Return a bank of parts of the photographs, made once and kept."""
    path = pictures.SCRATCH / f"scan-{_RECIPE}-{len(photos)}.bank"
    if path.exists():
        return path
    draw = np.random.default_rng(_SEED)
    entries = []
    for number in range(ENTRIES):
        if number % 500 == 0:
            _say(f"making the bank: {number} of {ENTRIES} entries")
        with Image.open(photos[number % len(photos)]) as image:
            width, height = (int(side * draw.uniform(*_CROP)) for side in image.size)
            left = int(draw.integers(0, image.width - width))
            top = int(draw.integers(0, image.height - height))
            out = io.BytesIO()
            image.convert("RGB").crop((left, top, left + width, top + height)).save(out, "BMP")
        entries.append(
            Entry(
                name=f"{number:05}",
                fingerprint=eikona.fingerprint(out.getvalue()),
                created=datetime.now(UTC),
            )
        )
    part = path.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    bank = Bank.create(part)
    bank.add_entries(entries)
    bank.close()
    part.rename(path)
    return path


@contextmanager
def _linked(files: Sequence[bytes], name: str) -> Iterator[Path]:
    """Give a folder of ``FILES`` files, links to these where they are fewer."""
    folder = pictures.SCRATCH / f"scan-{name}-{os.getpid()}"
    folder.mkdir()
    try:
        for number, data in enumerate(files):
            (folder / f"{number:04}.jpg").write_bytes(data)
        for number in range(len(files), FILES):
            (folder / f"{number:04}.jpg").hardlink_to(folder / f"{number % len(files):04}.jpg")
        time.sleep(1.0)  # the cache trusts no file that was written a moment ago
        yield folder
    finally:
        shutil.rmtree(folder)


def _say(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
