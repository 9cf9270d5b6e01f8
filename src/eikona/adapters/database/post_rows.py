"""Posts, and what people do with them, as rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, tuple_

from eikona.adapters.database import post_tables as tables
from eikona.adapters.database.rows import Rows
from eikona.adapters.database.tables import accounts
from eikona.domain.account import Standing
from eikona.domain.post import Block, Post, PostState, Report, ShownPost, UploadKey
from eikona.services.store.post_collections import Place

_BLOBS = ("picture", "rendition", "thumbnail", "receipt")


class PostRows(Rows[Post]):
    """Implements ``Posts``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.posts, Post)

    def feed(
        self, viewer: str, *, before: Place | None, most: int, author: str | None = None
    ) -> list[ShownPost]:
        """Return published posts that an account may see, the newest first."""
        columns = tables.posts.c
        blocks = tables.blocks.c
        hidden = (
            select(blocks.blocked)
            .where(blocks.account == viewer)
            .union_all(select(blocks.account).where(blocks.blocked == viewer))
        )
        shown = self._with_author().where(
            columns.state == PostState.PUBLISHED, columns.account.not_in(hidden)
        )
        if author is not None:
            shown = shown.where(columns.account == author)
        if before is not None:
            shown = shown.where(
                tuple_(columns.published_at_ms, columns.id) < tuple_(before.at_ms, before.id)
            )
        newest = shown.order_by(columns.published_at_ms.desc(), columns.id.desc()).limit(most)
        return self._shown(newest)

    def shown(self, name: str) -> ShownPost | None:
        """Return one post with its author."""
        return next(iter(self._shown(self._with_author().where(tables.posts.c.id == name))), None)

    def of(self, account: str, *, before: Place | None, most: int) -> list[ShownPost]:
        """Return all posts of an account, the newest first."""
        columns = tables.posts.c
        mine = self._with_author().where(
            columns.account == account, columns.is_withdrawn.is_(False)
        )
        if before is not None:
            mine = mine.where(
                tuple_(columns.created_at_ms, columns.id) < tuple_(before.at_ms, before.id)
            )
        return self._shown(
            mine.order_by(columns.created_at_ms.desc(), columns.id.desc()).limit(most)
        )

    def before_quorum(self) -> list[str]:
        """Return the ids of posts that wait for a ruling, the oldest first."""
        columns = tables.posts.c
        waiting = select(columns.id).where(
            columns.ruled_at_ms.is_(None), columns.state == PostState.HELD
        )
        return list(self._connection.execute(waiting.order_by(columns.created_at_ms)).scalars())

    def waiting_of(self, account: str) -> int:
        """Return how many posts of an account wait for a ruling."""
        columns = tables.posts.c
        waiting = select(func.count()).where(
            columns.account == account,
            columns.state == PostState.HELD,
            columns.ruled_at_ms.is_(None),
        )
        return int(self._connection.execute(waiting).scalar_one())

    def all_of(self, account: str) -> list[Post]:
        """Return all posts of an account."""
        return self._all(self._select(tables.posts.c.account == account))

    def forget(self, account: str) -> None:
        """Delete those of an account."""
        self._remove_where(tables.posts.c.account == account)

    def gone_before(self, at_ms: int, most: int) -> list[Post]:
        """Return some posts with pictures that were refused or removed before a time."""
        columns = tables.posts.c
        return self._all(
            self._select(columns.removed_at_ms < at_ms, columns.picture != "").limit(most)
        )

    def blobs_in_use(self, digests: Sequence[str]) -> set[str]:
        """Return which of these files a post names."""
        used: set[str] = set()
        for name in _BLOBS:
            column = tables.posts.c[name]
            found = self._connection.execute(select(column).where(column.in_(digests)))
            used.update(found.scalars())
        return used

    def _with_author(self) -> Select[Any]:
        columns = (*(tables.posts.c[name] for name in self._names), accounts.c.name.label("author"))
        visible = and_(
            accounts.c.id == tables.posts.c.account, accounts.c.standing != Standing.DELETED
        )
        return select(*columns).join(accounts, visible)

    def _shown(self, statement: Select[Any]) -> list[ShownPost]:
        found = self._connection.execute(statement)
        return [ShownPost(Post(*row[:-1]), row[-1]) for row in found]


class UploadKeyRows(Rows[UploadKey]):
    """Implements ``Collection`` of upload keys."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.upload_keys, UploadKey)

    def forget_before(self, at_ms: int) -> int:
        """Forget what is older; return how many."""
        return self._remove_where(tables.upload_keys.c.at_ms < at_ms)


class BlockRows(Rows[Block]):
    """Implements ``Blocks``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.blocks, Block)

    def of(self, account: str) -> list[Block]:
        """Return whom an account blocks, the newest first."""
        columns = tables.blocks.c
        mine = self._select(columns.account == account)
        return self._all(mine.order_by(columns.at_ms.desc(), columns.id))

    def are_apart(self, one: str, other: str) -> bool:
        """Tell whether either blocks the other."""
        columns = tables.blocks.c
        return (
            self._first(
                or_(
                    and_(columns.account == one, columns.blocked == other),
                    and_(columns.account == other, columns.blocked == one),
                )
            )
            is not None
        )

    def forget(self, account: str) -> None:
        """Delete those of an account."""
        columns = tables.blocks.c
        self._remove_where(or_(columns.account == account, columns.blocked == account))


class ReportRows(Rows[Report]):
    """Implements ``Reports``."""

    def __init__(self, connection: Connection) -> None:
        """Within one transaction."""
        super().__init__(connection, tables.reports, Report)

    def about(self, post: str) -> list[Report]:
        """Return what was said about a post, in order."""
        columns = tables.reports.c
        return self._all(self._select(columns.post == post).order_by(columns.at_ms, columns.id))

    def forget(self, account: str) -> None:
        """Delete those of an account."""
        self._remove_where(tables.reports.c.account == account)
