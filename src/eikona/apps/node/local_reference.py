"""Reference pictures of a folder on a node's own machine, or of a bank that somebody keeps."""

import hashlib
import os
from pathlib import Path

from eikona.adapters.folder_walk import Found, Tally, walk
from eikona.domain.errors import TooManyBytesError
from eikona.domain.limits import DEFAULT_LIMITS
from eikona.services.reference import ReferencePicture

NAME_MOST = 512  # characters, as banks and lists have it


def pictures_in(folder: Path) -> dict[bytes, tuple[ReferencePicture, Path]]:
    """Return the pictures below a folder by SHA-256; of equal ones the first by name.

    Names are paths below the folder, with ``/`` between their parts.
    """
    found: dict[bytes, tuple[ReferencePicture, Path]] = {}
    for one in walk(os.fspath(folder), Tally()):
        if not isinstance(one, Found):
            continue
        path = Path(one.path)
        name = path.relative_to(folder).as_posix().encode(errors="backslashreplace").decode()
        try:
            digest = hashlib.sha256(read_picture(path)).digest()
        except (OSError, TooManyBytesError):
            continue
        found.setdefault(digest, (ReferencePicture(name[:NAME_MOST], digest), path))
    return found


def read_picture(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        TooManyBytesError: there are more than a picture may have.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(DEFAULT_LIMITS.max_bytes + 1)
    if len(content) > DEFAULT_LIMITS.max_bytes:
        raise TooManyBytesError(f"{path} has more than {DEFAULT_LIMITS.max_bytes} bytes")
    return content
