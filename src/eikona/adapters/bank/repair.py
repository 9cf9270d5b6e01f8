"""Makes a damaged bank usable again: keeps every entry that is whole, and a copy of the rest."""

import contextlib
import itertools
import re
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from eikona.adapters.bank import layout
from eikona.adapters.bank.changes import pack_changes
from eikona.adapters.bank.commit import commit, file_mode, tidy
from eikona.adapters.bank.contents import Kept, of_segments
from eikona.adapters.bank.lock import writer_lock
from eikona.adapters.bank.log_file import log_path
from eikona.adapters.bank.log_writer import write_log
from eikona.adapters.bank.manifest import (
    MANIFEST,
    FileRow,
    Manifest,
    read_spare,
    segment_path,
    tombstone_path,
    write_spare,
)
from eikona.adapters.bank.opening import by_segment, open_snapshot
from eikona.adapters.bank.salvage import salvage, salvage_log
from eikona.adapters.bank.segment import Segment, map_file
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.tombstones import Rows, read_tombstones
from eikona.adapters.bank.verify import (
    Damage,
    log_damages,
    read_manifest_of,
    segment_damages,
    spare_damages,
    tombstone_damages,
)
from eikona.domain.errors import BankDamagedError
from eikona.domain.local_features import MOST_FEATURES

DAMAGED = "damaged"  # folder in the bank that damaged files are copied to
_NUMBER = re.compile(r"(?:segment|tombstones|log)-(\d+)\.eik")
_FOLDER_MODE = 0o700


@dataclass(slots=True)
class Repaired:
    """What a repair did.

    Attributes:
        damages: what was wrong.
        kept: entries that the bank has now.
        lost: entries that were damaged and are left out, as far as is known.
        copies: where the damaged files are now.
        notes: what else should be known, in sentences.
    """

    damages: list[Damage] = field(default_factory=list)
    kept: int = 0
    lost: int = 0
    copies: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def repair_bank(bank: Path) -> Repaired:
    """Leave out of a bank what is damaged; a sound bank stays as it is.

    Raises:
        BankNotFoundError: nothing is there.
        NotABankError: what is there is no bank.
        BankFormatError: it needs a newer version.
        BankInUseError: another process is writing to it.
        OSError: the disk is full or broken; the bank stays as it is.
    """
    report = Repaired()
    with contextlib.suppress(BankDamagedError):
        read_manifest_of(bank)  # nothing is locked, and no file made, in what is no bank
    with writer_lock(bank, mode=file_mode(bank)):
        repair = _Repair(bank, report)
        manifest = repair.manifest()
        for row in manifest.segments:
            report.damages += segment_damages(segment_path(bank, row.number), row)
        for row in manifest.tombstones:
            report.damages += tombstone_damages(tombstone_path(bank, row.number), row)
        if manifest.log is not None:
            report.damages += log_damages(bank, manifest.log, manifest.log_start)
        report.damages += spare_damages(bank)
        if report.damages:
            repair.rebuild(manifest)
            write_spare(bank, manifest, mode=file_mode(bank))
        snapshot = open_snapshot(bank)
        tidy(bank, snapshot.manifest)
        report.kept = len(snapshot)
    return report


