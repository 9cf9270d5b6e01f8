"""A node's own key and certificate, and how a certificate that others are to trust is read.

Trust hangs on the certificate itself, byte for byte, not on who signed it or on dates: whoever
admits a node gives its certificate to the others. So a clock that jumps locks nobody out, and an
authority that signs too much lets nobody in.
"""

import datetime as dt
import hashlib
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from eikona.adapters.raft.disk import sync_folder
from eikona.domain.errors import InvalidKeyError

_KEY = "transport.key"
_CERTIFICATE = "transport.crt"
_FROM = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)  # RFC 5280, 4.1.2.5


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What a node shows to the others.

    Attributes:
        key_path, certificate_path: PEM files.
        certificate: in DER.
    """

    key_path: Path
    certificate_path: Path
    certificate: bytes

    def __repr__(self) -> str:
        return f"Identity({fingerprint_of(self.certificate)})"


def own_identity(folder: Path, name: str) -> Identity:
    """Return the identity that stands in a folder; made where there is none.

    Raises:
        InvalidKeyError: there is one, and it cannot be used, or others can read it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_path, certificate_path = folder / _KEY, folder / _CERTIFICATE
    if not certificate_path.exists():
        _make(name, key_path, certificate_path)
    if key_path.stat().st_mode & 0o077:
        raise InvalidKeyError(f"others may read {key_path}: chmod 600 it, and make a new one")
    return Identity(key_path, certificate_path, read_certificate(certificate_path.read_bytes()))


def read_certificate(pem: bytes) -> bytes:
    """Return a certificate's DER.

    Raises:
        InvalidKeyError: it is none.
    """
    try:
        return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except ValueError as error:
        raise InvalidKeyError("this is no certificate in PEM") from error


def write_certificate(certificate: bytes) -> str:
    """Return a certificate in PEM, to be given to others."""
    return ssl.DER_cert_to_PEM_cert(certificate)


def fingerprint_of(certificate: bytes) -> str:
    """Return what people compare: the certificate's SHA-256."""
    return hashlib.sha256(certificate).hexdigest()


def _make(name: str, key_path: Path, certificate_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, algorithm=None)
    )
    _write(key_path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(certificate_path, certificate.public_bytes(Encoding.PEM))
    sync_folder(key_path.parent)


def _write(path: Path, data: bytes) -> None:
    partial = path.with_suffix(path.suffix + ".partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    partial.rename(path)
