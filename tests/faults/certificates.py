"""Certificates as a small authority of one's own would sign them."""

import datetime as dt
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def certificates(folder):
    """Make an authority, and what it signed for a server and a client; PEM files."""
    now = dt.datetime.now(dt.UTC)

    def make(name, signer=None, usage=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
            .issuer_name(signer[1].subject if signer else subject)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        )  # fmt: skip
        if signer is None:
            uses = dict.fromkeys(
                ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "encipher_only", "decipher_only"), False,
            )  # fmt: skip
            usage_of_key = x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, **uses
            )
            builder = builder.add_extension(usage_of_key, True)
        else:
            name_of_host = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer[0].public_key())
            builder = builder.add_extension(x509.SubjectAlternativeName([name_of_host]), False)
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), False)
            builder = builder.add_extension(issuer, False)
        certificate = builder.sign(signer[0] if signer else key, hashes.SHA256())
        paths = folder / f"{name}.crt", folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return key, certificate, paths

    authority = make("authority")
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    server, client = (make(name, authority, both) for name in ("server", "client"))
    return authority[2][0], server[2], client[2]
