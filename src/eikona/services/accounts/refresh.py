"""A session goes on: its refresh token is used up and gives the next; used twice, it ends it."""

from dataclasses import replace

from eikona.domain.account import Standing
from eikona.domain.errors import InvalidTokenError
from eikona.services.accounts import letters
from eikona.services.accounts.log_in import Tokens, next_tokens
from eikona.services.accounts.ports import AccessTokens, Clock
from eikona.services.audit_log import SYSTEM, note
from eikona.services.identifiers import digest_of
from eikona.services.store.records import Records, Store


def refresh(
    token: str, *, store: Store, tokens: AccessTokens, clock: Clock, session_s: int
) -> Tokens:
    """Return the next tokens of a session.

    A token that comes a second time was copied. Whether thief or owner is the second cannot be
    told, so the session ends for both.

    Raises:
        InvalidTokenError: the token is unknown, used up or too old, or the session has ended.
    """
    now = clock()

    def go_on(records: Records) -> Tokens | None:
        found = records.refresh_tokens.find(digest_of(token))
        if found is None:
            return None
        session = records.sessions.get(found.session)
        if not session.lasts(now):
            return None
        account = records.accounts.get(session.account)
        if account.standing is Standing.DELETED:
            return None
        if found.used_at_ms is not None:
            records.sessions.put(replace(session, ended_at_ms=now))
            note(records, at_ms=now, actor=SYSTEM, action="session.reused", subject=session.id)
            letters.session_ended(records, to=account.email, name=account.name, at_ms=now)
            return None
        records.refresh_tokens.put(replace(found, used_at_ms=now))
        longer = replace(session, used_at_ms=now, expires_at_ms=now + 1000 * session_s)
        records.sessions.put(longer)
        return next_tokens(records, account, longer, tokens=tokens, session_s=session_s)

    found = store.write(go_on)
    if found is None:
        raise InvalidTokenError("the session has ended: log in again")
    return found
