"""Calls between a quorum's processes: TLS 1.3, and both sides show a certificate that is known.

A stranger gets as far as the handshake. Nothing that it sends is parsed.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.adapters.raft.address import Address, check_private, family_of, parse_address
from eikona.adapters.raft.identity import Identity
from eikona.adapters.raft.tls import client_context, server_context
from eikona.domain.errors import QuorumError

_HANDSHAKE_S = 10.0
_SEND_S = 10.0  # that a message may take to leave
_STRANGERS_MOST = 64  # connections that have not shown a certificate yet

Serve = Callable[[str, Channel], None]


def call(address: str, identity: Identity, certificate: bytes, *, timeout_s: float) -> Channel:
    """Return a connection to whoever owns a certificate, and to nobody else.

    Raises:
        BrokenChannelError: nobody answers there, or somebody else.
    """
    place = parse_address(address)
    connection = socket.socket(family_of(place), socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect((place.host, place.port))
        _tune(connection)
        context = client_context(identity, certificate)
        secured = context.wrap_socket(connection)
    except OSError as error:
        connection.close()
        raise BrokenChannelError(f"{address} does not answer: {error}") from error
    if secured.getpeercert(binary_form=True) != certificate:
        secured.close()
        raise BrokenChannelError(f"{address} shows another certificate")
    return Channel(secured)


class Listener:
    """Accepts calls from the owners of some certificates, each in a thread of its own."""

    def __init__(
        self,
        address: str,
        identity: Identity,
        trusted: Mapping[str, bytes],
        serve: Serve,
        *,
        allows_public: bool = False,
    ) -> None:
        """Listen.

        Args:
            address: ``host:port``.
            identity: what is shown to callers.
            trusted: certificates of those who may call, by what they are called here.
            serve: does the talking; called with the caller's name.
            allows_public: whether it may be an address that strangers can reach.

        Raises:
            UnsafeAddressError: strangers could reach the address.
            QuorumError: it is in use, or not this machine's.
        """
        place = parse_address(address)
        if not allows_public:
            check_private(place)
        self._identity = identity
        self._serve = serve
        self._strangers = threading.Semaphore(_STRANGERS_MOST)
        self._open: dict[Channel, bytes] = {}  # with the certificate that was shown
        self._is_closed = False
        self.trust(trusted)
        self._socket = _listening(place)

    def trust(self, trusted: Mapping[str, bytes]) -> None:
        """Let the owners of these certificates call, and nobody else; end what others have open."""
        self._context = server_context(self._identity, trusted.values())
        self._names = {certificate: name for name, certificate in trusted.items()}
        for channel, certificate in list(self._open.items()):
            if certificate not in self._names:
                channel.shut()

    def start(self) -> None:
        """Begin to accept."""
        threading.Thread(target=self._accept, name="listener", daemon=True).start()

    def close(self) -> None:
        """Accept no more, and end what is open."""
        self._is_closed = True
        self._socket.close()
        for channel in list(self._open):
            channel.shut()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                continue
            if not self._strangers.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._meet, args=(connection,), daemon=True).start()

    def _meet(self, connection: socket.socket) -> None:
        try:
            certificate, channel = self._greeted(connection)
        except (OSError, ssl.SSLError, ValueError):
            connection.close()
            return
        finally:
            self._strangers.release()
        self._open[channel] = certificate
        try:
            if (name := self._names.get(certificate)) is not None:  # it may just have gone
                self._serve(name, channel)
        except BrokenChannelError:
            pass
        finally:
            del self._open[channel]
            channel.close()

    def _greeted(self, connection: socket.socket) -> tuple[bytes, Channel]:
        connection.settimeout(_HANDSHAKE_S)
        _tune(connection)
        secured = self._context.wrap_socket(connection, server_side=True)
        certificate = secured.getpeercert(binary_form=True) or b""
        if certificate not in self._names:
            secured.close()
            raise BrokenChannelError("nobody knows this certificate")
        secured.settimeout(_SEND_S)
        return certificate, Channel(secured)


def _listening(place: Address) -> socket.socket:
    made = socket.socket(family_of(place), socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((place.host, place.port))
        made.listen(128)
    except OSError as error:
        made.close()
        raise QuorumError(
            f"cannot listen on {place.host}:{place.port}: {error.strerror}; is it running already?"
        ) from error
    return made


def _tune(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
