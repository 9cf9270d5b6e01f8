"""The keys that a node signs ballots with: the one in force, and one that is to take its place.

The new key is made by the node and never leaves it. Once the roster in force names it, it takes the
old one's place, and the old one is gone.
"""

import contextlib
import threading
from pathlib import Path

from eikona.adapters.keys.ed25519 import NodeKey, new_key
from eikona.adapters.keys.key_file import read_key, write_key

_KEY = "ballots.key"
_NEXT = "ballots.next.key"
_RETIRED = "ballots.retired"  # public keys in hex, one a line


class KeyRing:
    """One node's; for any thread."""

    def __init__(self, folder: Path) -> None:
        """Read the keys of a folder; make one where there is none.

        Raises:
            InvalidKeyError: there is one, and it cannot be used.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._lock = threading.Lock()
        if not (folder / _KEY).exists():
            write_key(folder / _KEY, new_key())
        self.current = read_key(folder / _KEY)
        self._next = read_key(folder / _NEXT) if (folder / _NEXT).exists() else None

    def __repr__(self) -> str:
        """Return the public key."""
        return f"KeyRing({self.current.public_key.hex()})"

    def propose(self) -> NodeKey:
        """Return the key that is to take the place of the one in force; made where there is none.

        Raises:
            OSError: it cannot be kept.
        """
        with self._lock:
            if self._next is None:
                made = new_key()
                write_key(self._folder / _NEXT, made)
                self._next = made
            return self._next

    def settle(self, in_force: bytes | None) -> NodeKey:
        """Return the key to sign with, now that the roster names this one.

        Raises:
            OSError: the new key cannot be put in the old one's place.
        """
        if in_force in (None, self.current.public_key):
            return self.current
        with self._lock:
            if self._next is not None and self._next.public_key == in_force:
                with (self._folder / _RETIRED).open("a", encoding="ascii") as retired:
                    retired.write(f"{self.current.public_key.hex()}\n")
                (self._folder / _NEXT).replace(self._folder / _KEY)
                self.current, self._next = self._next, None
            return self.current

    def knows(self, key: bytes) -> bool:
        """Return whether a public key is, is to be, or was this node's."""
        known = {self.current.public_key}
        if self._next is not None:
            known.add(self._next.public_key)
        with contextlib.suppress(OSError):
            lines = (self._folder / _RETIRED).read_text(encoding="ascii").split()
            known |= {bytes.fromhex(line) for line in lines}
        return key in known
