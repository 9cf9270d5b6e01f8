import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from eikona.adapters.etcd.certificates import Authority
from eikona.domain.errors import InvalidKeyError


def _certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_what_an_authority_admits_it_has_signed(tmp_path):
    authority = Authority(tmp_path / "etcd")
    authority.admit(tmp_path / "etcd", "server", host="127.0.0.1")
    authority.admit(tmp_path / "n1", "client")
    root = _certificate(authority.certificate_path)
    server = _certificate(tmp_path / "etcd" / "server.crt")
    client = _certificate(tmp_path / "n1" / "client.crt")
    for one in (server, client):
        one.verify_directly_issued_by(root)
    uses = [
        set(one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        for one in (server, client)
    ]
    both = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
    assert uses == [both, {ExtendedKeyUsageOID.CLIENT_AUTH}]
    assert (tmp_path / "n1" / "authority.crt").read_bytes() == (
        authority.certificate_path.read_bytes()
    )
    secret = [*tmp_path.rglob("*.key")]
    assert len(secret) == 3
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}


def test_it_is_made_once(tmp_path):
    first = Authority(tmp_path)
    first.admit(tmp_path / "n1", "client")
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    Authority(tmp_path).admit(tmp_path / "n1", "client")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == kept


def test_what_is_revoked_stays_revoked(tmp_path):
    authority = Authority(tmp_path)
    authority.revoke()
    names = ("n1", "n2", "n3")
    for name in names:
        authority.admit(tmp_path / name, "client")
    for name, is_new in (("n1", True), ("n3", True), ("n1", False)):
        assert Authority(tmp_path).revoke(tmp_path / name / "client.crt") is is_new
    found = x509.load_pem_x509_crl(authority.revoked_path.read_bytes())
    assert found.is_signature_valid(_certificate(authority.certificate_path).public_key())
    serials = {name: _certificate(tmp_path / name / "client.crt").serial_number for name in names}
    assert {one.serial_number for one in found} == {serials["n1"], serials["n3"]}


def test_a_damaged_authority_is_told(tmp_path):
    Authority(tmp_path)
    (tmp_path / "authority.key").write_text("nothing")
    with pytest.raises(InvalidKeyError, match="cannot be used"):
        Authority(tmp_path)
