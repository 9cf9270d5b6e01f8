"""What keys sign: nouns in canonical form, each kind under a heading of its own.

The heading keeps a signature on one kind of statement from passing for one on another, and the
quorum's id, which every statement holds, from passing in another quorum.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from eikona.balloting.canonical import Json, canonical
from eikona.balloting.records import record_of
from eikona.domain.ballot import Announcement, Archived, Ballot
from eikona.domain.case import Case, Submission
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.receipt import Head
from eikona.domain.roster import Enrolment, Roster, Rotation, Standing

Statement = Ballot | Standing | Roster | Rotation | Announcement | Archived | Head

_HEADINGS: dict[type, bytes] = {
    Ballot: b"ballot",
    Standing: b"standing",
    Roster: b"roster",
    Rotation: b"rotation",
    Announcement: b"announcement",
    Archived: b"archived",
    Head: b"head",
}
_KEY_ID_BYTES = 16


class Verify(Protocol):
    """Checks one signature; the same bytes give the same answer on every node."""

    def __call__(self, *, key: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether ``signature`` is that of the holder of ``key`` under ``message``."""


class Signer(Protocol):
    """Holds a private key."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that others check with."""

    def sign(self, message: bytes) -> bytes:
        """Return 64 bytes."""


def key_id(key: bytes) -> str:
    """Return what a public key is called in statements."""
    return hashlib.sha256(b"eikona key v1\n" + key).digest()[:_KEY_ID_BYTES].hex()


def message_of(statement: Statement) -> bytes:
    """Return the bytes that are signed for ``statement``."""
    return _headed(_HEADINGS[type(statement)], statement)


def case_digest(case: Case) -> bytes:
    """Return what a ballot names its case by: how it was opened, electorate and all."""
    return hashlib.sha256(_headed(b"case", case)).digest()


def submission_digest(submission: Submission) -> bytes:
    """Return what tells a submission sent again from another one under the same id."""
    return hashlib.sha256(_headed(b"submission", submission)).digest()


@lru_cache(maxsize=64)
def roster_digest(enrolment: Enrolment) -> bytes:
    """Return the digest of the nodes and keys in force."""
    keys: dict[str, Json] = {node: key.hex() for node, key in enrolment.keys.items()}
    force: dict[str, Json] = {
        "quorum": enrolment.roster.quorum,
        "serial": enrolment.serial,
        "keys": keys,
    }
    return hashlib.sha256(b"eikona quorum seats v1\n" + canonical(force)).digest()


def witness(case: bytes, node: str, hashes: Mapping[str, str]) -> bytes:
    """Return what a ballot says of the hashes that its node computed, without saying them.

    Whoever has the picture can compute it; nobody can copy it from another node's ballot.

    Args:
        case: the case's digest.
        node: whose ballot it is.
        hashes: of the picture as the node decoded it, as ``hashes_of`` gives them.
    """
    salted: dict[str, Json] = {"case": case.hex(), "node": node, "hashes": dict(hashes)}
    return hashlib.sha256(b"eikona quorum witness v1\n" + canonical(salted)).digest()


def hashes_of(fingerprint: Fingerprint) -> dict[str, str]:
    """Return a fingerprint's hashes by ``algorithm@version``, in hex."""
    return {f"{name}@{fingerprint.versions[name]}": code for name, code in fingerprint.hex.items()}


def _headed(heading: bytes, noun: object) -> bytes:
    return b"eikona quorum " + heading + b" v1\n" + canonical(record_of(noun))
