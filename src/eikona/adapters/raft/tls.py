"""TLS 1.3 between nodes: both sides show a certificate, and only known ones are accepted."""

import socket
import ssl
from collections.abc import Iterable

from eikona.adapters.raft.identity import Identity

_UNACKNOWLEDGED_MS = 4000  # what a peer does not acknowledge for so long breaks the connection


def server_context(identity: Identity, trusted: Iterable[bytes]) -> ssl.SSLContext:
    """Return how connections are accepted: from owners of these certificates alone."""
    return _context(ssl.PROTOCOL_TLS_SERVER, identity, trusted)


def client_context(identity: Identity, trusted: bytes) -> ssl.SSLContext:
    """Return how a node is called: the one that owns this certificate, or nobody."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, identity, [trusted])


def _context(protocol: int, identity: Identity, trusted: Iterable[bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the certificate itself is what is known, not a name in it
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_cert_chain(identity.certificate_path, identity.key_path)
    for certificate in trusted:
        context.load_verify_locations(cadata=certificate)
    if protocol == ssl.PROTOCOL_TLS_SERVER:
        context.num_tickets = 0  # each connection shows its certificate anew
    return context


def tune(connection: socket.socket) -> None:
    """Send small messages at once, and notice soon that the other side is gone."""
    connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
