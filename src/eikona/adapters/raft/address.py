"""Addresses of nodes: ``host:port``, and which of them strangers could reach."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import NamedTuple

from eikona.domain.errors import UnsafeAddressError, UsageError


class Address(NamedTuple):
    """Where a node listens."""

    host: str
    port: int


def parse_address(text: str) -> Address:
    """Return the address that ``host:port`` or ``[host]:port`` names.

    Raises:
        UsageError: it names none.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise UsageError(f"{text!r} is no address: write it as 127.0.0.1:7400")
    return Address(host, int(port))


def check_private(address: Address) -> None:
    """Make sure that only this machine or a private network reaches an address.

    Raises:
        UnsafeAddressError: it is public, or every address of this machine at once.
        UsageError: it does not resolve.
    """
    for found in _resolved(address):
        is_inside = found.is_loopback or found.is_private or found.is_link_local
        if found.is_unspecified or not is_inside:
            raise UnsafeAddressError(
                f"{address.host} can be reached from outside: bind to 127.0.0.1 or an address of"
                " a private network, or allow a public one by name"
            )


def family_of(address: Address) -> socket.AddressFamily:
    """Return the family of sockets for an address."""
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET


def _resolved(address: Address) -> Iterable[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError(f"{address.host} does not resolve: {error.strerror}") from error
    return [ipaddress.ip_address(str(place[4][0]).partition("%")[0]) for place in found]
