"""The quorum's reference pictures: which they are, by name and SHA-256, in a signed version.

Nodes take the list from the gateway, believe it only with the administrator's signature, fetch each
picture by its digest and hash it themselves. So two nodes with one digest hold the same pictures,
whatever algorithms they run.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from eikona.balloting.canonical import canonical, parse
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.statements import Signer, Verify, key_id
from eikona.domain.bounds import Count, Digest, KeyId, Many, Signature, Text
from eikona.domain.errors import BadSignatureError, OutdatedError

PICTURES_MOST = 1_000_000
LIST_BYTES_MOST = 2**28
_HEADING = b"eikona quorum reference v1\n"


@dataclass(frozen=True, slots=True)
class ReferencePicture:
    """One picture that nothing published may be a copy of."""

    name: Annotated[str, Text(512)]
    sha256: Digest


@dataclass(frozen=True, slots=True)
class Reference:
    """All of them.

    Attributes:
        quorum: key id of the administrator.
        version: one more than that of the list before, from 1.
        pictures: by name.
    """

    quorum: KeyId
    version: Count
    pictures: Annotated[tuple[ReferencePicture, ...], Many(PICTURES_MOST)]


@dataclass(frozen=True, slots=True)
class SignedReference:
    """A list of reference pictures, signed by the administrator."""

    reference: Reference
    signature: Signature


def pictures_digest(pictures: tuple[ReferencePicture, ...]) -> bytes:
    """Return the SHA-256 of what the pictures are, whatever the version."""
    return hashlib.sha256(canonical([record_of(one) for one in pictures])).digest()


def sign_reference(reference: Reference, administrator: Signer) -> SignedReference:
    """Sign a list as the administrator."""
    return SignedReference(reference, administrator.sign(_message(reference)))


def reference_bytes(signed: SignedReference) -> bytes:
    """Return a list as the content of a file."""
    return canonical(record_of(signed))


def reference_from(content: bytes, *, administrator: bytes, verify: Verify) -> Reference:
    """Return the list that the administrator has signed.

    Raises:
        MalformedError: these bytes are none.
        OutdatedError: it is of another quorum.
        BadSignatureError: the administrator has not signed it.
    """
    record = parse(content, most_bytes=LIST_BYTES_MOST, shallow=False)
    signed = noun_from(SignedReference, record)
    reference = signed.reference
    if reference.quorum != key_id(administrator):
        raise OutdatedError(f"this is the reference of quorum {reference.quorum}")
    if not verify(key=administrator, message=_message(reference), signature=signed.signature):
        raise BadSignatureError("the administrator has not signed this list of pictures")
    return reference


def _message(reference: Reference) -> bytes:
    return _HEADING + hashlib.sha256(canonical(record_of(reference))).digest()
