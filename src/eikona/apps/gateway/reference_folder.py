"""The folder of reference pictures: its list is signed anew whenever it changes."""

import hashlib
import os
import threading
from pathlib import Path

from eikona.adapters.folder_walk import Found, Tally, walk
from eikona.adapters.keys.ed25519 import NodeKey, verify_signature
from eikona.apps.node.local_reference import pictures_in, read_picture
from eikona.balloting.statements import key_id
from eikona.domain.errors import EikonaError, QuorumError, UsageError
from eikona.services.reference import (
    Reference,
    ReferencePicture,
    reference_bytes,
    reference_from,
    sign_reference,
)

_LOOK_EVERY_S = 5.0
_NAMED_MOST = 20  # files that cannot be read, in what is said of the folder

_Stamp = tuple[tuple[str, int, int], ...]


class ReferenceFolder:
    """For any thread."""

    def __init__(self, folder: Path, file: Path, administrator: NodeKey) -> None:
        """Read the folder, and sign its list if it is another than last time.

        Args:
            folder: of pictures.
            file: where the newest list is kept.
            administrator: who signs.

        Raises:
            UsageError: there is no such folder.
            QuorumError: the list that is kept is damaged.
        """
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}: name one with --reference")
        self._folder = folder
        self._file = file
        self._administrator = administrator
        self._lock = threading.Lock()
        self._places: dict[bytes, Path] = {}
        self._stamp: _Stamp = ()
        self._unreadable: list[str] = []
        self._away = ""
        self.version, self._content = self._kept()
        self._renew(self._look())

    @property
    def trouble(self) -> str:
        """What keeps pictures from being guarded, in a sentence; nothing where all is well."""
        return self._told().encode(errors="backslashreplace").decode()

    def _told(self) -> str:
        if self._away:
            return self._away
        if not self._places:
            return f"{self._folder} holds no pictures: whatever is asked about is clear"
        if self._unreadable:
            named = ", ".join(self._unreadable[:_NAMED_MOST])
            return f"in {self._folder} cannot be read, and is not guarded: {named}"
        return ""

    def newer_than(self, version: int) -> bytes:
        """Return the list, as it is signed, if it is newer; otherwise nothing."""
        with self._lock:
            return self._content if self.version > version else b""

    def picture(self, sha256: bytes) -> bytes | None:
        """Return a picture, if it is still as it was."""
        path = self._places.get(sha256)
        try:
            content = None if path is None else read_picture(path)
        except (OSError, EikonaError):
            return None
        return content if content and hashlib.sha256(content).digest() == sha256 else None

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self._places)

    def watch(self, stopping: threading.Event) -> None:
        """Sign a new list after each change, once the folder has come to rest."""
        before = self._stamp
        while not stopping.wait(_LOOK_EVERY_S):
            now = self._look()
            self._away = self._why_away(now)
            if not self._away and now == before and now != self._stamp:
                self._renew(now)
            before = now

    def _why_away(self, now: _Stamp) -> str:
        """Return why the folder is not believed: a disk that is gone shall clear nothing."""
        if now or not self._places:
            return ""
        stays = f"the list of {len(self._places)} pictures stays in force"
        if not self._folder.is_dir():
            return f"{self._folder} is gone; {stays}: bring it back"
        return (
            f"{self._folder} holds no pictures any more; {stays}: bring them back, or start the"
            " quorum anew to guard nothing"
        )

    def _renew(self, stamp: _Stamp) -> None:
        unreadable: list[str] = []
        found = pictures_in(self._folder, unreadable=unreadable.append)
        self._unreadable = unreadable
        pictures = tuple(sorted((one for one, _ in found.values()), key=lambda one: one.name))
        quorum = key_id(self._administrator.public_key)
        with self._lock:
            self._places = {digest: path for digest, (_, path) in found.items()}
            self._stamp = stamp
            if self.version and pictures == self._pictures():
                return
            reference = Reference(quorum, self.version + 1, pictures)
            content = reference_bytes(sign_reference(reference, self._administrator))
            partial = self._file.with_name(f"{self._file.name}.new")
            partial.write_bytes(content)
            partial.replace(self._file)
            self._content, self.version = content, reference.version

    def _pictures(self) -> tuple[ReferencePicture, ...]:
        return self._read(self._content).pictures

    def _kept(self) -> tuple[int, bytes]:
        if not self._file.exists():
            return 0, b""
        content = self._file.read_bytes()
        try:
            return self._read(content).version, content
        except EikonaError as error:
            raise QuorumError(
                f"{self._file} is no list of reference pictures: restore it ({error})"
            ) from error

    def _read(self, content: bytes) -> Reference:
        key = self._administrator.public_key
        return reference_from(content, administrator=key, verify=verify_signature)

    def _look(self) -> _Stamp:
        found = []
        for one in walk(os.fspath(self._folder), Tally()):
            if isinstance(one, Found):
                try:
                    about = Path(one.path).stat()
                except OSError:
                    continue
                found.append((one.path, about.st_size, about.st_mtime_ns))
        return tuple(found)
