import stat

import pytest
from cryptography import x509

from eikona.adapters.raft.identity import own_identity, read_certificate, write_certificate
from eikona.domain.errors import InvalidKeyError


def test_an_identity_is_made_once(tmp_path):
    made = own_identity(tmp_path, "n0")
    assert own_identity(tmp_path, "n0") == made
    assert own_identity(tmp_path / "other", "n0").certificate != made.certificate


def test_its_key_is_ed25519_and_nobody_else_may_read_it(tmp_path):
    made = own_identity(tmp_path, "n0")
    certificate = x509.load_der_x509_certificate(made.certificate)
    assert type(certificate.public_key()).__name__ == "Ed25519PublicKey"
    assert stat.S_IMODE(made.key_path.stat().st_mode) == 0o600
    made.key_path.chmod(0o644)
    with pytest.raises(InvalidKeyError, match="others may read"):
        own_identity(tmp_path, "n0")


def test_no_clock_ends_it(tmp_path):
    certificate = x509.load_der_x509_certificate(own_identity(tmp_path, "n0").certificate)
    assert certificate.not_valid_before_utc.year == 1970
    assert certificate.not_valid_after_utc.year == 9999


def test_it_does_not_tell_where_the_key_is(tmp_path):
    assert str(tmp_path) not in repr(own_identity(tmp_path, "n0"))


def test_a_certificate_travels_as_text(tmp_path):
    certificate = own_identity(tmp_path, "n0").certificate
    assert read_certificate(write_certificate(certificate).encode()) == certificate
    with pytest.raises(InvalidKeyError):
        read_certificate(b"-----BEGIN NOTHING-----")
