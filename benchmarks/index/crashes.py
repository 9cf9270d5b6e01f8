"""The command ``python -m benchmarks.index.crashes``: kills writers of a bank, counts what is lost.

Each round lets a process change a bank as fast as it can, kills it at a moment drawn by chance, and
holds what the bank has then against what the process had acknowledged. Few entries fill the log, so
that kills meet seals and merges often.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.speed.rows import facts_of_run, write_rows
from eikona.adapters.bank import log_writer, writer
from eikona.adapters.bank.log_file import HEAD_BYTES, parse_log
from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from eikona.domain.bank import Entry
from eikona.domain.fingerprint import DecodeMode, Fingerprint

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "index-crashes.jsonl"
_NAMES = 200
_MOST_AT_ONCE = 12  # entries of one change; more than ``_LOGGED`` are no change of the log
_LOGGED, _TAIL_ROWS = 8, 40
_LONGEST_S = 0.3  # a writer lives, after it is open
_CREATED = datetime(2026, 11, 21, tzinfo=UTC)

State = Mapping[str, int]  # seed of the entry of each name


@dataclass
class Campaign:
    """What the rounds have shown.

    Attributes:
        acknowledged: changes that a writer said were made.
        lost: rounds after which a change that was acknowledged was not there.
        half: rounds after which a change was there in part, or one that nobody made.
        damaged: rounds after which the bank did not open, or ``verify`` found something.
        met: what kills met: a log with a torn end, a file that was being written, and so on.
    """

    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    half: int = 0
    damaged: int = 0
    met: Counter[str] = field(default_factory=Counter)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.index.crashes",
        description="Kills writers of a bank, and counts what is lost.",
        epilog="Example: python -m benchmarks.index.crashes --rounds 1000",
    )
    parser.add_argument("--rounds", type=int, default=100, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--results", type=Path, default=_RESULTS, metavar="FILE")
    wanted = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), wanted.rounds, wanted.seed)
    facts = facts_of_run() | {"family": "index-crashes"}
    row = {
        "set": "kills",
        "rounds": found.rounds,
        "acknowledged": found.acknowledged,
        "lost": found.lost,
        "half": found.half,
        "damaged": found.damaged,
        "met": dict(sorted(found.met.items())),
        "seed": wanted.seed,
        "seconds": round(time.monotonic() - began, 1),
    }
    write_rows(wanted.results, [row], facts)
    sys.stderr.write(f"{row}\n")
    return 1 if found.lost or found.half or found.damaged else 0


def run(folder: Path, rounds: int, seed: int) -> Campaign:
    """Kill so many writers of one bank.

    Args:
        folder: where the bank is made.
        rounds: how many.
        seed: of all that is drawn.
    """
    writer.MOST_LOGGED, writer.TAIL_ROWS = _LOGGED, _TAIL_ROWS
    log_writer.SYNC_EVERY_S = 0.001
    path = BankStore.create(folder / "bank").path
    random, campaign = np.random.default_rng(seed), Campaign()
    state: State = {}
    for number in range(rounds):
        acknowledged = _killed_after(path, number, float(random.uniform(0, _LONGEST_S)))
        campaign.rounds += 1
        campaign.acknowledged += acknowledged
        _count_what_was_met(path, campaign)
        state = _check(path, state, number, acknowledged, campaign)
    return campaign


def _check(path: Path, state: State, seed: int, acknowledged: int, campaign: Campaign) -> State:
    """Hold the bank against what was acknowledged, and return what it has now."""
    if verify_bank(path):
        campaign.damaged += 1
    found = {one.name: one.fingerprint.width for one in BankStore.open(path).entries()}
    after = [_after(state, seed, acknowledged + more) for more in (0, 1)]
    if found not in after:  # the change that was under way may be in, as a whole
        earlier = [_after(state, seed, number) for number in range(acknowledged)]
        if found in earlier:
            campaign.lost += 1
        else:
            campaign.half += 1
    return found


def _count_what_was_met(path: Path, campaign: Campaign) -> None:
    logs, parts = list(path.glob("log-*.eik")), list(path.glob("*.part"))
    for log in logs:
        data = log.read_bytes()
        parsed = parse_log(memoryview(data)[HEAD_BYTES:])
        campaign.met["log with changes" if parsed.payloads else "log without changes"] += 1
        if parsed.end < len(data):
            campaign.met["torn log"] += 1
    campaign.met["file being written"] += bool(parts)
    manifest = (path / "manifest.json").read_bytes()
    named = sum(f'"number":{_number(one)},'.encode() in manifest for one in _segments(path))
    campaign.met["segment that is not named yet, or no more"] += named < len(_segments(path))


def _segments(path: Path) -> list[Path]:
    return list(path.glob("segment-*.eik"))


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _killed_after(path: Path, seed: int, seconds: float) -> int:
    """Let a process change the bank for a while; return how many changes it acknowledged."""
    heard, acknowledge = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        try:
            _write_for_ever(path, seed, acknowledge)
        finally:
            os._exit(1)
    os.close(acknowledge)
    with os.fdopen(heard, "rb") as pipe:
        opened = len(pipe.read(1))
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return opened + len(pipe.read()) - 1


def _write_for_ever(path: Path, seed: int, acknowledge: int) -> None:
    with BankStore.open(path, writable=True) as store:
        os.write(acknowledge, b".")
        for kind, what in _changes(seed):
            if kind == "remove":
                store.remove(what)
            else:
                store.add([_entry(name, number) for name, number in what.items()])
            os.write(acknowledge, b".")


def _changes(seed: int) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the same changes for the same seed, for ever."""
    random = np.random.default_rng(seed)
    while True:
        names = [f"{number}" for number in random.integers(0, _NAMES, random.integers(1, 4))]
        if random.random() < 0.05:  # a segment of its own
            names = [f"{number}" for number in random.permutation(_NAMES)[:_MOST_AT_ONCE]]
        kind = "remove" if random.random() < 0.3 else "add"
        yield kind, {name: 1 + int(random.integers(1 << 30)) for name in names}


def _after(state: State, seed: int, changes: int) -> State:
    now = dict(state)
    for _, (kind, what) in zip(range(changes), _changes(seed), strict=False):
        for name, number in what.items():
            if kind == "remove":
                now.pop(name, None)
            else:
                now[name] = number
    return now


def _entry(name: str, number: int) -> Entry:
    code = np.random.default_rng(number).bytes(32)
    picture = Fingerprint(
        width=number,
        height=1,
        frames=1,
        frame=0,
        quality=100,
        decode=DecodeMode.EXACT,
        image_format="png",
        hashes={"pdq": code},
        versions={"pdq": 1},
    )
    return Entry(name=name, fingerprint=picture, created=_CREATED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
