"""One connection over which a header of JSON and some bytes go at a time, after TLS or a pipe.

Whoever speaks has shown a known certificate before the first byte is read; sizes are bounded all
the same. One thread at a time uses a channel.
"""

import json
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

Header = dict[str, Any]

HEADER_BYTES_MOST = 1_048_576
BODY_BYTES_MOST = 268_435_456  # a picture, a receipt, or a list of all reference pictures
_SIZES = struct.Struct(">II")
_CHUNK_BYTES = 1_048_576


class BrokenChannelError(ConnectionError):
    """The other side is gone, silent for too long, or says what makes no sense."""


class Channel:
    """A connected socket that carries messages."""

    def __init__(self, connection: socket.socket) -> None:
        """Take a socket over; its own time limit is for sending."""
        self._socket = connection

    def fileno(self) -> int:
        """Return the socket's number."""
        return self._socket.fileno()

    def send(self, header: Mapping[str, Any], body: bytes = b"") -> None:
        """Send one message.

        Raises:
            BrokenChannelError: the other side is gone.
        """
        head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            self._socket.sendall(_SIZES.pack(len(head), len(body)) + head)
            if body:
                self._socket.sendall(body)
        except (OSError, ValueError) as error:
            raise BrokenChannelError(str(error)) from error

    def receive(self, timeout_s: float | None) -> tuple[Header, bytes]:
        """Return the next message.

        Args:
            timeout_s: seconds without any byte that are too long; None to wait for ever.

        Raises:
            BrokenChannelError: the other side is gone, silent, or makes no sense.
        """
        try:
            self._socket.settimeout(timeout_s)
            head_size, body_size = _SIZES.unpack(self._read(_SIZES.size))
            _check_sizes(head_size, body_size)
            header = json.loads(self._read(head_size))
            body = self._read(body_size)
        except BrokenChannelError:
            raise
        except (OSError, ValueError, RecursionError) as error:
            raise BrokenChannelError(str(error)) from error
        if not isinstance(header, dict):
            raise BrokenChannelError("a header is no object")
        return header, body

    def ask(
        self, header: Mapping[str, Any], body: bytes = b"", *, timeout_s: float
    ) -> tuple[Header, bytes]:
        """Send a message and return the answer.

        Raises:
            BrokenChannelError: the other side is gone, silent, or makes no sense.
        """
        self.send(header, body)
        return self.receive(timeout_s)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def shut(self) -> None:
        """End the connection for a thread that waits on it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing:
            part = self._socket.recv(min(missing, _CHUNK_BYTES))
            if not part:
                raise BrokenChannelError("the other side is gone")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def _check_sizes(head: int, body: int) -> None:
    if head > HEADER_BYTES_MOST or body > BODY_BYTES_MOST:
        raise BrokenChannelError("a message is longer than any may be")
