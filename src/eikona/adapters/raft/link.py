"""One connection over TLS that never waits: it reads whole frames, and keeps what it writes."""

import contextlib
import selectors
import socket
import ssl
import struct

_LENGTH = struct.Struct("<I")
MAX_FRAME_BYTES = 4 * 1024 * 1024
_MAX_KEPT_BYTES = 16 * 1024 * 1024  # that wait to be sent; more is dropped, as a network would
_READ_BYTES = 65_536  # asked for at once
_READS = 64  # in a row, before others get their turn
_WRITE_BYTES = 65_536


class BrokenLinkError(Exception):
    """The connection is over, or the other side says what makes no sense."""


class Link:
    """A connection, and how far it has come.

    Attributes:
        peer: the other node's name, once it is known.
        is_open: whether the other side has shown its certificate, and this one accepts it.
        greeted: whether the other side has said hello.
        deadline: when it is given up unless it is open by then.
    """

    def __init__(
        self,
        connection: socket.socket,
        context: ssl.SSLContext,
        *,
        is_called: bool,
        peer: str,
        deadline: float,
    ) -> None:
        self._plain = connection
        self._secured: ssl.SSLSocket | None = None
        self._context = context
        self._is_called = is_called
        self.peer = peer
        self.deadline = deadline
        self.is_open = False
        self.greeted = False
        self._wants_write = False
        self._incoming = bytearray()
        self._outgoing = bytearray()

    def fileno(self) -> int:
        """Return the number that a selector knows it by."""
        return (self._secured or self._plain).fileno()

    @property
    def events(self) -> int:
        """Return what to wait for."""
        if self._secured is None and not self._is_called:
            return selectors.EVENT_WRITE
        if self._wants_write or (self.is_open and self._outgoing):
            return selectors.EVENT_READ | selectors.EVENT_WRITE
        return selectors.EVENT_READ

    def shake_hands(self) -> bytes | None:
        """Go on with the handshake; return the other side's certificate when it is done.

        Raises:
            BrokenLinkError: the other side is not who it must be, or is gone.
        """
        try:
            secured = self._secured or self._secure()
            secured.do_handshake()
        except ssl.SSLWantReadError:
            self._wants_write = False
            return None
        except ssl.SSLWantWriteError:
            self._wants_write = True
            return None
        except (OSError, ValueError) as error:
            raise BrokenLinkError from error
        self._wants_write = False
        certificate = secured.getpeercert(binary_form=True)
        if not certificate:
            raise BrokenLinkError
        return certificate

    def send(self, frame: bytes) -> bool:
        """Keep a frame to be sent; return whether there was room for it."""
        if len(self._outgoing) + len(frame) > _MAX_KEPT_BYTES:
            return False
        self._outgoing += _LENGTH.pack(len(frame))
        self._outgoing += frame
        return True

    def flush(self) -> None:
        """Send as much as can be sent now.

        Raises:
            BrokenLinkError: the connection is over.
        """
        self._wants_write = False
        try:
            while self._outgoing:
                sent = self._open_one().send(bytes(self._outgoing[:_WRITE_BYTES]))
                del self._outgoing[:sent]
        except ssl.SSLWantWriteError:
            self._wants_write = True
        except ssl.SSLWantReadError:
            return
        except (OSError, ValueError) as error:
            raise BrokenLinkError from error

    def read(self) -> list[bytes]:
        """Return the frames that have come.

        Raises:
            BrokenLinkError: the connection is over, or a frame is longer than may be.
        """
        self._fill()
        frames = []
        while len(self._incoming) >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(self._incoming)
            if size > MAX_FRAME_BYTES:
                raise BrokenLinkError
            end = _LENGTH.size + size
            if len(self._incoming) < end:
                break
            frames.append(bytes(self._incoming[_LENGTH.size : end]))
            del self._incoming[:end]
        return frames

    def close(self) -> None:
        """End the connection at once."""
        with contextlib.suppress(OSError):
            (self._secured or self._plain).close()

    def _secure(self) -> ssl.SSLSocket:
        """Begin TLS, now that the connection stands, or is known not to."""
        error = self._plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "no connection")
        self._plain.getpeername()  # raises where it broke already; wrapping would lose the socket
        self._secured = self._context.wrap_socket(
            self._plain, server_side=self._is_called, do_handshake_on_connect=False
        )
        return self._secured

    def _open_one(self) -> ssl.SSLSocket:
        if self._secured is None:
            raise BrokenLinkError
        return self._secured

    def _fill(self) -> None:
        connection = self._open_one()
        try:
            for _ in range(_READS):
                data = connection.recv(_READ_BYTES)
                if not data:
                    raise BrokenLinkError
                self._incoming += data
        except ssl.SSLWantReadError:
            return
        except ssl.SSLWantWriteError:
            self._wants_write = True
        except (OSError, ValueError) as error:
            raise BrokenLinkError from error
