"""Changes a bank in one step: new files first, then the manifest that makes them the bank."""

import contextlib
import stat
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np

from eikona.adapters.bank.contents import Contents
from eikona.adapters.bank.log_file import log_path
from eikona.adapters.bank.manifest import (
    FileRow,
    Manifest,
    segment_path,
    tombstone_path,
    write_manifest,
)
from eikona.adapters.bank.new_file import PART
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.segment_write import write_segment
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.tombstones import Rows, write_tombstones

_MOST_TOMBSTONE_FILES = 16
_OUR_FILES = ("segment-*.eik", "tombstones-*.eik", "log-*.eik", f"*{PART}")


def commit(
    bank: Path,
    snapshot: Snapshot,
    contents: Sequence[Contents],
    removed: Rows,
    *,
    without: Sequence[Segment] = (),
    log: tuple[int, int] | None = None,
    ready: Sequence[FileRow] = (),
    first: int = 0,
) -> None:
    """Make the next state of a bank, by its only writer.

    Args:
        bank: the folder.
        snapshot: the newest state.
        contents: segments to add.
        removed: rows that do not count any more.
        without: segments that are left out, with what is removed of them.
        log: number of the log that goes on, and where in it the changes begin that are in no
            segment; None where all that was logged is in ``contents``.
        ready: segments that are written already.
        first: the least number that a new file may have.

    Raises:
        OSError: the disk is full or broken; nothing is changed.
    """
    manifest, mode = snapshot.manifest, file_mode(bank)
    gone = {segment.number for segment in without}
    rows = [row for row in manifest.segments if row.number not in gone]
    following = max(manifest.following, first)
    for content in contents:
        path = segment_path(bank, following)
        written = write_segment(path, content.rows, content.sections, mode=mode)
        rows.append(FileRow(following, content.rows, written.file_bytes, written.checksum))
        following += 1
    tombstones = manifest.tombstones
    if removed or gone:
        tombstones, listed = _tombstones(snapshot, removed, gone)
        if listed:
            new = write_tombstones(bank, following, listed, mode=mode)
            tombstones = (*tombstones, new)
            following += 1
    rows += ready
    number, start = (None, 0) if log is None else log
    changed = manifest.next(
        following=following,
        segments=tuple(rows),
        tombstones=tombstones,
        log=number,
        log_start=start,
    )
    write_manifest(bank, changed, mode=mode)


def tidy(bank: Path, manifest: Manifest, *, spare: Collection[Path] = ()) -> None:
    """Remove files of ours that no manifest names: what crashes and merges have left.

    Args:
        bank: the folder.
        manifest: the newest one.
        spare: files that are just being written.
    """
    named = {*spare}
    if manifest.log is not None:
        named.add(log_path(bank, manifest.log))
    named |= {segment_path(bank, row.number) for row in manifest.segments}
    named |= {tombstone_path(bank, row.number) for row in manifest.tombstones}
    for pattern in _OUR_FILES:
        for path in bank.glob(pattern):
            if path not in named:
                with contextlib.suppress(OSError):
                    path.unlink()


def file_mode(bank: Path) -> int:
    """Return the permissions of a new file: whoever may read the folder may read what is in it."""
    return stat.S_IMODE(bank.stat().st_mode) & 0o666


def _tombstones(
    snapshot: Snapshot, removed: Rows, gone: AbstractSet[int]
) -> tuple[tuple[FileRow, ...], Rows]:
    """Return the files of removed rows that stay, and the rows to list in a new one."""
    stay = snapshot.manifest.tombstones
    if not gone and len(stay) < _MOST_TOMBSTONE_FILES:
        return stay, removed
    before, nothing = snapshot.removed, np.zeros(0, np.uint32)
    return (), {
        number: np.union1d(before.get(number, nothing), removed.get(number, nothing))
        for number in before.keys() | removed.keys()
        if number not in gone
    }
