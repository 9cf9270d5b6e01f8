"""Snapshots on their way from the leader to a follower that is far behind, in parts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from eikona.adapters.raft.messages import Message, SnapshotAnswer, SnapshotPart
from eikona.adapters.raft.snapshot_file import SnapshotFolder

_PART_BYTES = 262_144
_UNDER_WAY = 8  # parts that are sent before the first is answered
_PATIENCE_S = 2.0  # without an answer; then from where the follower was
_MAX_BYTES = 4 * 1024**3

Send = Callable[[str, Message], bool]


@dataclass(slots=True)
class _Sending:
    file: BinaryIO
    index: int
    size: int
    sent: int = 0
    received: int = 0
    heard_at: float = 0.0


class SnapshotSender:
    """The leader's side."""

    def __init__(self, folder: SnapshotFolder, send: Send) -> None:
        self._folder = folder
        self._send = send
        self._sendings: dict[str, _Sending] = {}

    def begin(self, name: str, term: int, now: float) -> None:
        """Send a follower the newest snapshot, unless one is on its way."""
        path = self._folder.newest()
        running = self._sendings.get(name)
        if path is None or (running is not None and now - running.heard_at < _PATIENCE_S):
            return
        self.end(name)
        file = path.open("rb")
        sending = _Sending(file, int(path.stem), path.stat().st_size, heard_at=now)
        self._sendings[name] = sending
        self._go_on(name, sending, term)

    def on_answer(self, name: str, answer: SnapshotAnswer, term: int, now: float) -> None:
        """Send the next parts."""
        sending = self._sendings.get(name)
        if sending is None or answer.index != sending.index or answer.term != term:
            return
        sending.heard_at = now
        if answer.received < sending.received or answer.received > sending.size:
            sending.sent = sending.received = 0  # it began anew
        else:
            sending.received = answer.received
        if sending.received == sending.size:
            self.end(name)
        else:
            self._go_on(name, sending, term)

    def tick(self, term: int, now: float) -> None:
        """Send again what nobody has answered."""
        for name, sending in self._sendings.items():
            if now - sending.heard_at > _PATIENCE_S:
                sending.heard_at = now
                sending.sent = sending.received
                self._go_on(name, sending, term)

    def end(self, name: str) -> None:
        """Send a node nothing more."""
        sending = self._sendings.pop(name, None)
        if sending is not None:
            sending.file.close()

    def end_all(self) -> None:
        """Send nobody anything more: this node does not lead."""
        for name in list(self._sendings):
            self.end(name)

    def _go_on(self, name: str, sending: _Sending, term: int) -> None:
        while (
            sending.sent < sending.size
            and sending.sent - sending.received < _UNDER_WAY * _PART_BYTES
        ):
            sending.file.seek(sending.sent)
            data = sending.file.read(_PART_BYTES)
            part = SnapshotPart(term, sending.index, sending.size, sending.sent, data)
            if not self._send(name, part):
                return
            sending.sent += len(data)


class SnapshotReceiver:
    """The follower's side."""

    def __init__(self) -> None:
        self._source: tuple[str, int, int, int] | None = None
        self._data = bytearray()

    def take(self, sender: str, part: SnapshotPart) -> tuple[int, bytes | None]:
        """Take a part; return how much has come, and the file once it is whole."""
        source = (sender, part.term, part.index, part.size)
        if part.offset == 0 and (source != self._source or not self._data):
            self._source, self._data = source, bytearray()
        if source != self._source or part.size > _MAX_BYTES:
            return 0, None
        if part.offset == len(self._data) and part.offset + len(part.data) <= part.size:
            self._data += part.data
        if len(self._data) < part.size:
            return len(self._data), None
        whole, self._source, self._data = bytes(self._data), None, bytearray()
        return part.size, whole
