"""The server's secret: one file, from which a key is made for each use."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from eikona.domain.errors import InvalidKeyError

_BYTES = 32
_OWNER_ONLY = 0o600
_OTHERS = 0o077


class SecretKey:
    """Never shown, never logged."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret."""
        self._secret = secret

    def __repr__(self) -> str:
        """Return nothing of it."""
        return "SecretKey()"

    def key_for(self, use: str) -> bytes:
        """Return 32 bytes for one use, which tell nothing of those for others."""
        return hmac.digest(self._secret, b"eikona " + use.encode(), hashlib.sha256)


def secret_key(path: Path) -> SecretKey:
    """Return the secret in a file; made where there is none.

    Raises:
        InvalidKeyError: the file is not as it should be.
        OSError: it cannot be written.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return _read(path)
    with open(file, "wb") as opened:  # noqa: PTH123  a descriptor has no path
        opened.write(secrets.token_bytes(_BYTES))
        opened.flush()
        os.fsync(opened.fileno())
    return _read(path)


def _read(path: Path) -> SecretKey:
    if path.stat().st_mode & _OTHERS:
        raise InvalidKeyError(f"others may read {path}: chmod 600 it")
    content = path.read_bytes()
    if len(content) != _BYTES:
        raise InvalidKeyError(
            f"{path} holds no secret of {_BYTES} bytes: restore it, or remove it, which ends all"
            " sessions"
        )
    return SecretKey(content)