@dataclass(slots=True)
class _Repair:
    bank: Path
    report: Repaired
    manifest_is_lost: bool = False

    def manifest(self) -> Manifest:
        """Return the manifest, or one of all files there are where it is damaged."""
        try:
            return read_manifest_of(self.bank)
        except BankDamagedError as error:
            self.manifest_is_lost = True
            self.report.damages.append(Damage(MANIFEST, str(error)))
            self.report.notes.append(
                "the manifest was made anew from the files there are: a change that was being"
                " made when it was lost may be in it or not"
            )
            self._copy(self.bank / MANIFEST)
        segments = [(path, number, _segment_facts) for path, number in self._files("segment")]
        tombstones = [
            (path, number, _tombstone_facts) for path, number in self._files("tombstones")
        ]
        rows = [
            [facts(path, number) for path, number, facts in some] for some in (segments, tombstones)
        ]
        logs = [number for _, number in self._files("log")]
        numbers = [*logs, *(row.number for some in rows for row in some)]
        return replace(
            self._spare(logs),
            following=1 + max(numbers, default=0),
            segments=tuple(rows[0]),
            tombstones=tuple(rows[1]),
            log=max(set(logs) - self._sealed_logs(), default=None),
        )

    def _spare(self, logs: Sequence[int]) -> Manifest:
        """Return a manifest of no files that keeps what the lost one said of the whole bank."""
        with contextlib.suppress(BankDamagedError):
            spare = read_spare(self.bank)
            if spare is not None:
                return spare
        self.report.notes.append(
            "how the bank is searched (rule, odds, allow-list) was lost with the manifest: see"
            " what it is now, and set it again, with bank policy"
        )
        kept = MOST_FEATURES if self._features_are_there(logs) else None
        return Manifest(datetime.now(UTC), local_features=kept)

    def rebuild(self, manifest: Manifest) -> None:
        """Make the bank of what is whole."""
        bad = {damage.file for damage in self.report.damages}
        tombstones = [row for row in manifest.tombstones if _name_of(row, "tombstones") not in bad]
        removed = self._removed(tombstones, manifest)
        for row in manifest.tombstones:
            if row not in tombstones:
                self._copy(tombstone_path(self.bank, row.number))
                self.report.notes.append("entries that were removed may be back: remove them again")
        parts = [
            part
            for row in manifest.segments
            if (part := self._part(row, removed, is_bad=_name_of(row, "segment") in bad))
            is not None
        ]
        if self.manifest_is_lost:
            parts = _newest(parts)
        sound = [row for row in manifest.segments if _name_of(row, "segment") not in bad]
        sound = [row for row in sound if any(one.segment.number == row.number for one in parts)]
        good = {row.number for row in sound}
        still = [part for part in parts if part.segment.number in good]
        removed = {one.segment.number: np.flatnonzero(~one.live).astype(np.uint32) for one in still}
        base = replace(manifest, segments=tuple(sound), tombstones=())
        snapshot = Snapshot(base, [part.segment for part in still], {})
        log = self._rewritten_log(manifest, bad)
        salvaged = [part for part in parts if part.segment.number not in good and part.live.any()]
        commit(
            self.bank,
            snapshot,
            [of_segments([part], descriptors=manifest.local_features) for part in salvaged],
            {number: rows for number, rows in removed.items() if len(rows)},
            log=manifest.log_place if log == manifest.log else None if log is None else (log, 0),
            first=0 if log is None else log + 1,
        )

    def _rewritten_log(self, manifest: Manifest, bad: Collection[str]) -> int | None:
        """Return the number of a log with all that is whole of the one there is."""
        if manifest.log is None:
            return None
        path = log_path(self.bank, manifest.log)
        if path.name not in bad and not self.manifest_is_lost:
            return manifest.log
        if path.name in bad:
            self._copy(path)
            self.report.notes.append(
                "the newest changes were damaged: entries that were added last may be missing, and"
                " some that were removed last may be back"
            )
        changes = salvage_log(self.bank, manifest.log, manifest.log_start)
        if self.manifest_is_lost:  # segments may hold what was being sealed
            changes = [replace(change, is_sealed=True) for change in changes]
        payloads = (pack_changes([change]) for change in changes)
        write_log(self.bank, manifest.following, payloads, mode=file_mode(self.bank))
        return manifest.following

    def _sealed_logs(self) -> set[int]:
        """Return the numbers of logs whose entries stand in segments."""
        found: set[int] = set()
        for path, number in self._files("segment"):
            with contextlib.suppress(BankDamagedError):
                found.update(Segment.open(path, number).replaces)
        return found

    def _features_are_there(self, logs: Sequence[int]) -> bool:
        """Whether an entry has local features, so that the bank that they are of keeps them."""
        for path, number in self._files("segment"):
            with contextlib.suppress(BankDamagedError):
                if Segment.open(path, number).features is not None:
                    return True
        return any(
            change.entry is not None and change.entry.fingerprint.local_features is not None
            for number in logs
            for change in salvage_log(self.bank, number)
        )

    def _part(self, row: FileRow, removed: Rows, *, is_bad: bool) -> Kept | None:
        """Return what there is of a segment and not removed; None where there is nothing."""
        path = segment_path(self.bank, row.number)
        dead = removed.get(row.number, np.zeros(0, np.uint32))
        if not is_bad:
            segment = Segment.open(path, row.number)
            part = Kept(segment, np.ones(segment.rows, np.bool_))
        else:
            self._copy(path)
            try:
                part = salvage(path, None if self.manifest_is_lost else row, row.number)
            except (BankDamagedError, FileNotFoundError):
                self.report.lost += max(0, row.rows - len(dead))
                return None
        part.live[dead[dead < len(part.live)]] = False
        if part.featured is not None and (bare := int((part.live & ~part.featured).sum())):
            self.report.notes.append(
                f"{bare} entries of {path.name} lost their local features: add their pictures again"
            )
        if is_bad:
            self.report.lost += max(0, row.rows - len(dead) - int(part.live.sum()))
        return part

    def _removed(self, rows: Sequence[FileRow], manifest: Manifest) -> Rows:
        lists = [read_tombstones(tombstone_path(self.bank, row.number))[0] for row in rows]
        if not lists:
            return {}
        return by_segment(np.concatenate(lists), {row.number for row in manifest.segments})

    def _copy(self, path: Path) -> None:
        """Keep a copy of a damaged file under a name that is not taken."""
        if not path.is_file():
            return
        folder = self.bank / DAMAGED
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        names = itertools.chain(
            [path.name], (f"{path.name}.{number}" for number in itertools.count(1))
        )
        target = next(folder / name for name in names if not (folder / name).exists())
        shutil.copyfile(path, target)
        target.chmod(file_mode(self.bank))
        self.report.copies.append(target)

    def _files(self, kind: str) -> list[tuple[Path, int]]:
        found = [(path, _NUMBER.fullmatch(path.name)) for path in self.bank.glob(f"{kind}-*.eik")]
        return sorted((path, int(match[1])) for path, match in found if match is not None)


