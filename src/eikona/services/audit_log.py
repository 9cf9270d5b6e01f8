"""The audit log: every decision on people and posts, each entry sealed with the one before."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from eikona.balloting.canonical import Json, canonical
from eikona.domain.errors import AuditLogError
from eikona.domain.record import AuditEntry, Facts
from eikona.services.store.records import Records

BEGINNING = "0" * 64
SYSTEM = "system"
QUORUM = "quorum"


def note(
    records: Records,
    *,
    at_ms: int,
    actor: str,
    action: str,
    subject: str,
    facts: Facts | None = None,
) -> None:
    """Add an entry, in the transaction that does what it tells of.

    Args:
        records: of that transaction.
        at_ms: when.
        actor: id of an account, ``QUORUM`` or ``SYSTEM``.
        action: such as ``post.refused``.
        subject: id of what it was done to.
        facts: the rest; nothing personal.
    """
    last = records.audit.last()
    number = 1 if last is None else last.number + 1
    before = BEGINNING if last is None else last.digest
    entry = AuditEntry(number, at_ms, actor, action, subject, facts or {}, before, digest="")
    records.audit.append(replace(entry, digest=digest_of(entry)))


def digest_of(entry: AuditEntry) -> str:
    """Return the digest of an entry's other fields."""
    fields: dict[str, Json] = {
        "number": entry.number,
        "at_ms": entry.at_ms,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "facts": dict(entry.facts),
        "before": entry.before,
    }
    return hashlib.sha256(canonical(fields)).hexdigest()


def verify(entries: Iterable[AuditEntry]) -> tuple[int, str]:
    """Check a log from its beginning.

    Returns:
        How many entries there are, and the digest of the last: whoever writes that down
        elsewhere will see later whether the log was written anew or cut short.

    Raises:
        AuditLogError: an entry was changed, left out or put in.
    """
    count, before = 0, BEGINNING
    for entry in entries:
        count += 1
        if entry.number != count:
            raise AuditLogError(f"entry {count} is missing")
        if entry.before != before:
            raise AuditLogError(f"entry {count} does not follow from the one before")
        if digest_of(entry) != entry.digest:
            raise AuditLogError(f"entry {count} was changed")
        before = entry.digest
    return count, before
