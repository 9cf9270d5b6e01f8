"""The command ``python -m benchmarks.lists``: seconds of importing and exporting a million entries.

Each measurement is a whole process, as a user starts it. Its wall time depends on what else the
machine does, so the processor time that it took stands beside it, and the machine's load.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.speed.rows import Row, facts_of_run, write_rows
from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.names import name_digests
from eikona.adapters.bank.records import STATES, bare_records
from eikona.adapters.bank.store import BankStore
from eikona.native.switch import COMPILE_FOR, prepare
from eikona.services.ports import HashKey

_ROOT = Path(__file__).resolve().parent.parent.parent
_RESULTS = _ROOT / "benchmarks" / "results" / "lists.jsonl"
_ENTRIES = 1_000_000
_ROUNDS = 2
_FORMATS = {
    "typed": "list.txt",
    "csv": "table.csv",
    "ndjson": "all.ndjson",
    "parquet": "all.parquet",
    "threatexchange": "page.json",
}
_KEY = HashKey("pdq", 1, 32)
_CREATED = datetime(2026, 11, 21, tzinfo=UTC)
_BLOCK = 1 << 20  # bytes of a bare read
# A process begins with its parent's peak memory: so a small one is between.
_LAUNCHER = """
import json, os, sys
used, *words = sys.argv[1:]
_, status, usage = os.wait4(os.posix_spawn(words[0], words, os.environ), 0)
with open(used, "w") as file:
    json.dump([status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss], file)
"""
_WHATS = ("import", "import again", "export", "read")


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lists",
        description="Times importing and exporting lists of entries.",
        epilog="Example: python -m benchmarks.lists --entries 100000 --results /tmp/lists.jsonl",
    )
    parser.add_argument("--entries", type=int, default=_ENTRIES, metavar="N")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, metavar="N")
    parser.add_argument("--results", type=Path, default=_RESULTS, metavar="FILE")
    wanted = parser.parse_args(arguments)
    if not prepare(COMPILE_FOR):
        sys.stderr.write("benchmarks.lists: the kernels do not compile here\n")
        return 1
    facts = facts_of_run() | {"family": "lists"}
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), wanted.entries, wanted.rounds)
        write_rows(wanted.results, rows, facts)
    return 0


def measure(folder: Path, entries: int, rounds: int) -> list[Row]:
    """Return a row for each format and each thing done with it.

    Args:
        folder: where banks and lists are made.
        entries: in each list.
        rounds: how often each is measured, in turns.
    """
    source = fill(folder / "source", entries)
    taken: dict[tuple[str, str], list[Taken]] = {}
    sizes = {}
    for _ in range(rounds):
        for file_format, name in _FORMATS.items():
            for what, one in _round(source, folder / name, file_format):
                taken.setdefault((file_format, what), []).append(one)
                sys.stderr.write(f"{file_format} {what}: {one}\n")
            sizes[file_format] = (folder / name).stat().st_size
    return [
        _row(taken[file_format, what])
        | {"set": file_format, "format": file_format, "what": what, "entries": entries}
        | {"file_mb": round(sizes[file_format] / 1e6, 1)}
        for file_format in _FORMATS
        for what in _WHATS
    ]


def fill(path: Path, entries: int) -> Path:
    """Make a bank of entries with names, states, every third with tags, every tenth with a note."""
    random = np.random.default_rng(entries)
    names = [f"pictures/{number % 997:03}/{number:07}.jpg".encode() for number in range(entries)]
    records = bare_records(entries, _CREATED)
    records["state"] = random.choice(len(STATES), entries, p=[0.2, 0.6, 0.1, 0.1])
    records["width"], records["height"] = random.integers(200, 5000, (2, entries))
    tags = [b'"tags":["partner","category-%d"]' % (number % 7) for number in range(entries)]
    texts = [
        b"{%s}" % tags[number]
        if number % 3 == 0
        else b'{"note":"seen %d times"}' % number
        if number % 10 == 0
        else b""
        for number in range(entries)
    ]
    codes = {_KEY: random.integers(0, 256, (entries, _KEY.size), np.uint8)}
    with BankStore.create(path) as store:
        store.add_columns(EntryColumns(names, name_digests(names), codes, records, texts))
    return path


@dataclass(frozen=True, slots=True)
class Taken:
    """What one process took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    load: float


def _round(source: Path, listed: Path, file_format: str) -> Iterator[tuple[str, Taken]]:
    bank = listed.with_suffix(".bank")
    yield "export", _command("export", source, "--output", listed, "--as", file_format)
    yield "read", _read(listed)
    BankStore.create(bank).close()
    yield "import", _command("import", bank, listed)
    yield "import again", _command("import", bank, listed)
    for path in bank.iterdir():
        path.unlink()
    bank.rmdir()


def _command(command: str, bank: Path, *more: object) -> Taken:
    """Run one command to its end."""
    arguments = [sys.executable, "-m", "eikona.apps.cli", "bank", command, bank, *more]
    words = [*map(str, arguments), "--format", "json"]
    used = bank.with_suffix(".used")
    environment = {**os.environ, "PYTHONPATH": str(_ROOT / "src")}
    load, started = os.getloadavg()[0], time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, used, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        check=True,
    )
    seconds = time.perf_counter() - started
    said = [json.loads(line) for line in done.stdout.splitlines()]
    status, cpu, peak_kb = json.loads(used.read_text())
    if status or said[-1].get("failed"):
        raise RuntimeError(f"{words} ended with {status}: {said}")
    return Taken(seconds, cpu, peak_kb / 1024, load)


def _read(path: Path) -> Taken:
    """Read a file and do nothing with it."""
    load, started, cpu = os.getloadavg()[0], time.perf_counter(), time.process_time()
    with path.open("rb", buffering=0) as file:
        while file.read(_BLOCK):
            pass
    return Taken(time.perf_counter() - started, time.process_time() - cpu, 0.0, load)


def _row(taken: Sequence[Taken]) -> Row:
    seconds, cpu = [one.seconds for one in taken], [one.cpu_seconds for one in taken]
    return {
        "rounds": len(taken),
        "median": round(median(seconds), 3),
        "least": round(min(seconds), 3),
        "most": round(max(seconds), 3),
        "cpu_median": round(median(cpu), 3),
        "cpu_least": round(min(cpu), 3),
        "cpu_most": round(max(cpu), 3),
        "peak_mb": round(max(one.peak_mb for one in taken)),
        "load": round(median(one.load for one in taken), 1),
    }
