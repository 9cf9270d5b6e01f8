"""Decisions, strikes, appeals and reviews, as rows."""

from sqlalchemy import Connection, tuple_

from eikona.adapters.database import post_tables as tables
from eikona.adapters.database.rows import Rows
from eikona.domain.moderation import Appeal, ContestedEntry, Decision, Review, Strike
from eikona.services.store.post_collections import Place


class DecisionRows(Rows[Decision]):
    """Implements ``Decisions``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.decisions, Decision)

    def of(self, account: str) -> list[Decision]:
        """Return those against an account, the newest first."""
        columns = tables.decisions.c
        mine = self._select(columns.account == account)
        return self._all(mine.order_by(columns.at_ms.desc(), columns.id))

    def about(self, post: str) -> list[Decision]:
        """Return those against a post, in order."""
        columns = tables.decisions.c
        return self._all(self._select(columns.post == post).order_by(columns.at_ms, columns.id))

    def in_force(self, post: str) -> Decision | None:
        """Return the decision against a post that holds."""
        columns = tables.decisions.c
        return self._first(columns.post == post, columns.overturned_at_ms.is_(None))


class StrikeRows(Rows[Strike]):
    """Implements ``Strikes``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.strikes, Strike)

    def of(self, account: str) -> list[Strike]:
        """Return those of an account, in order."""
        columns = tables.strikes.c
        return self._all(
            self._select(columns.account == account).order_by(columns.at_ms, columns.id)
        )

    def for_decision(self, decision: str) -> Strike | None:
        """Return what a decision brought."""
        return self._first(tables.strikes.c.decision == decision)


class AppealRows(Rows[Appeal]):
    """Implements ``Appeals``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.appeals, Appeal)

    def of(self, account: str) -> list[Appeal]:
        """Return those of an account, the newest first."""
        columns = tables.appeals.c
        mine = self._select(columns.account == account)
        return self._all(mine.order_by(columns.at_ms.desc(), columns.id))

    def against(self, decision: str) -> Appeal | None:
        """Return the appeal against a decision."""
        return self._first(tables.appeals.c.decision == decision)


class ReviewRows(Rows[Review]):
    """Implements ``Reviews``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.reviews, Review)

    def waiting(self, *, after: Place | None, most: int) -> list[Review]:
        """Return what is to be looked at, the oldest first."""
        columns = tables.reviews.c
        open_ones = self._select(columns.closed_at_ms.is_(None))
        if after is not None:
            open_ones = open_ones.where(
                tuple_(columns.opened_at_ms, columns.id) > tuple_(after.at_ms, after.id)
            )
        return self._all(open_ones.order_by(columns.opened_at_ms, columns.id).limit(most))

    def open_for(self, post: str) -> list[Review]:
        """Return what is to be looked at about a post."""
        columns = tables.reviews.c
        return self._all(self._select(columns.post == post, columns.closed_at_ms.is_(None)))


class ContestedRows(Rows[ContestedEntry]):
    """Implements ``Collection`` of contested entries."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.contested_entries, ContestedEntry)
