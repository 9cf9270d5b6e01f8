"""The command ``python -m benchmarks.speed``: measures, writes results, regenerates the docs."""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import tables
from benchmarks.speed import commands, pictures, stages, whole
from benchmarks.speed.contender import Contender, Difference, MissingPeerError
from benchmarks.speed.rounds import time_rounds
from benchmarks.speed.rows import Row, facts_of_run, picture_rows, write_rows
from eikona.native.switch import COMPILE_FOR, prepare

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "speed.jsonl"
_QUICK_RESULTS = pictures.SCRATCH / "quick" / "speed.jsonl"
_PACKAGES = ("cv2", "imagehash", "matplotlib", "pdqhash", "perception")
_SLOW = {  # contender: pictures a round, runs in each n-th round; native, then 12 MP
    "native": {"unihasher, 4 hashes": (6, 4)},
    "12mp": {
        "imagehash, 4 hashes": (2, 1),
        "eikona --compat imagehash": (2, 1),
        "pdqhash": (2, 1),
        "perception, PDQ": (2, 1),
        "perception, 4 hashes": (2, 1),
        "unihasher, 4 hashes": (2, 5),
    },
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: pictures of each set, and rounds of each part."""

    native: int
    large: int
    stages: int
    folder: int
    rounds: dict[str, int]


_FULL = Size(
    native=60,
    large=6,
    stages=24,
    folder=1000,
    rounds={"native": 40, "12mp": 15, "stages": 30, "hashes": 30, "folder": 7, "start": 25},
)
_QUICK = Size(
    native=2,
    large=1,
    stages=1,
    folder=4,
    rounds=dict.fromkeys(_FULL.rounds, 1),
)
_PARTS = tuple(_FULL.rounds)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    wanted = _parser().parse_args(arguments)
    try:
        _Run(wanted).measure()
    except (
        commands.CommandFailedError,
        MissingPeerError,
        pictures.NoPicturesError,
    ) as error:
        _say(f"benchmarks.speed: {error}")
        return 1
    except KeyboardInterrupt:
        _say("\nInterrupted: the parts that were finished are written.")
        return 130
    if wanted.quick or wanted.results:
        return 0
    return tables.main([])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description="Times fingerprinting beside bare decoding and other programs.",
        epilog="Example: python -m benchmarks.speed --only native 12mp",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="smoke run on drawn pictures and with the peers there are; leaves results and docs",
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        default=pictures.PHOTOS,
        metavar="FOLDER",
        help="photographs to measure with (default: ../shared/data/photos)",
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="write the rows there and leave the docs alone (default: benchmarks/results)",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of every part")
    parser.add_argument("--limit", type=int, metavar="N", help="most pictures in the folder part")
    parser.add_argument(
        "--only", nargs="+", choices=_PARTS, metavar="PART", help=f"of {', '.join(_PARTS)}"
    )
    return parser


class _Run:
    """One run, from options to written rows."""

    def __init__(self, wanted: argparse.Namespace) -> None:
        self.quick: bool = wanted.quick
        self.parts: Sequence[str] = wanted.only or _PARTS
        self.size = _QUICK if self.quick else _FULL
        self.rounds = {part: wanted.rounds or rounds for part, rounds in self.size.rounds.items()}
        self.limit: int = wanted.limit or self.size.folder
        self.results: Path = wanted.results or (_QUICK_RESULTS if self.quick else _RESULTS)
        self.folder: Path = wanted.pictures
        self.facts = facts_of_run()

    def measure(self) -> None:
        if not self.quick:
            _check_peers()
            pictures.find_photos(self.folder)
        # In a process of its own: this one's processes begin without kernels.
        if subprocess.run([sys.executable, "-m", "eikona.native"], check=False).returncode:
            _say("There are no compiled kernels here: NumPy does all the work.")
        for part in self.parts:
            began = time.monotonic()
            rows = _MEASURES[part](self)
            write_rows(self.results, rows, self.facts)
            _say(f"{part}: {len(rows)} rows in {time.monotonic() - began:.0f} s")

    def native(self, count: int) -> pictures.PictureSet:
        if self.quick:
            return pictures.drawn(count, (200, 150))
        return pictures.native(pictures.find_photos(self.folder), count)

    def large(self) -> pictures.PictureSet:
        if self.quick:
            return pictures.drawn(self.size.large, (1600, 1200), "12mp")
        return pictures.large(pictures.find_photos(self.folder), self.size.large, _say)

    def whole(self, picture_set: pictures.PictureSet, block: int) -> list[Row]:
        name = picture_set.name
        found = whole.contenders(_say if self.quick else None)
        found = [_slowed(contender, _SLOW[name]) for contender in found]
        return self._timed(name, found, whole.DIFFERENCES, picture_set, block)

    def stages(self) -> list[Row]:
        rows = []
        for picture_set in (self.native(self.size.stages), self.large()):
            name = picture_set.name
            block = 8 if name == "native" else 1
            found = list(stages.stages(name))
            rows += self._timed(
                "stages", found, stages.DIFFERENCES, picture_set, block, f"stages-{name}"
            )
        return rows

    def hashes(self) -> list[Row]:
        return self._timed("hashes", list(stages.hashes()), (), self.native(self.size.stages), 8)

    def commands_on_folder(self) -> list[Row]:
        with self._photos() as folder:
            count = len(list(folder.iterdir()))
            found = commands.folder_commands(folder, _is_installed)
            times = commands.time_commands(
                found,
                rounds=self.rounds["folder"],
                lines=count,
                report=_progress("folder", self.rounds["folder"]),
            )
        return commands.folder_rows(found, times, count)

    def starts(self) -> list[Row]:
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "one.jpg"
            picture.write_bytes(self.native(1).pictures[0])
            found = commands.start_commands(picture, _is_installed)
            times = commands.time_commands(
                found,
                rounds=self.rounds["start"],
                lines=None,
                report=_progress("start", self.rounds["start"]),
            )
        return commands.start_rows(found, times)

    def _photos(self) -> AbstractContextManager[Path]:
        if self.quick:
            return commands.folder_of(
                {f"{n}.jpg": data for n, data in enumerate(self.native(self.limit).pictures)}
            )
        photos = pictures.find_photos(self.folder)[: self.limit]
        return commands.folder_of({path.name: path.read_bytes() for path in photos})

    def _timed(
        self,
        part: str,
        found: Sequence[Contender],
        differences: Sequence[Difference],
        picture_set: pictures.PictureSet,
        block: int,
        name: str = "",
    ) -> list[Row]:
        rounds = self.rounds[part]
        times = time_rounds(
            found,
            picture_set.pictures,
            rounds=rounds,
            block=block,
            report=_progress(name or part, rounds),
            begin=partial(prepare, COMPILE_FOR),
        )
        return picture_rows(found, differences, times, picture_set, name or part)


_MEASURES: dict[str, Callable[[_Run], list[Row]]] = {
    "native": lambda run: run.whole(run.native(run.size.native), 30),
    "12mp": lambda run: run.whole(run.large(), 1),
    "stages": _Run.stages,
    "hashes": _Run.hashes,
    "folder": _Run.commands_on_folder,
    "start": _Run.starts,
}


def _slowed(contender: Contender, slow: dict[str, tuple[int, int]]) -> Contender:
    if contender.what not in slow:
        return contender
    count, every = slow[contender.what]
    return replace(contender, pictures=count, every=every)


def _check_peers() -> None:
    missing = [name for name in _PACKAGES if not _is_installed(name)]
    if missing:
        raise MissingPeerError(
            f"not installed: {', '.join(missing)}. The programs to compare with are listed in"
            " benchmarks/requirements-peers.txt: pip install --no-deps --require-hashes -r it,"
            " or take --quick"
        )


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _progress(part: str, rounds: int) -> Callable[[int], None]:
    began = time.monotonic()
    on_terminal = sys.stderr.isatty()

    def report(done: int) -> None:
        spent = time.monotonic() - began
        left = spent / (done + 1) * (rounds - done)
        line = f"{part}: {done} of {rounds} rounds, {spent:.0f} s, about {left:.0f} s left"
        sys.stderr.write(f"\r{line}\x1b[K" if on_terminal else f"{line}\n")
        if on_terminal and done == rounds:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return report


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
