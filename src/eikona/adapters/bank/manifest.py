"""The manifest: which files are the bank now. Replaced in one step, so that a commit is one too."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from eikona.adapters.bank.kept_policy import pack_policy, unpack_policy
from eikona.adapters.bank.new_file import new_file, sync_folder
from eikona.domain.errors import BankDamagedError, BankFormatError, NotABankError
from eikona.domain.policy import DEFAULT_POLICY, Policy

MANIFEST = "manifest.json"
SPARE = "manifest-spare.json"
FORMAT = "eikona-bank"
VERSION = 1
_POLICY = "policy"
_LOG = "log"  # who does not know logs would miss entries
_LOG_START = "log_start"
_STARTS_LATER = "log-start"  # who does not know it would make changes twice
_LOCAL_FEATURES = "local_features"
_KEEPS_FEATURES = "local-features"  # who does not know them would lose them when merging
_FEATURES = frozenset(
    {_LOG, _STARTS_LATER, _KEEPS_FEATURES}
)  # what this version knows that an older one must not miss
_SHAPE = re.compile(rb'\{"sha256":"([0-9a-f]{64})","bank":(\{.*\})\}\n', re.DOTALL)
_BEGINNING = b'{"sha256":"'


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that belongs to the bank.

    Attributes:
        number: unique among all files that the bank ever had; its name follows from it.
        rows: entries of a segment, removed rows of a tombstone file.
        size: of the file in bytes.
        checksum: the one that the file carries.
    """

    number: int
    rows: int
    size: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bank consists of.

    Attributes:
        created: when the bank was made, UTC.
        generation: how often it was changed.
        following: number of the next file.
        segments: in the order they were written.
        tombstones: the same.
        log: number of the log that holds newer changes; None where there is none.
        log_start: where in it the changes begin that are in no segment; 0 for all of them.
        local_features: how many of each entry the shortlist knows, where entries keep their local
            features; None where they do not.
        policy: what the owner has decided about matches.
    """

    created: datetime
    generation: int = 0
    following: int = 1
    segments: tuple[FileRow, ...] = ()
    tombstones: tuple[FileRow, ...] = ()
    log: int | None = None
    log_start: int = 0
    local_features: int | None = None
    policy: Policy = DEFAULT_POLICY

    @property
    def log_place(self) -> tuple[int, int] | None:
        """The log's number and where it begins; None where there is none."""
        return None if self.log is None else (self.log, self.log_start)

    def next(self, **changes: Any) -> "Manifest":  # noqa: ANN401  the fields' own types
        """Return the manifest of the next generation."""
        return replace(self, generation=self.generation + 1, **changes)


def segment_path(bank: Path, number: int) -> Path:
    """Return where a segment stands."""
    return bank / f"segment-{number:08d}.eik"


def tombstone_path(bank: Path, number: int) -> Path:
    """Return where a list of removed rows stands."""
    return bank / f"tombstones-{number:08d}.eik"


def write_manifest(bank: Path, manifest: Manifest, *, mode: int) -> None:
    """Put a manifest in the place of the one there is, whole or not at all.

    Raises:
        OSError: the disk is full or broken.
    """
    sync_folder(bank)  # the files that it names stand there for good before it does
    _write(bank / MANIFEST, _as_json(manifest), mode=mode)


def write_spare(bank: Path, manifest: Manifest, *, mode: int) -> None:
    """Keep a second copy of what no other file tells: how the bank is searched, what it keeps.

    Raises:
        OSError: the disk is full or broken.
    """
    _write(bank / SPARE, _as_json(_spare_of(manifest)), mode=mode)


def read_spare(bank: Path) -> Manifest | None:
    """Return a manifest of no files, as the second copy has it.

    Returns:
        None where there is none: an earlier version made the bank.

    Raises:
        BankDamagedError: it is torn or changed.
        BankFormatError: it needs a newer version.
    """
    try:
        data = (bank / SPARE).read_bytes()
    except FileNotFoundError:
        return None
    return _unpack(data, SPARE)


def _spare_of(manifest: Manifest) -> Manifest:
    return Manifest(
        manifest.created, local_features=manifest.local_features, policy=manifest.policy
    )


