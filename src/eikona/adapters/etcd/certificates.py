"""An authority for one etcd of one's own: who shows none of its certificates is not heard."""

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from eikona.domain.errors import InvalidKeyError

AUTHORITY, SERVER, CLIENT = "authority", "server", "client"
REVOKED = "revoked.crl"
_FROM = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)  # RFC 5280, 4.1.2.5
_OWNER_ONLY = 0o600


class Authority:
    """What stands in a folder; made where there is none."""

    def __init__(self, folder: Path) -> None:
        """Read it, or make it.

        Raises:
            InvalidKeyError: it cannot be used.
            OSError: it cannot be read or written.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        if not self.certificate_path.exists():
            self._make()
        try:
            key = serialization.load_pem_private_key(
                (folder / f"{AUTHORITY}.key").read_bytes(), password=None
            )
            self._certificate = x509.load_pem_x509_certificate(self.certificate_path.read_bytes())
        except ValueError as error:
            raise InvalidKeyError(f"etcd's authority in {folder} cannot be used") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise InvalidKeyError(f"etcd's authority in {folder} has a key of another kind")
        self._key = key

    def __repr__(self) -> str:
        """Return where it is."""
        return f"Authority({str(self._folder)!r})"

    @property
    def certificate_path(self) -> Path:
        """What others check with."""
        return self._folder / f"{AUTHORITY}.crt"

    @property
    def revoked_path(self) -> Path:
        """Whose certificates count no longer; etcd reads it at each connection."""
        return self._folder / REVOKED

    def admit(self, folder: Path, file: str, *, host: str | None = None) -> None:
        """Make a key and a certificate in a folder, and a copy of the authority's; once.

        Args:
            folder: of whoever is to show it.
            file: name of both files, without their suffixes.
            host: address of a server.

        Raises:
            OSError: they cannot be written.
        """
        path = folder / f"{file}.crt"
        if path.exists():
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(file, key, self._certificate.subject).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if host is not None:  # its HTTP side speaks to itself as a client
            uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
            named = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
            builder = builder.add_extension(named, critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        builder = builder.add_extension(issuer, critical=False)
        _write_key(folder / f"{file}.key", key)
        if folder != self._folder:
            _write(folder / f"{AUTHORITY}.crt", self.certificate_path.read_bytes())
        certificate = builder.sign(self._key, hashes.SHA256())
        _write(path, certificate.public_bytes(serialization.Encoding.PEM))

    def revoke(self, *certificates: Path) -> bool:
        """Let these certificates, and those revoked before, count no longer.

        Returns:
            Whether there are more of them than before. Connections that are open stay open.

        Raises:
            OSError: the list cannot be read or written.
        """
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self._certificate.subject, last_update=_FROM, next_update=_UNTIL
        )
        serials = {
            x509.load_pem_x509_certificate(path.read_bytes()).serial_number for path in certificates
        }
        before: set[int] = set()
        if self.revoked_path.exists():
            known = x509.load_pem_x509_crl(self.revoked_path.read_bytes())
            before = {one.serial_number for one in known}
        serials |= before
        for serial in sorted(serials):
            one = x509.RevokedCertificateBuilder(serial, _FROM).build()
            builder = builder.add_revoked_certificate(one)
        signed = builder.sign(self._key, hashes.SHA256())
        partial = self.revoked_path.with_suffix(".new")
        partial.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        partial.replace(self.revoked_path)
        return serials > before

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("eikona etcd authority")
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            _builder("eikona etcd authority", key, name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        _write_key(self._folder / f"{AUTHORITY}.key", key)
        _write(self.certificate_path, certificate.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY)
    with open(handle, "wb") as file:  # noqa: PTH123  a descriptor has no path
        file.write(content)
        file.flush()
        os.fsync(handle)
