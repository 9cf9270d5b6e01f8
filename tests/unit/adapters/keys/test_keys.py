import os
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from eikona.adapters.keys.ed25519 import new_key, verify_signature
from eikona.adapters.keys.key_file import read_key, write_key
from eikona.adapters.keys.public_keys import read_public_keys, write_public_keys
from eikona.balloting.receipts import TrustedKeys
from eikona.domain.errors import InvalidKeyError, MissingPackageError

# RFC 8032, section 7.1, test 3: public key, message, signature.
PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
MESSAGE = bytes.fromhex("af82")
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group


def test_published_signature():
    assert verify_signature(key=PUBLIC, message=MESSAGE, signature=SIGNATURE)
    assert not verify_signature(key=PUBLIC, message=MESSAGE + b"\0", signature=SIGNATURE)
    assert not verify_signature(key=bytes(32), message=MESSAGE, signature=SIGNATURE)


def test_a_signature_has_one_form():
    scalar = int.from_bytes(SIGNATURE[32:], "little") + ORDER
    other = SIGNATURE[:32] + scalar.to_bytes(32, "little")
    assert not verify_signature(key=PUBLIC, message=MESSAGE, signature=other)


@pytest.mark.parametrize("key", [b"", b"short", b"\xff" * 32])
def test_odd_keys_verify_nothing(key):
    assert not verify_signature(key=key, message=b"", signature=bytes(64))


def test_a_new_key_signs():
    key = new_key()
    signature = key.sign(b"hello")
    assert verify_signature(key=key.public_key, message=b"hello", signature=signature)
    assert new_key().public_key != key.public_key


def test_a_key_never_shows_itself():
    key = new_key()
    secret = key.private_key.private_bytes_raw().hex()
    assert secret not in repr(key)
    assert key.public_key.hex() in repr(key)


@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_keys_in_files(tmp_path, passphrase):
    path, key = tmp_path / "n1.key", new_key()
    write_key(path, key, passphrase=passphrase)
    assert read_key(path, passphrase=passphrase).public_key == key.public_key
    assert (b"ENCRYPTED" in path.read_bytes()) == (passphrase is not None)
    with pytest.raises(InvalidKeyError, match="passphrase"):
        read_key(path, passphrase=None if passphrase else "one too many")
    if passphrase:
        with pytest.raises(InvalidKeyError, match="not its passphrase"):
            read_key(path, passphrase="wrong")


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_only_the_owner_may_read_a_key(tmp_path):
    path = tmp_path / "n1.key"
    before = os.umask(0)
    try:
        write_key(path, new_key())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(InvalidKeyError, match="chmod 600"):
        read_key(path)


def test_no_key_is_written_over(tmp_path):
    path = tmp_path / "n1.key"
    write_key(path, new_key())
    before = path.read_bytes()
    with pytest.raises(InvalidKeyError, match="exists"):
        write_key(path, new_key())
    assert path.read_bytes() == before


def test_files_that_hold_no_key(tmp_path):
    path = tmp_path / "n1.key"
    with pytest.raises(InvalidKeyError, match="no key can be read"):
        read_key(path)
    other = X25519PrivateKey.generate()
    for content in (
        b"",
        b"nonsense",
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(InvalidKeyError):
            read_key(path)


def test_public_keys_in_files(tmp_path):
    path, keys = tmp_path / "keys.json", TrustedKeys(bytes(32), {"n1": b"1" * 32})
    write_public_keys(path, keys)
    assert read_public_keys(path) == keys
    write_public_keys(path, TrustedKeys())
    assert read_public_keys(path) == TrustedKeys()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"nodes": []}', '{"nodes": {"n1": "00"}}', '{"key": 1}', "[" * 50000],
)
def test_files_that_hold_no_public_keys(tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(InvalidKeyError):
        read_public_keys(path)
    with pytest.raises(InvalidKeyError):
        read_public_keys(tmp_path / "none.json")


def test_without_the_package_it_is_said_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    for call in (new_key, lambda: verify_signature(key=PUBLIC, message=b"", signature=b"")):
        with pytest.raises(MissingPackageError, match="quorum"):
            call()
