"""Accounts, and what lets people and programs act for them, as rows."""

from typing import Any

from sqlalchemy import Connection, or_
from sqlalchemy.dialects.sqlite import insert

from eikona.adapters.database import tables
from eikona.adapters.database.rows import Rows
from eikona.domain.account import Account
from eikona.domain.api_key import ApiKey
from eikona.domain.session import LoginFailures, MailedToken, Purpose, RefreshToken, Session


class AccountRows(Rows[Account]):
    """Implements ``Accounts``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.accounts, Account)

    def named(self, name: str) -> Account | None:
        """Return who is called so."""
        return self._first(tables.accounts.c.name == name) if name else None

    def with_email(self, email: str) -> Account | None:
        """Return whose address this is."""
        key = email.casefold()
        return self._first(tables.accounts.c.email_key == key) if key else None

    def _values(self, noun: Account) -> dict[str, Any]:
        return {**super()._values(noun), "email_key": noun.email.casefold()}


class SessionRows(Rows[Session]):
    """Implements ``Sessions``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.sessions, Session)

    def of(self, account: str) -> list[Session]:
        """Return those of an account that last, the one used last first."""
        columns = tables.sessions.c
        mine = self._select(columns.account == account, columns.ended_at_ms.is_(None))
        return self._all(mine.order_by(columns.used_at_ms.desc(), columns.id))

    def forget(self, account: str) -> None:
        """Delete those of an account, with their tokens."""
        self._remove_where(tables.sessions.c.account == account)

    def forget_before(self, at_ms: int) -> int:
        """Forget what is older; return how many."""
        columns = tables.sessions.c
        return self._remove_where(or_(columns.expires_at_ms < at_ms, columns.ended_at_ms < at_ms))


class RefreshTokenRows(Rows[RefreshToken]):
    """Implements ``RefreshTokens``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.refresh_tokens, RefreshToken)


class MailedTokenRows(Rows[MailedToken]):
    """Implements ``MailedTokens``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.mailed_tokens, MailedToken)

    def forget(self, account: str, purpose: Purpose) -> None:
        """Let none of an account's tokens for a purpose be used any more."""
        columns = tables.mailed_tokens.c
        self._remove_where(columns.account == account, columns.purpose == purpose)

    def forget_before(self, at_ms: int) -> int:
        """Forget what is older; return how many."""
        return self._remove_where(tables.mailed_tokens.c.expires_at_ms < at_ms)


class FailureRows(Rows[LoginFailures]):
    """Implements ``Failures``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.login_failures, LoginFailures)

    def keep(self, noun: LoginFailures) -> None:
        """Keep it, new or not."""
        values = self._values(noun)
        statement = insert(tables.login_failures).values(values)
        self._connection.execute(statement.on_conflict_do_update(["id"], set_=values))

    def forget_before(self, at_ms: int) -> int:
        """Forget what is older; return how many."""
        return self._remove_where(tables.login_failures.c.last_at_ms < at_ms)


class ApiKeyRows(Rows[ApiKey]):
    """Implements ``ApiKeys``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.api_keys, ApiKey)

    def of(self, account: str) -> list[ApiKey]:
        """Return those of an account that are not revoked, the oldest first."""
        columns = tables.api_keys.c
        mine = self._select(columns.account == account, columns.revoked_at_ms.is_(None))
        return self._all(mine.order_by(columns.created_at_ms, columns.id))

    def forget(self, account: str) -> None:
        """Delete those of an account."""
        self._remove_where(tables.api_keys.c.account == account)
