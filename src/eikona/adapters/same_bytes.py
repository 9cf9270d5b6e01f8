"""Tells files apart by their bytes."""

import hashlib
from collections.abc import Sequence

from eikona.domain.errors import EikonaError
from eikona.domain.limits import Limits
from eikona.imaging.source import read_source


def parts_by_content(paths: Sequence[str], limits: Limits) -> list[list[str]]:
    """Part files into those that are the same byte for byte.

    A file that cannot be read now is like no other.

    Args:
        paths: of the files.
        limits: ``max_bytes`` bounds what is read of each.
    """
    parts: dict[bytes | str, list[str]] = {}
    for path in paths:
        try:
            key: bytes | str = hashlib.sha256(read_source(path, limits)).digest()
        except EikonaError:
            key = path
        parts.setdefault(key, []).append(path)
    return list(parts.values())
