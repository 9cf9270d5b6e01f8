"""Mail, events and the audit log, as rows."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, insert, or_, select

from eikona.adapters.database import tables
from eikona.adapters.database.rows import Rows
from eikona.domain.record import AuditEntry, Event, Facts, Mail

_AT_ONCE = 500  # audit entries in memory


class MailRows(Rows[Mail]):
    """Implements ``Mails``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.mails, Mail)

    def due(self, now_ms: int, most: int) -> list[Mail]:
        """Return what is to be sent now."""
        columns = tables.mails.c
        waiting = self._select(columns.due_at_ms <= now_ms)
        return self._all(waiting.order_by(columns.due_at_ms).limit(most))

    def forget(self, to: str) -> None:
        """Send nothing more to an address."""
        self._remove_where(tables.mails.c.to == to)


class EventRows(Rows[Event]):
    """Implements ``Events``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.events, Event)

    def tell(self, account: str | None, kind: str, about: str, facts: Facts, at_ms: int) -> int:
        """Keep an event and return its number."""
        values = {"account": account, "kind": kind, "about": about, "facts": facts, "at_ms": at_ms}
        statement = insert(tables.events).values(values).returning(tables.events.c.number)
        return int(self._connection.execute(statement).scalar_one())

    def after(self, number: int, account: str, most: int) -> list[Event]:
        """Return what an account is told of after an event, in order."""
        columns = tables.events.c
        mine = or_(columns.account == account, columns.account.is_(None))
        return self._all(
            self._select(columns.number > number, mine).order_by(columns.number).limit(most)
        )

    def forget(self, account: str) -> None:
        """Delete what an account was told."""
        self._remove_where(tables.events.c.account == account)

    def forget_before(self, at_ms: int) -> int:
        """Forget what is older; return how many."""
        return self._remove_where(tables.events.c.at_ms < at_ms)

    def newest(self) -> int:
        """Return the number of the newest event, 0 if there is none."""
        found = self._connection.execute(select(func.max(tables.events.c.number))).scalar()
        return int(found or 0)


class AuditRows(Rows[AuditEntry]):
    """Implements ``Audit``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.audit, AuditEntry)

    def last(self) -> AuditEntry | None:
        """Return the newest entry."""
        newest = self._select().order_by(tables.audit.c.number.desc()).limit(1)
        return next(iter(self._all(newest)), None)

    def append(self, entry: AuditEntry) -> None:
        """Add one."""
        self.add(entry)

    def all(self) -> Iterator[AuditEntry]:
        """Yield all, in order."""
        number = 0
        while some := self.after(number, _AT_ONCE):
            yield from some
            number = some[-1].number

    def after(self, number: int, most: int) -> list[AuditEntry]:
        """Return entries that follow one, in order."""
        column = tables.audit.c.number
        return self._all(self._select(column > number).order_by(column).limit(most))

    def about(self, subject: str) -> list[AuditEntry]:
        """Return what was done to something, in order."""
        found = self._select(tables.audit.c.subject == subject)
        return self._all(found.order_by(tables.audit.c.number))
