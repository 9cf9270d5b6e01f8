"""A ballot: one node's signed answer to one case."""

from dataclasses import dataclass
from typing import Annotated

from eikona.domain.bounds import (
    Count,
    Digest,
    KeyId,
    Many,
    Milliseconds,
    Name,
    Signature,
    Text,
    Words,
)
from eikona.domain.case import CaseId
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.verdict import Outcome

Decimal = Annotated[str, Text(24, r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,9})?")]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One node's answer.

    Attributes:
        quorum: key id of the administrator.
        case: its id.
        round: which opening of the case.
        case_digest: of the case as it was opened, electorate and all.
        node: who answers.
        key: id of the key that signs it.
        outcome: clear, review or block.
        rule: what judged, as it would be asked for again.
        algorithms: hashes that were computed, each ``name@version``.
        decode: how the picture was decoded for them.
        threshold: the rule's bound, in words.
        nearest: name of the nearest entry; None where nothing is near.
        distance: to that entry, as a decimal number.
        bank_version: of the bank that was searched.
        bank_digest: of that bank's content, where it is known.
        witness: salted digest of the hashes that the node computed; None where it could not, and
            then the outcome is review.
        note: anything else, such as why nothing could be hashed.
        at_ms: when it was signed.
    """

    quorum: KeyId
    case: CaseId
    round: Count
    case_digest: Digest
    node: Name
    key: KeyId
    outcome: Outcome
    rule: Words
    algorithms: Annotated[tuple[Name, ...], Many(64)]
    decode: DecodeMode
    threshold: Words
    nearest: Words | None
    distance: Decimal | None
    bank_version: Count
    bank_digest: Digest | None
    witness: Digest | None
    note: Words
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class SignedBallot:
    """A ballot, signed by its node."""

    ballot: Ballot
    signature: Signature


@dataclass(frozen=True, slots=True)
class Announcement:
    """A node's word on which version of the bank it holds.

    Attributes:
        quorum: key id of the administrator.
        node: who says so.
        key: id of the key that signs it.
        version: of its bank.
        digest: of that bank's content, where it is known.
        at_ms: when it was signed.
    """

    quorum: KeyId
    node: Name
    key: KeyId
    version: Count
    digest: Digest | None
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class SignedAnnouncement:
    """An announcement, signed by its node."""

    announcement: Announcement
    signature: Signature


@dataclass(frozen=True, slots=True)
class Archived:
    """A node's word that it has the receipts of the first ``size`` decisions on disk."""

    quorum: KeyId
    node: Name
    key: KeyId
    size: Count
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class SignedArchived:
    """A node's word on its archive, signed by it."""

    archived: Archived
    signature: Signature
