"""Somebody logs out, here or elsewhere."""

from dataclasses import replace

from eikona.domain.errors import NotFoundError
from eikona.services.accounts.ports import Clock
from eikona.services.audit_log import note
from eikona.services.store.records import Records, Store


def end_session(account: str, name: str, *, store: Store, clock: Clock) -> None:
    """End one session of an account.

    Raises:
        NotFoundError: it has no such session.
    """
    now = clock()

    def end(records: Records) -> None:
        session = records.sessions.find(name)
        if session is None or session.account != account:
            raise NotFoundError("there is no such session")
        if session.ended_at_ms is None:
            records.sessions.put(replace(session, ended_at_ms=now))
            note(records, at_ms=now, actor=account, action="session.ended", subject=name)

    store.write(end)


def end_others(account: str, kept: str | None, *, store: Store, clock: Clock) -> int:
    """End all sessions of an account but one; return how many."""
    now = clock()
    return store.write(lambda records: end_all(records, account, now_ms=now, kept=kept))


def end_all(records: Records, account: str, *, now_ms: int, kept: str | None = None) -> int:
    """End all sessions of an account but one; return how many."""
    ended = [one for one in records.sessions.of(account) if one.id != kept]
    for session in ended:
        records.sessions.put(replace(session, ended_at_ms=now_ms))
        note(records, at_ms=now_ms, actor=account, action="session.ended", subject=session.id)
    return len(ended)
