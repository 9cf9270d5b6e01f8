"""What the server keeps beside its nouns: mail to send, events to tell, the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Facts = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that is to be sent; it is forgotten once it was handed on.

    Attributes:
        id: random.
        to: address.
        subject: one line.
        text: plain text.
        created_at_ms: when it was written.
        due_at_ms: when to try next.
        tries: how often sending has failed.
    """

    id: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    created_at_ms: int
    due_at_ms: int
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a client is told of while it listens, or when it comes back.

    Attributes:
        number: place in the order of all events; 0 until it is kept.
        account: who is told; None for everybody.
        kind: such as ``post.published``.
        about: id of what it is about.
        facts: the rest.
        at_ms: when it happened.
    """

    number: int
    account: str | None
    kind: str
    about: str
    facts: Facts
    at_ms: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log; each holds the digest of the one before.

    Attributes:
        number: from 1, without gaps.
        at_ms: when.
        actor: id of the account, ``quorum`` or ``system``; never a name or an address.
        action: such as ``post.refused``.
        subject: id of what it was done to.
        facts: the rest; nothing personal.
        before: digest of the entry before, 64 hex digits; zeros for the first.
        digest: SHA-256 of all fields above in canonical form, in hex.
    """

    number: int
    at_ms: int
    actor: str
    action: str
    subject: str
    facts: Facts
    before: str
    digest: str
