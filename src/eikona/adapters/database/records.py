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
from eikona.adapters.database.moderation_rows import (
    AppealRows,
    ContestedRows,
    DecisionRows,
    ReviewRows,
    StrikeRows,
)
from eikona.adapters.database.post_rows import BlockRows, PostRows, ReportRows, UploadKeyRows
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

    @property
    def posts(self) -> PostRows:
        """Posts."""
        return PostRows(self._connection)

    @property
    def upload_keys(self) -> UploadKeyRows:
        """Uploads that may come again."""
        return UploadKeyRows(self._connection)

    @property
    def blocks(self) -> BlockRows:
        """Who wants to see nothing of whom."""
        return BlockRows(self._connection)

    @property
    def reports(self) -> ReportRows:
        """What people say of posts."""
        return ReportRows(self._connection)

    @property
    def decisions(self) -> DecisionRows:
        """Decisions against posts."""
        return DecisionRows(self._connection)

    @property
    def strikes(self) -> StrikeRows:
        """What counts against accounts."""
        return StrikeRows(self._connection)

    @property
    def appeals(self) -> AppealRows:
        """Objections to decisions."""
        return AppealRows(self._connection)

    @property
    def reviews(self) -> ReviewRows:
        """What reviewers look at."""
        return ReviewRows(self._connection)

    @property
    def contested(self) -> ContestedRows:
        """Reference pictures whose matches were taken back."""
        return ContestedRows(self._connection)
