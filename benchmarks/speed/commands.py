"""Whole commands as a user types them: a folder of pictures, and how fast one command starts."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.pictures import SCRATCH
from benchmarks.speed.rows import Row, spread

_SEED = 26
_PEER_COMMAND = str(Path(__file__).with_name("peer_command.py"))
_FOLDER_PEERS = {
    "imagehash-four": ("imagehash, 4 hashes", "4 hashes", "imagehash"),
    "pdqhash": ("pdqhash", "1 hash", "pdqhash"),
    "perception-phash": ("perception, PHash", "1 hash", "perception"),
    "perception-four": ("perception, 4 hashes", "4 hashes", "perception"),
}
_START_PEERS = {
    "imagehash-phash": ("imagehash's phash of one JPEG", "imagehash"),
    "pdqhash": ("pdqhash of one JPEG", "pdqhash"),
    "perception-phash": ("perception's PHash of one JPEG", "perception"),
}
_JOBS = (1, 2)


class CommandFailedError(Exception):
    """A timed command did not do its work."""


@dataclass(frozen=True, slots=True)
class Command:
    """A whole process that is timed.

    Attributes:
        what: its name in results.
        kind: eikona, peer or floor.
        line: program and arguments.
        computes: what it gives for a picture, in words.
        jobs: processes.
    """

    what: str
    kind: str
    line: tuple[str, ...]
    computes: str = ""
    jobs: int = 1


def folder_commands(folder: Path, installed: Callable[[str], bool]) -> list[Command]:
    """Return the commands that hash a folder."""
    found = [
        Command(
            "eikona hash",
            "eikona",
            (*_eikona(), "hash", str(folder), "--format", "json", "--jobs", str(jobs)),
            "all hashes without NMF",
            jobs,
        )
        for jobs in _JOBS
    ]
    for peer, (what, computes, package) in _FOLDER_PEERS.items():
        if installed(package):
            line = (sys.executable, _PEER_COMMAND, peer, str(folder))
            found += [
                Command(what, "peer", (*line, "--jobs", str(jobs)), computes, jobs)
                for jobs in _JOBS
            ]
    return found


def start_commands(picture: Path, installed: Callable[[str], bool]) -> list[Command]:
    """Return the commands whose start is timed."""
    found = [
        Command("python -c pass", "floor", (sys.executable, "-c", "pass")),
        Command('python -c "import numpy"', "floor", (sys.executable, "-c", "import numpy")),
        Command("eikona --help", "eikona", (*_eikona(), "--help")),
        Command(
            "eikona hash one.jpg",
            "eikona",
            (*_eikona(), "hash", str(picture)),
            "all hashes without NMF",
        ),
    ]
    for peer, (what, package) in _START_PEERS.items():
        if installed(package):
            line = (sys.executable, _PEER_COMMAND, peer, str(picture))
            found.append(Command(what, "peer", line, "1 hash"))
    return found


def time_commands(
    commands: Sequence[Command], *, rounds: int, lines: int | None, report: Callable[[int], None]
) -> dict[tuple[str, int], NDArray[np.float64]]:
    """Return seconds of each command, by name and processes, one value a round.

    Args:
        commands: what to time; each runs once a round, in an order drawn anew.
        rounds: how often; one more round goes before them untimed.
        lines: what each must write, so that none is fast by failing; None for anything.
        report: called with the number of rounds done.

    Raises:
        CommandFailedError: one failed or wrote too little.
    """
    order = np.random.default_rng(_SEED)
    times: dict[tuple[str, int], list[float]] = {(c.what, c.jobs): [] for c in commands}
    for number in range(-1, rounds):
        for index in order.permutation(len(commands)):
            command = commands[index]
            seconds = _time(command, lines)
            if number >= 0:
                times[command.what, command.jobs].append(seconds)
        report(number + 1)
    return {key: np.array(values) for key, values in times.items()}


def _time(command: Command, lines: int | None) -> float:
    with tempfile.TemporaryFile() as written:
        begin = time.perf_counter()
        done = subprocess.run(
            command.line,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.PIPE,
            check=False,
        )
        seconds = time.perf_counter() - begin
        written.seek(0)
        count = written.read().count(b"\n")
    if done.returncode or (lines is not None and count != lines):
        said = done.stderr.decode(errors="replace").strip()[-400:]
        raise CommandFailedError(
            f"{command.what} ended with status {done.returncode} after {count} lines: {said}"
        )
    return seconds


def folder_rows(
    commands: Sequence[Command],
    times: Mapping[tuple[str, int], NDArray[np.float64]],
    pictures: int,
) -> list[Row]:
    """Return a row a command, its ratio to Eikona's on as many processes, and the speed-ups."""
    rows: list[Row] = []
    for command in commands:
        seconds = times[command.what, command.jobs]
        ratio = seconds / times["eikona hash", command.jobs]
        rows.append(
            {
                **_facts(command, "folder", seconds),
                "jobs": command.jobs,
                **spread("ratio", "ratio_iqr", ratio),
                "ratio_to": f"eikona hash, {command.jobs} processes",
                "pictures": pictures,
            }
        )
    for what in dict.fromkeys(command.what for command in commands):
        one, two = (times[what, jobs] for jobs in _JOBS)
        rows.append(
            {
                "set": "folder",
                "what": f"{what}: 1 process over 2",
                "kind": "speed-up",
                "unit": "x",
                **spread("median", "iqr", one / two),
                "rounds": len(one),
                "pictures": pictures,
            }
        )
    return rows


def start_rows(
    commands: Sequence[Command], times: Mapping[tuple[str, int], NDArray[np.float64]]
) -> list[Row]:
    """Return a row a command."""
    return [_facts(c, "start", times[c.what, c.jobs]) for c in commands]


def _facts(command: Command, name: str, seconds: NDArray[np.float64]) -> Row:
    return {
        "set": name,
        "what": command.what,
        "kind": command.kind,
        "computes": command.computes,
        "unit": "s",
        **spread("median", "iqr", seconds),
        "rounds": len(seconds),
    }


@contextmanager
def folder_of(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Give a folder that holds ``files`` alone, just written and so in the system's cache."""
    folder = SCRATCH / f"folder-{os.getpid()}"
    folder.mkdir(parents=True)
    try:
        for name, data in files.items():
            (folder / name).write_bytes(data)
        yield folder
    finally:
        shutil.rmtree(folder)


def _eikona() -> tuple[str, ...]:
    """Return the installed command of this environment, or the module where only that is there."""
    script = Path(sys.executable).with_name("eikona")
    return (str(script),) if script.exists() else (sys.executable, "-m", "eikona.apps.cli")
