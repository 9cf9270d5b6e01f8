import hashlib
from dataclasses import replace

import pytest

from eikona.balloting.statements import key_id
from eikona.domain.errors import BadSignatureError, MalformedError, OutdatedError
from eikona.services.reference import (
    Reference,
    ReferencePicture,
    SignedReference,
    pictures_digest,
    reference_bytes,
    reference_from,
    sign_reference,
)
from tests.unit.balloting.quorum_builder import QuickSigner, quick_verify

ADMINISTRATOR = QuickSigner("administrator")
PICTURES = tuple(
    ReferencePicture(name, hashlib.sha256(name.encode()).digest()) for name in ("a.jpg", "ü.png")
)
REFERENCE = Reference(key_id(ADMINISTRATOR.public_key), 3, PICTURES)


def read(content, by=ADMINISTRATOR):
    return reference_from(content, administrator=by.public_key, verify=quick_verify)


def test_what_the_administrator_signed_is_read():
    assert read(reference_bytes(sign_reference(REFERENCE, ADMINISTRATOR))) == REFERENCE


def test_nobody_else_can_sign_or_change_it():
    with pytest.raises(BadSignatureError):
        read(reference_bytes(sign_reference(REFERENCE, QuickSigner("gateway"))))
    signed = sign_reference(REFERENCE, ADMINISTRATOR)
    for changes in ({"version": 4}, {"pictures": PICTURES[:1]}):
        forged = SignedReference(replace(REFERENCE, **changes), signed.signature)
        with pytest.raises(BadSignatureError):
            read(reference_bytes(forged))


def test_the_list_of_another_quorum_is_refused():
    with pytest.raises(OutdatedError):
        read(reference_bytes(sign_reference(REFERENCE, ADMINISTRATOR)), QuickSigner("another"))


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"reference":1,"signature":2}'])
def test_other_bytes_are_refused(content):
    with pytest.raises(MalformedError):
        read(content)


def test_the_digest_is_of_the_pictures_alone():
    other = (replace(PICTURES[0], name="b.jpg"), PICTURES[1])
    assert pictures_digest(PICTURES) != pictures_digest(other)
    assert pictures_digest(PICTURES) == pictures_digest(tuple(PICTURES))
