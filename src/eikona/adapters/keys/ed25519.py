"""Ed25519 by the package ``cryptography``, behind the ports of ``balloting``.

Checks follow RFC 8032 without the cofactor, as OpenSSL does them, so that every node gives the same
answer on every signature.
"""

from typing import TYPE_CHECKING

from eikona.domain.errors import MissingPackageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32


class NodeKey:
    """A private key; it never shows itself."""

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        """Take a key that was made or read."""
        self._private = private
        self._public = private.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        """Return the public key."""
        return f"NodeKey({self._public.hex()})"

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that others check with."""
        return self._public

    @property
    def private_key(self) -> "Ed25519PrivateKey":
        """The key as ``cryptography`` has it, to be written to a file."""
        return self._private

    def sign(self, message: bytes) -> bytes:
        """Return the signature under ``message``, 64 bytes."""
        return self._private.sign(message)


def new_key() -> NodeKey:
    """Return a new key.

    Raises:
        MissingPackageError: ``cryptography`` is not installed.
    """
    check_installed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  an extra
        Ed25519PrivateKey,
    )

    return NodeKey(Ed25519PrivateKey.generate())


def verify_signature(*, key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` is that of the holder of ``key`` under ``message``.

    Raises:
        MissingPackageError: ``cryptography`` is not installed.
    """
    check_installed()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  an extra
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: the key is no point on the curve
        return False
    return True


def check_installed() -> None:
    """Make sure that keys can be used.

    Raises:
        MissingPackageError: ``cryptography`` is not installed.
    """
    try:
        import cryptography  # noqa: F401, PLC0415  an extra
    except ImportError as error:
        raise MissingPackageError(
            "signatures need the package cryptography: pip install 'eikona[quorum]'"
        ) from error
