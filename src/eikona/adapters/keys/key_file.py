"""Private keys in files that their owner alone may read, with a passphrase where one is wanted.

The form is PKCS #8 in PEM, which other tools read as well.
"""

import os
import stat
from pathlib import Path

from eikona.adapters.keys.ed25519 import NodeKey, check_installed
from eikona.domain.errors import InvalidKeyError

_OWNER_ONLY = 0o600
_OTHERS = 0o077
_BYTES_MOST = 4096


def write_key(path: Path, key: NodeKey, *, passphrase: str | None = None) -> None:
    """Write a key to a new file with mode 0600.

    Raises:
        InvalidKeyError: the file exists; a key is never written over.
        OSError: it cannot be written.
    """
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  an extra
        BestAvailableEncryption,
        Encoding,
        KeySerializationEncryption,
        NoEncryption,
        PrivateFormat,
    )

    how: KeySerializationEncryption = NoEncryption()
    if passphrase:
        how = BestAvailableEncryption(passphrase.encode())
    content = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError as error:
        raise InvalidKeyError(f"{path} exists, and no key is written over: name another") from error
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor has no path
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def read_key(path: Path, *, passphrase: str | None = None) -> NodeKey:
    """Read a key.

    Raises:
        InvalidKeyError: there is none, others may read it, or it needs another passphrase.
        MissingPackageError: ``cryptography`` is not installed.
    """
    check_installed()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  an extra
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    content = _content(path)
    try:
        key = load_pem_private_key(content, passphrase.encode() if passphrase else None)
    except TypeError as error:  # a passphrase is missing, or there is one too many
        needs = "no passphrase" if passphrase else "a passphrase"
        raise InvalidKeyError(f"{path} has {needs}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        why = "or this is not its passphrase" if passphrase else "in PEM"
        raise InvalidKeyError(f"{path} holds no private key {why}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidKeyError(f"{path} holds a key of another kind than Ed25519")
    return NodeKey(key)


def _content(path: Path) -> bytes:
    """Return what a key file holds, after a look at who may read it."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if os.name != "nt" and stat.S_IMODE(found.st_mode) & _OTHERS:
                raise InvalidKeyError(f"others may read {path}: chmod 600 it")
            return file.read(_BYTES_MOST)
    except OSError as error:
        raise InvalidKeyError(f"no key can be read from {path}: {error.strerror}") from error
