"""A machine that is easily checked: it writes every command's id down once, in order."""

import hashlib
import json
import struct

from eikona.domain.errors import InvalidSnapshotError

ID_BYTES = 16
_HEAD = struct.Struct("<Q32s")


class Ledger:
    """Ids in the order of their first coming; the digest is a chain over them."""

    def __init__(self) -> None:
        self.ids: dict[bytes, int] = {}
        self._chain = bytes(32)

    def apply(self, command: bytes) -> bytes:
        """Write an id down; return its place, the same when it comes again."""
        number = self.ids.get(command[:ID_BYTES])
        if number is None:
            number = len(self.ids)
            self.ids[command[:ID_BYTES]] = number
            self._chain = hashlib.sha256(self._chain + command[:ID_BYTES]).digest()
        return number.to_bytes(8, "big")

    def snapshot(self) -> bytes:
        return _HEAD.pack(len(self.ids), self._chain) + b"".join(self.ids)

    def restore(self, snapshot: bytes) -> None:
        count, chain = _HEAD.unpack_from(snapshot)
        rest = snapshot[_HEAD.size :]
        if len(rest) != count * ID_BYTES:
            raise InvalidSnapshotError("this is no snapshot of a ledger")
        starts = range(0, len(rest), ID_BYTES)
        self.ids = {rest[at : at + ID_BYTES]: place for place, at in enumerate(starts)}
        self._chain = chain

    def digest(self) -> bytes:
        return self._chain

    def summary(self) -> str:
        return json.dumps({"count": len(self.ids), "digest": self._chain.hex()})
