"""The marker structure of a JPEG, walked before its decoder sees it.

Source: ITU-T T.81, annex B.
"""

import re
from collections.abc import Iterator

from eikona.domain.errors import CorruptImageError, TruncatedImageError

_FILL = 0xFF
_MARKERS = range(0xC0, 0xFF)
_EOI, _SOS = 0xD9, 0xDA
_BARE = range(0xD0, 0xDA)  # restarts, start and end of image: no segment follows
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_MOST_JUNK = 65536  # bytes between segments: decoders step over them one by one
# Each scan can walk all blocks for a few bytes. Of progressive ones encoders write about 10; of
# others one for each component, of which there are four at most.
_MOST_SCANS = 200
_MOST_SEQUENTIAL_SCANS = 16
_MARKER_IN_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")


def check_jpeg(data: bytes) -> None:
    """Walk ``data`` to its first scan, and to its end where more scans may follow.

    A sequential image whose first scan holds all components is complete behind it. Decoders go
    through its blocks once and refuse a further scan, so that its pixels need no search.

    Raises:
        TruncatedImageError: it ends before the first scan.
        CorruptImageError: there is none, or the structure is one that only costs time.
    """
    progressive, components = False, 0
    for marker, after in _markers(data):
        if marker in _FRAMES:
            progressive = progressive or marker in _PROGRESSIVE
            components = _byte(data, after + 7)
        if marker == _EOI:
            raise CorruptImageError("the JPEG ends without holding an image")
        if marker == _SOS:
            if progressive:
                _check_scans(data, after, _MOST_SCANS)
            elif _byte(data, after + 2) < components:
                _check_scans(data, after, _MOST_SEQUENTIAL_SCANS)
            return
    raise _truncated()


def _markers(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield each marker from the second on, and where what belongs to it begins."""
    at, junk = 2, 0
    while 0 <= (found := data.find(_FILL, at)) < len(data) - 1:
        junk += found - at
        at = found + 1
        marker = data[at]
        if marker == _FILL or marker not in _MARKERS:
            junk += 1
        else:
            yield marker, at + 1
            at = at + 1 if marker in _BARE else _after_segment(data, at + 1)
        if junk > _MOST_JUNK:
            raise CorruptImageError("the JPEG's segments lie in too much junk")


def _check_scans(data: bytes, at: int, most: int) -> None:
    """Count the scans from ``at``, just behind the first one's marker."""
    scans = 1
    while scans <= most:
        at = _after_segment(data, at)
        found = _MARKER_IN_SCAN.search(data, at)
        if found is None or data[found.end() - 1] == _EOI:
            return
        at = found.end()
        scans += data[at - 1] == _SOS
    raise CorruptImageError(f"the JPEG has more than {most} scans: it was made to exhaust time")


def _byte(data: bytes, at: int) -> int:
    """Return the byte at ``at``; 0 behind the end."""
    return data[at] if at < len(data) else 0


def _after_segment(data: bytes, at: int) -> int:
    end = at + max(2, int.from_bytes(data[at : at + 2], "big"))
    if end > len(data):
        raise _truncated()
    return end


def _truncated() -> TruncatedImageError:
    return TruncatedImageError("the JPEG ends before its last pixel: it was cut short")
