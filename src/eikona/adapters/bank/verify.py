"""Checks every byte of a bank and says what is wrong where."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eikona.adapters.bank import layout
from eikona.adapters.bank.changes import unpack_changes
from eikona.adapters.bank.log_file import HEAD_BYTES, check_head, log_path, parse_log
from eikona.adapters.bank.manifest import (
    MANIFEST,
    SPARE,
    FileRow,
    Manifest,
    read_manifest,
    read_spare,
    segment_path,
    tombstone_path,
)
from eikona.adapters.bank.segment import Segment, map_file
from eikona.adapters.bank.tombstones import read_tombstones
from eikona.domain.errors import (
    BankDamagedError,
    BankFormatError,
    BankNotFoundError,
    NotABankError,
)


@dataclass(frozen=True, slots=True)
class Damage:
    """Something wrong with a bank.

    Attributes:
        file: name of the file in the bank's folder.
        what: a sentence.
        block: number of the damaged block of its data; None where it is not one block.
        start: where that block begins in the file; 0 where it is not one.
        end: where it ends; 0 where it is not one.
    """

    file: str
    what: str
    block: int | None = None
    start: int = 0
    end: int = 0


def verify_bank(bank: Path) -> list[Damage]:
    """Return what is wrong with a bank, nothing where it is sound.

    Raises:
        BankNotFoundError: nothing is there.
        NotABankError: what is there is no bank.
        BankFormatError: it needs a newer version.
        PermissionError: a file may not be read.
    """
    try:
        manifest = read_manifest_of(bank)
        while True:
            found = list(_damages(bank, manifest))
            newer = read_manifest_of(bank)
            if newer == manifest:
                return found
            manifest = newer  # a writer was at work: files may have been merged away meanwhile
    except BankDamagedError as error:
        return [Damage(MANIFEST, str(error))]


def read_manifest_of(bank: Path) -> Manifest:
    """Return a bank's manifest.

    Raises:
        BankNotFoundError: nothing is there.
        NotABankError: what is there is no bank.
        BankDamagedError: the manifest is missing, torn or changed.
        BankFormatError: it needs a newer version.
    """
    try:
        return read_manifest(bank)
    except FileNotFoundError as error:
        if not bank.exists():
            raise BankNotFoundError(
                f"no bank is at {bank}: check the path, or create it"
            ) from error
        if any(bank.glob("*-????????.eik")):
            raise BankDamagedError(f"{MANIFEST} is missing") from error
        raise NotABankError(f"{bank} is no bank: it has no {MANIFEST}") from error
    except NotADirectoryError as error:
        raise NotABankError(f"{bank} is no bank: a bank is a folder") from error


def _damages(bank: Path, manifest: Manifest) -> Iterator[Damage]:
    for row in manifest.segments:
        yield from segment_damages(segment_path(bank, row.number), row)
    for row in manifest.tombstones:
        yield from tombstone_damages(tombstone_path(bank, row.number), row)
    if manifest.log is not None:
        yield from log_damages(bank, manifest.log, manifest.log_start)
    yield from spare_damages(bank)


def spare_damages(bank: Path) -> Iterator[Damage]:
    """Yield what is wrong with the second copy of what the manifest alone tells."""
    try:
        read_spare(bank)
    except (BankDamagedError, BankFormatError, NotABankError) as error:
        yield Damage(SPARE, str(error))


def segment_damages(path: Path, row: FileRow) -> Iterator[Damage]:
    """Yield what is wrong with a segment."""
    try:
        data = map_file(path)
        head, checksum = layout.parse_head(data, path.name)
    except FileNotFoundError:
        yield Damage(path.name, f"{path.name} is missing")
        return
    except (BankDamagedError, BankFormatError) as error:
        yield Damage(path.name, str(error))
        return
    if (head.rows, head.file_bytes, checksum) != (row.rows, row.size, row.checksum):
        yield Damage(path.name, f"{path.name} is not the file that the manifest names")
        return
    try:
        layout.check_footer(data, head, checksum, path.name)
        Segment(row.number, head, checksum, data)
    except (BankDamagedError, BankFormatError) as error:
        yield Damage(path.name, str(error))
    for number in layout.damaged_blocks(data, head):
        start, end = head.block(number)
        what = f"{path.name} is damaged between bytes {start} and {end}"
        yield Damage(path.name, what, number, start, end)


def tombstone_damages(path: Path, row: FileRow) -> Iterator[Damage]:
    """Yield what is wrong with a list of removed rows."""
    try:
        pairs, checksum = read_tombstones(path)
    except FileNotFoundError:
        yield Damage(path.name, f"{path.name} is missing")
    except (BankDamagedError, BankFormatError) as error:
        yield Damage(path.name, str(error))
    else:
        if (len(pairs), checksum) != (row.rows, row.checksum):
            yield Damage(path.name, f"{path.name} is not the file that the manifest names")


def log_damages(bank: Path, number: int, start: int = 0) -> Iterator[Damage]:
    """Yield what is wrong with a log from ``start`` on; a torn end, as by a crash, is not wrong."""
    path = log_path(bank, number)
    try:
        data = memoryview(path.read_bytes())
        check_head(data, number, path.name)
        parsed = parse_log(data[max(HEAD_BYTES, start) :], start=max(HEAD_BYTES, start))
        for payload in parsed.payloads:
            unpack_changes(payload)
    except FileNotFoundError:
        yield Damage(path.name, f"{path.name} is missing")
    except (BankDamagedError, BankFormatError) as error:
        yield Damage(path.name, str(error))
    else:
        if parsed.damaged is not None:
            start, end = parsed.damaged
            what = f"{path.name} is damaged between bytes {start} and {end}"
            yield Damage(path.name, what, None, start, end)
