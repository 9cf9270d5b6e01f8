"""The marker structure of a JPEG, walked before its decoder sees it.

Source: ITU-T T.81, annex B.
"""

import re

from eikona.domain.errors import CorruptImageError, TruncatedImageError

_FILL = 0xFF
_STUFFED, _TEM = 0x00, 0x01
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_RESTARTS = range(0xD0, 0xD8)
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SEGMENTS = range(0xC0, 0xFF)  # what carries a length, apart from the bare markers above
_MOST_JUNK = 65536  # bytes between segments: decoders step over them one by one
_MOST_SCANS = 200  # encoders write about 10; each one can walk all blocks for a few bytes
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def check_jpeg(data: bytes) -> None:
    """Walk ``data`` to its first scan, and a progressive one to its end.

    Raises:
        TruncatedImageError: it ends before the first scan.
        CorruptImageError: there is none, or the structure is one that only costs time.
    """
    at, junk, progressive = 2, 0, False
    while True:
        found = data.find(_FILL, at)
        if found < 0:
            raise _truncated()
        junk += found - at
        at = found + 1
        if junk > _MOST_JUNK:
            raise CorruptImageError("the JPEG's segments lie in too much junk")
        marker = data[at] if at < len(data) else None
        if marker is None:
            raise _truncated()
        if marker == _FILL:
            junk += 1
        elif marker == _EOI:
            raise CorruptImageError("the JPEG ends without holding an image")
        elif marker == _SOS:
            if progressive:
                _check_scans(data, at + 1)
            return
        elif marker in _SEGMENTS and marker not in _RESTARTS and marker != _SOI:
            progressive = progressive or marker in _PROGRESSIVE
            at = _after_segment(data, at + 1)
        elif marker not in _RESTARTS and marker not in {_STUFFED, _TEM, _SOI}:
            return  # the decoder knows better what to say of it


def _check_scans(data: bytes, at: int) -> None:
    """Count the scans from ``at``, just behind the first one's marker."""
    scans = 1
    while scans <= _MOST_SCANS:
        at = _after_segment(data, at)
        found = _MARKER_IN_SCAN.search(data, at)
        if found is None or data[found.end() - 1] == _EOI:
            return
        at = found.end()
        scans += data[at - 1] == _SOS
    raise CorruptImageError(
        f"the JPEG has more than {_MOST_SCANS} scans: it was made to exhaust time"
    )


def _after_segment(data: bytes, at: int) -> int:
    end = at + max(2, int.from_bytes(data[at : at + 2], "big"))
    if end > len(data):
        raise _truncated()
    return end


def _truncated() -> TruncatedImageError:
    return TruncatedImageError("the JPEG ends before its last pixel: it was cut short")
