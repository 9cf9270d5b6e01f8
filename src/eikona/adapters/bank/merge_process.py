"""Merges long segments in a process of its own, so that who changes the bank meanwhile never waits.

Merging sorts, copies and checks gigabytes. In a thread it would hold the interpreter for
milliseconds at a time, which is as long as a change takes all in all. The process is given what is
kept of each segment, writes one file of a name that nobody else uses, and answers what is in it; it
renames nothing, so one that outlives its writer by a moment does no harm. It ends with its writer.
"""

import json
import os
import secrets
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

import eikona
from eikona.adapters.bank.contents import Kept, of_segments
from eikona.adapters.bank.manifest import segment_path
from eikona.adapters.bank.new_file import PART
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.segment_write import Written, write_segment
from eikona.domain.errors import BankError, MergeFailedError

MERGED_BESIDE = 1 << 23  # bytes of segments: fewer are merged before a process has begun
_LENGTH = struct.Struct("<Q")
_NICER = 5  # than the writer: what is asked of the bank goes first
_PYTHONS = ("python", "pypy")
_PROGRAM = "from eikona.adapters.bank.merge_process import main; main()"


@dataclass(frozen=True, slots=True)
class Merge:
    """What to merge.

    Attributes:
        bank: the folder.
        parts: segments of it, and what is kept of them.
        path: where to write, a name that ends in ``PART``.
        descriptors: of each entry that the shortlist knows; None where local features are not kept.
        mode: permissions of the file.
    """

    bank: Path
    parts: Sequence[Kept]
    path: Path
    descriptors: int | None
    mode: int


def path_for(bank: Path, number: int) -> Path:
    """Return a name for a segment that is being merged, which no other merge ever has."""
    named = segment_path(bank, number)
    return named.with_name(f"{named.stem}-{secrets.token_hex(8)}{PART}")


def is_long(parts: Sequence[Kept]) -> bool:
    """Whether merging takes so long that a process pays."""
    return sum(len(part.segment.data) for part in parts) >= MERGED_BESIDE


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it.

    Attributes:
        torn: numbers of the segments that are damaged; where there are any, nothing was merged, for
            written anew damage would pass for sound.
        rows: of the new segment.
        written: its file; None where nothing was merged.
    """

    torn: frozenset[int] = frozenset()
    rows: int = 0
    written: Written | None = None


def merge(task: Merge) -> Merged:
    """Merge in this process.

    Raises:
        OSError: the disk is full or broken.
    """
    torn = {part.segment.number for part in task.parts if not part.segment.is_whole}
    if torn or not any(part.live.any() for part in task.parts):
        return Merged(frozenset(torn))
    contents = of_segments(task.parts, descriptors=task.descriptors)
    written = write_segment(task.path, contents.rows, contents.sections, mode=task.mode)
    return Merged(rows=contents.rows, written=written)


def merge_beside(task: Merge) -> Merged:
    """Merge in another process.

    Raises:
        MergeFailedError: there is no such process, or it failed.
    """
    if not Path(sys.executable or "").name.startswith(_PYTHONS):
        raise MergeFailedError("this program has no Python of its own to run")
    try:
        process = subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt is the writer's to answer
            env=os.environ | {"PYTHONPATH": _import_path()},
        )
    except OSError as error:
        raise MergeFailedError(f"no process can be started: {error}") from error
    with process:
        told = _answer(process, task)
    if told is None:
        raise MergeFailedError(f"the process that merges ended with status {process.returncode}")
    written = None if told["file"] is None else Written(*map(int, told["file"]))
    return Merged(frozenset(told["torn"]), int(told["rows"]), written)


def _answer(process: "subprocess.Popen[bytes]", task: Merge) -> dict[str, Any] | None:
    """Ask a process to merge and return what it says; its input stays open, so that it goes on."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        _write_task(process.stdin, task)
        told = process.stdout.read()
    except OSError:
        return None
    answer: dict[str, Any] | None = json.loads(told) if told else None
    return answer


def _import_path() -> str:
    """Return where the process finds what this one has imported."""
    here = str(Path(eikona.__file__).absolute().parents[1])
    return os.pathsep.join(dict.fromkeys([here, *filter(None, sys.path)]))


def _write_task(pipe: IO[bytes], task: Merge) -> None:
    head = json.dumps(
        {
            "bank": os.fspath(task.bank),
            "path": os.fspath(task.path),
            "descriptors": task.descriptors,
            "mode": task.mode,
            "segments": [[part.segment.number, part.segment.rows] for part in task.parts],
        }
    ).encode()
    pipe.write(_LENGTH.pack(len(head)))
    pipe.write(head)
    pipe.writelines(np.packbits(part.live).data for part in task.parts)
    pipe.flush()


def _read_task(pipe: IO[bytes]) -> Merge:
    (length,) = _LENGTH.unpack(pipe.read(_LENGTH.size))
    head = json.loads(pipe.read(length))
    bank, parts = Path(head["bank"]), []
    for number, rows in head["segments"]:
        bits = np.frombuffer(pipe.read(-(-rows // 8)), np.uint8)
        live = np.unpackbits(bits, count=rows).astype(np.bool_)
        parts.append(Kept(Segment.open(segment_path(bank, number), number), live))
    return Merge(bank, parts, Path(head["path"]), head["descriptors"], head["mode"])


def main() -> None:
    """Do what standard input says, and answer on standard output."""
    if hasattr(os, "nice"):
        os.nice(_NICER)
    pipe = sys.stdin.buffer
    try:
        task = _read_task(pipe)
        threading.Thread(target=_end_with, args=(pipe, task.path), daemon=True).start()
        merged = merge(task)
    except (BankError, OSError):
        os._exit(1)
    file = None if merged.written is None else astuple(merged.written)
    answer = {"torn": sorted(merged.torn), "rows": merged.rows, "file": file}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)


def _end_with(pipe: IO[bytes], path: Path) -> None:
    """End this process when the writer has closed its end, which it does by ending."""
    pipe.read()
    path.unlink(missing_ok=True)
    os._exit(1)
