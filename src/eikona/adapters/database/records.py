"""Everything that the database holds, as one transaction sees it."""

from sqlalchemy import Connection

from eikona.adapters.database.account_rows import (
    AccountRows,
    ApiKeyRows,
    FailureRows,
    MailedTokenRows,
    RefreshTokenRows,
    SessionRows,
)
from eikona.adapters.database.record_rows import AuditRows, EventRows, MailRows


class DatabaseRecords:
    """Implements ``Records``."""

    def __init__(self, connection: Connection) -> None:
        """Read, or write, within the transaction of ``connection``."""
        self._connection = connection

    @property
    def accounts(self) -> AccountRows:
        """Who is who."""
        return AccountRows(self._connection)

    @property
    def sessions(self) -> SessionRows:
        """Who is logged in where."""
        return SessionRows(self._connection)

    @property
    def refresh_tokens(self) -> RefreshTokenRows:
        """What keeps sessions going."""
        return RefreshTokenRows(self._connection)

    @property
    def mailed_tokens(self) -> MailedTokenRows:
        """What links in mails are good for."""
        return MailedTokenRows(self._connection)

    @property
    def failures(self) -> FailureRows:
        """Wrong passwords."""
        return FailureRows(self._connection)

    @property
    def api_keys(self) -> ApiKeyRows:
        """Keys of programs."""
        return ApiKeyRows(self._connection)

    @property
    def mails(self) -> MailRows:
        """Mail that goes out."""
        return MailRows(self._connection)

    @property
    def events(self) -> EventRows:
        """What clients are told of."""
        return EventRows(self._connection)

    @property
    def audit(self) -> AuditRows:
        """Who did what."""
        return AuditRows(self._connection)
