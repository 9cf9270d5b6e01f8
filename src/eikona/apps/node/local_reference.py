"""Reference pictures of a folder on a node's own machine, or of a bank that somebody keeps."""

import hashlib
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from eikona.adapters.folder_walk import Found, Tally, walk
from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.quorum.replica import Replica
from eikona.apps.node.gateway_line import GatewayLine
from eikona.balloting.statements import key_id
from eikona.domain.errors import EikonaError, TooManyBytesError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS
from eikona.services.reference import Reference, ReferencePicture, reference_from

NAME_MOST = 512  # characters, as banks and lists have it
_LOOK_S = 1.0

_log = logging.getLogger(__name__)


class OwnReference:
    """What a node looks for instead of the pictures that the gateway names.

    Cases name the version of the gateway's list that nodes must have. So each new one has the node
    look at its folder anew, and what it then finds is of that version.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        administrator: bytes,
        replica: Replica,
        line: GatewayLine,
        hash_picture: Callable[[bytes], Fingerprint],
    ) -> None:
        """Take what it works with; no folder where the replica is a bank that others keep."""
        self._folder = folder
        self._administrator = administrator
        self._replica = replica
        self._line = line
        self._hash_picture = hash_picture

    def keep(self, stopping: threading.Event) -> None:
        """Hold it at once, and again after each new list of the gateway's."""
        self.hold(max(self._replica.version, 1))
        while not stopping.wait(_LOOK_S):
            try:
                _, content = self._line.ask(do="reference", newer_than=self._replica.version)
                if content:
                    told = reference_from(
                        content, administrator=self._administrator, verify=verify_signature
                    )
                    self.hold(max(self._replica.version, told.version))
            except (EikonaError, OSError) as error:
                _log.info("reference not looked at", extra={"reason": str(error)})

    def hold(self, version: int) -> None:
        """Hold what there is now as of this version."""
        if self._folder is None:
            self._replica.version = version
            return
        found = pictures_in(self._folder)

        def fingerprint_of(sha256: bytes) -> Fingerprint:
            return self._hash_picture(read_picture(found[sha256][1]))

        pictures = tuple(sorted((one for one, _ in found.values()), key=lambda one: one.name))
        reference = Reference(key_id(self._administrator), version, pictures)
        failed = self._replica.take(reference, fingerprint_of)
        _log.info(
            "folder hashed",
            extra={"pictures": len(pictures), "not_decoded": len(failed), "version": version},
        )


def pictures_in(
    folder: Path, *, unreadable: Callable[[str], None] = lambda _: None
) -> dict[bytes, tuple[ReferencePicture, Path]]:
    """Return the pictures below a folder by SHA-256; of equal ones the first by name.

    Names are paths below the folder, with ``/`` between their parts.

    Args:
        folder: where to look.
        unreadable: told of each file and folder that cannot be read.
    """
    found: dict[bytes, tuple[ReferencePicture, Path]] = {}
    for one in walk(os.fspath(folder), Tally()):
        if not isinstance(one, Found):
            unreadable(one.path)
            continue
        path = Path(one.path)
        name = path.relative_to(folder).as_posix().encode(errors="backslashreplace").decode()
        try:
            digest = hashlib.sha256(read_picture(path)).digest()
        except (OSError, TooManyBytesError):
            unreadable(one.path)
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
