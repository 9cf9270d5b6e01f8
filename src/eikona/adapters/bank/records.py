"""What a segment stores of an entry besides its name and hashes: a fixed record and free text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eikona.domain.bank import Entry, EntryState
from eikona.domain.errors import BankDamagedError, InvalidFingerprintError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.local_features import LocalFeatures

RECORD = np.dtype(
    [
        ("width", "<u4"),
        ("height", "<u4"),
        ("frames", "<u4"),
        ("frame", "<u4"),
        ("created", "<i8"),  # microseconds since the beginning of 1970, UTC
        ("format", "S8"),
        ("quality", "u1"),
        ("decode", "u1"),
        ("state", "u1"),
        ("reserved", "V5"),
    ]
)
DECODE_MODES = (DecodeMode.AUTO, DecodeMode.EXACT, DecodeMode.FAST)
STATES = (EntryState.REVIEW, EntryState.ACTIVE, EntryState.CONTESTED, EntryState.WITHDRAWN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT_BYTES = 8
_MOST_U32 = (1 << 32) - 1
_BEST_QUALITY = 100


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says, in words."""

    width: int
    height: int
    frames: int
    frame: int
    created: datetime
    image_format: str
    quality: int
    decode: DecodeMode
    state: EntryState

    def fingerprint(
        self,
        hashes: Mapping[str, bytes],
        versions: Mapping[str, int],
        forbild_grey: bytes,
        local_features: LocalFeatures | None = None,
    ) -> Fingerprint:
        """Return the fingerprint that these and the hashes stored beside them make."""
        return Fingerprint(
            width=self.width,
            height=self.height,
            frames=self.frames,
            frame=self.frame,
            quality=self.quality,
            decode=self.decode,
            image_format=self.image_format,
            hashes=hashes,
            versions=versions,
            forbild_grey=forbild_grey,
            local_features=local_features,
        )


def bare_records(number: int, created: datetime) -> NDArray[np.void]:
    """Return records of entries of which nothing but a hash is known."""
    records = np.zeros(number, RECORD)
    records["frames"] = 1
    records["quality"] = _BEST_QUALITY
    records["decode"] = DECODE_MODES.index(DecodeMode.EXACT)
    records["state"] = STATES.index(EntryState.ACTIVE)
    records["created"] = _microseconds(created)
    return records


def pack_records(entries: Sequence[Entry]) -> NDArray[np.void]:
    """Return the records of ``entries``.

    Raises:
        InvalidFingerprintError: a value is out of range.
    """
    records = np.zeros(len(entries), RECORD)
    for place, entry in enumerate(entries):
        print_ = entry.fingerprint
        numbers = (print_.width, print_.height, print_.frames, print_.frame)
        image_format = print_.image_format.encode("ascii", "replace")
        if not all(0 <= number <= _MOST_U32 for number in numbers):
            raise InvalidFingerprintError(f"{entry.name!r}: no picture measures {numbers}")
        if not 0 <= print_.quality <= _BEST_QUALITY:
            raise InvalidFingerprintError(f"{entry.name!r}: no quality is {print_.quality}")
        if len(image_format) > _FORMAT_BYTES:
            raise InvalidFingerprintError(
                f"{entry.name!r}: the image format {print_.image_format!r} is longer than"
                f" {_FORMAT_BYTES} letters"
            )
        records[place] = (
            *numbers,
            _microseconds(entry.created),
            image_format,
            print_.quality,
            DECODE_MODES.index(print_.decode),
            STATES.index(entry.state),
            b"",
        )
    return records


def unpack_record(record: Any) -> Facts:  # noqa: ANN401  NumPy has no type for one row of RECORD
    """Return what a record says.

    Raises:
        BankDamagedError: it says what no entry has.
    """
    try:
        return Facts(
            width=int(record["width"]),
            height=int(record["height"]),
            frames=int(record["frames"]),
            frame=int(record["frame"]),
            created=_EPOCH + timedelta(microseconds=int(record["created"])),
            image_format=record["format"].decode("ascii"),
            quality=int(record["quality"]),
            decode=DECODE_MODES[record["decode"]],
            state=STATES[record["state"]],
        )
    except (IndexError, OverflowError, UnicodeDecodeError) as error:
        raise BankDamagedError("an entry's record makes no sense: verify the bank") from error


def pack_text(entry: Entry) -> bytes:
    """Return source, tags, owner and note as JSON; nothing where all of them are empty."""
    values = {
        "source": entry.source,
        "tags": list(entry.tags),
        "owner": entry.owner,
        "note": entry.note,
    }
    filled = {key: value for key, value in values.items() if value}
    # Escaped, so that even half of a surrogate pair, as file names may hold, comes through.
    return json.dumps(filled, separators=(",", ":")).encode("ascii") if filled else b""


def unpack_text(data: bytes) -> dict[str, Any]:
    """Return the arguments of ``Entry`` that ``pack_text`` stored.

    Raises:
        BankDamagedError: it is none of its making.
    """
    if not data:
        return {}
    try:
        stored = json.loads(data)
        return {
            "source": str(stored.get("source", "")),
            "tags": tuple(str(tag) for tag in stored.get("tags", ())),
            "owner": str(stored.get("owner", "")),
            "note": str(stored.get("note", "")),
        }
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise BankDamagedError("an entry's text makes no sense: verify the bank") from error


def _microseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)