def _segment_facts(path: Path, number: int) -> FileRow:
    """Return what a manifest would say of a segment, as far as its head tells."""
    try:
        head, checksum = layout.parse_head(map_file(path), path.name)
    except BankDamagedError:
        return FileRow(number, 0, 0, 0)
    return FileRow(number, head.rows, head.file_bytes, checksum)


def _tombstone_facts(path: Path, number: int) -> FileRow:
    try:
        pairs, checksum = read_tombstones(path)
    except BankDamagedError:
        return FileRow(number, 0, 0, 0)
    return FileRow(number, len(pairs), path.stat().st_size, checksum)


def _name_of(row: FileRow, kind: str) -> str:
    return (segment_path if kind == "segment" else tombstone_path)(Path(), row.number).name


def _newest(parts: Sequence[Kept]) -> list[Kept]:
    """Leave out merged segments and, of several entries of one name, all but the newest."""
    whole = [part for part in parts if part.digests_are_sound]  # the others may lack what they had
    replaced = {number for part in whole for number in part.segment.replaces}
    stay = [part for part in parts if part.segment.number not in replaced]
    seen: set[bytes] = set()
    for part in sorted(stay, key=lambda part: -part.segment.number):
        for row in np.flatnonzero(part.live).tolist():
            name = part.segment.names.at(row)
            if name in seen:
                part.live[row] = False
            seen.add(name)
    return stay