def _write(path: Path, stored: Mapping[str, Any], *, mode: int) -> None:
    body = json.dumps(stored, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(body).hexdigest().encode()
    with new_file(path, mode=mode) as file:
        file.write(b'{"sha256":"%s","bank":%s}\n' % (digest, body))
    sync_folder(path.parent)


def read_manifest(bank: Path) -> Manifest:
    """Return the manifest of a bank.

    Raises:
        FileNotFoundError: there is none.
        NotABankError: the file is something else.
        BankDamagedError: it is torn or changed.
        BankFormatError: it needs a newer version.
    """
    data = (bank / MANIFEST).read_bytes()
    found = _SHAPE.fullmatch(data)
    if found is None and not data.startswith(_BEGINNING) and not any(bank.glob("*-????????.eik")):
        raise NotABankError(f"{bank} is no bank: its {MANIFEST} is another program's")
    return _unpack(data, MANIFEST)


def _unpack(data: bytes, name: str) -> Manifest:
    found = _SHAPE.fullmatch(data)
    if found is None or hashlib.sha256(found[2]).hexdigest().encode() != found[1]:
        raise BankDamagedError(f"{name} is damaged")
    stored = json.loads(found[2])
    _check_version(stored)
    try:
        return _from_json(stored)
    except (KeyError, TypeError, ValueError) as error:
        raise BankDamagedError(f"{name} makes no sense") from error


def _check_version(stored: Mapping[str, Any]) -> None:
    if stored.get("format") != FORMAT:
        raise NotABankError(f"{MANIFEST} is another program's")
    version, needed = stored.get("version"), stored.get("requires", [])
    if version != VERSION:
        raise BankFormatError(f"the bank has format {version}, this Eikona reads {VERSION}: update")
    if unknown := sorted(set(needed) - _FEATURES):
        raise BankFormatError(f"the bank uses {', '.join(unknown)}: update Eikona")


def _as_json(manifest: Manifest) -> dict[str, Any]:
    requires, told = [], {}
    if manifest.local_features is not None:
        requires.append(_KEEPS_FEATURES)
        told[_LOCAL_FEATURES] = manifest.local_features
    if manifest.log is not None:
        requires.append(_LOG)
        told[_LOG] = manifest.log
    if manifest.log is not None and manifest.log_start:
        requires.append(_STARTS_LATER)
        told[_LOG_START] = manifest.log_start
    return {
        "format": FORMAT,
        "version": VERSION,
        "requires": requires,
        "created": manifest.created.isoformat(),
        "generation": manifest.generation,
        "next": manifest.following,
        "segments": [_row_as_json(row) for row in manifest.segments],
        "tombstones": [_row_as_json(row) for row in manifest.tombstones],
        **told,
        **_policy_as_json(manifest.policy),
    }


def _policy_as_json(policy: Policy) -> dict[str, Any]:
    return {} if policy == DEFAULT_POLICY else {_POLICY: pack_policy(policy)}


def _row_as_json(row: FileRow) -> dict[str, int]:
    return {"number": row.number, "rows": row.rows, "bytes": row.size, "crc32": row.checksum}


def _from_json(stored: Mapping[str, Any]) -> Manifest:
    return Manifest(
        created=datetime.fromisoformat(stored["created"]),
        generation=int(stored["generation"]),
        following=int(stored["next"]),
        segments=tuple(_row(one) for one in stored["segments"]),
        tombstones=tuple(_row(one) for one in stored["tombstones"]),
        log=_number(stored.get(_LOG)),
        log_start=int(stored.get(_LOG_START, 0)),
        local_features=_number(stored.get(_LOCAL_FEATURES)),
        policy=unpack_policy(stored.get(_POLICY, {})),
    )


def _number(stored: Any) -> int | None:  # noqa: ANN401  whatever stands in the file
    return None if stored is None else int(stored)


def _row(stored: Mapping[str, Any]) -> FileRow:
    values = (stored["number"], stored["rows"], stored["bytes"], stored["crc32"])
    return FileRow(*map(int, values))
