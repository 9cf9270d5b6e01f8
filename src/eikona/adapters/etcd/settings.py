"""What the engine on etcd is told when it starts."""

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from eikona.domain.errors import InvalidKeyError, UnsafeAddressError, UsageError

_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class EtcdSettings:
    """One node whose log is kept by etcd.

    Attributes:
        name: this node's.
        cluster: a name that all nodes share; it is part of every key.
        endpoints: addresses of etcd's servers, such as ``https://10.0.0.1:2379``; tried in turn.
        authority: PEM file of the authority that signed the servers' certificates.
        certificate, key: PEM files that this node shows to etcd.
        user, password_file: what this node says to etcd, where etcd asks; the file holds the
            password alone, and its owner alone may read it.
        folder: where the node keeps a copy of its machine; without one it begins with etcd's
            snapshot at each start.
        compact_after: commands after which a snapshot takes their place.
        copy_after: commands after which the node's own copy is written anew.
        request_s: how long one request may take.
        start_s: how long to wait for etcd at the start.
        allows_plain: whether to speak without TLS to another machine; strangers could then read
            and write the log.
    """

    name: str
    cluster: str
    endpoints: tuple[str, ...]
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    user: str = ""
    password_file: Path | None = None
    folder: Path | None = None
    compact_after: int = 10_000
    copy_after: int = 5_000
    request_s: float = 3.0
    start_s: float = 0.0
    allows_plain: bool = False

    def __post_init__(self) -> None:
        if not self.endpoints:
            raise UsageError("etcd needs an endpoint, such as http://127.0.0.1:2379")
        if "/" in self.cluster or not self.cluster:
            raise UsageError("the name of a cluster is not empty and has no slash")
        if self.compact_after < 1 or self.copy_after < 1:
            raise UsageError("compaction needs at least one entry")
        if bool(self.user) != (self.password_file is not None):
            raise UsageError("a user of etcd's and the file with its password go together")
        for endpoint in self.endpoints:
            self._check(endpoint)

    def tls(self) -> ssl.SSLContext | None:
        """Return how to speak to etcd; None where all is on this machine and plain.

        Raises:
            InvalidKeyError: a file is missing, or is not what it should be.
        """
        if not any(endpoint.startswith("https:") for endpoint in self.endpoints):
            return None
        try:
            context = ssl.create_default_context(cafile=self.authority)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise InvalidKeyError(f"etcd's certificates cannot be used: {error}") from error
        return context

    def password(self) -> str:
        """Return the password of the user.

        Raises:
            InvalidKeyError: there is none, or others may read it.
        """
        if self.password_file is None:
            return ""
        try:
            if self.password_file.stat().st_mode & _OTHERS:
                raise InvalidKeyError(f"others may read {self.password_file}: chmod 600 it")
            return self.password_file.read_text(encoding="utf-8").rstrip("\n")
        except OSError as error:
            raise InvalidKeyError(
                f"no password can be read from {self.password_file}: {error.strerror}"
            ) from error

    def _check(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.port:
            raise UsageError(f"{endpoint!r} is no endpoint: write it as https://10.0.0.1:2379")
        if parts.scheme == "http" and not self.allows_plain and not _is_here(parts.hostname):
            raise UnsafeAddressError(
                f"{endpoint} goes over a network without TLS: use https, or allow plain by name"
            )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
