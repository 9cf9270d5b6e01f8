r"""What commands write: records as JSON lines or as text, names and counts for people.

A file name whose bytes are no UTF-8 stands in JSON with ``\udcXX`` for each such byte XX (Python's
``os.fsencode`` gives the name back), so that every line is valid UTF-8 whatever the disk holds.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from eikona.domain.alignment import Alignment
from eikona.domain.errors import EikonaError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.pose import motion_of
from eikona.domain.verdict import Distances

Record = dict[str, Any]

_LIMIT = re.compile(r"\bmax_[a-z_]+\b(?= = )")
_DIGITS = 6  # of a transform's numbers, behind the point


def fingerprint_record(name: str, fingerprint: Fingerprint, *, with_frame: bool) -> Record:
    """Return what ``hash`` says of one picture, or of one frame of it."""
    record: Record = {"file": name}
    if with_frame:
        record["frame"] = fingerprint.frame
    return record | {
        "width": fingerprint.width,
        "height": fingerprint.height,
        "frames": fingerprint.frames,
        "quality": fingerprint.quality,
        "format": fingerprint.image_format,
        "decode": str(fingerprint.decode),
        "hashes": fingerprint.hex,
        "versions": dict(fingerprint.versions),
    }


def failure_record(name: str, error: EikonaError) -> Record:
    """Return what any command says of an input that failed."""
    return {"file": name, "error": {"code": error.code, "message": _with_options(str(error))}}


def error_text(error: EikonaError) -> str:
    """Return what is wrong with an input, and its code."""
    return f"{_with_options(str(error))} ({error.code})"


def _with_options(text: str) -> str:
    """Return a message that names limits as the command line does, not as Python does."""
    return _LIMIT.sub(lambda found: f"--{found[0].replace('_', '-')}", text)


def json_line(record: Mapping[str, Any]) -> bytes:
    """Return ``record`` as one line of UTF-8, without its line end.

    Raises:
        ValueError: it holds an infinity or a NaN, which JSON (RFC 8259, section 6) does not have.
    """
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return json.dumps(record, allow_nan=False).encode()


def write_line(line: bytes) -> None:
    """Write one line to standard output at once.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def write_text(text: str) -> None:
    """Write a line of text to standard output, in whatever letters it can show."""
    write_line(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))


def hash_text(record: Record) -> str:
    """Return a picture's record as a block, or as one line where it has one hash."""
    name = printable(record["file"])
    frame = f"#{record['frame']}" if "frame" in record else ""
    hashes: dict[str, str] = record["hashes"]
    if len(hashes) == 1:
        return f"{next(iter(hashes.values()))}  {name}{frame}"
    facts = [f"{record['width']} x {record['height']}"]
    if record["format"] is not None:
        facts.insert(0, record["format"])
    if record["frames"] > 1:
        facts.append(f"{record['frames']} frames")
    if record["quality"] is not None:
        facts.append(f"quality {record['quality']}")
    width = max(map(len, hashes), default=0)
    lines = [f"  {key:<{width}}  {value}" for key, value in hashes.items()]
    return "\n".join([f"{name}{frame}  ({', '.join(facts)}, {record['decode']})", *lines])


def printable(name: str) -> str:
    r"""Return a file name that cannot steer a terminal: odd characters as ``\xNN`` bytes."""
    if name.isprintable():
        return name
    return "".join(
        letter if letter.isprintable() else _escaped(letter.encode("utf-8", "surrogateescape"))
        for letter in name
    )


def counted(number: int, noun: str) -> str:
    """Return ``1 picture``, ``2 pictures``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def places_text(alignment: Alignment | None) -> str:
    """Return how many places of two pictures lie on each other, ``-`` where that is not known."""
    return "-" if alignment is None else str(alignment.inliers)


def size_text(size_bytes: int) -> str:
    """Return ``712 bytes``, ``42.8 kB``, ``1.1 MB`` or ``3.0 GB``."""
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if round(size_bytes / 10**power, 1) >= 1:
            return f"{size_bytes / 10**power:,.1f} {unit}"
    return counted(size_bytes, "byte")


def _escaped(data: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in data)


def alignment_record(
    picture: Fingerprint, entry: Fingerprint, distances: Distances
) -> dict[str, object]:
    """Return how one picture lies on another, as JSON says it."""
    found = distances.alignment
    motion = motion_of(distances, (picture.width, picture.height), (entry.width, entry.height))
    return {
        "inliers": None if found is None else found.inliers,
        "transform": motion and [[round(number, _DIGITS) for number in row] for row in motion],
        "orientation": str(distances.orientation),
    }
