"""Tables of posts and of their moderation."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, text

from eikona.adapters.database.columns import EnumText
from eikona.adapters.database.tables import id_column, metadata, of, time
from eikona.domain.moderation import AppealState, Consequence, Measure, ReviewKind
from eikona.domain.post import PostState

_OPEN = text("closed_at_ms IS NULL")

posts = Table(
    "posts",
    metadata,
    id_column(),
    of("accounts", "account"),
    Column("state", EnumText(PostState), nullable=False),
    Column("caption", Text, nullable=False),
    Column("picture", Text, nullable=False),
    Column("rendition", Text, nullable=False),
    Column("thumbnail", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    time("created_at_ms"),
    time("published_at_ms", known=False),
    time("removed_at_ms", known=False),
    time("ruled_at_ms", known=False),
    Column("case", Text),
    Column("receipt", Text),
    Column("is_withdrawn", Boolean, nullable=False),
    Index("ix_posts_feed", "state", "published_at_ms", "id"),
    Index("ix_posts_account", "account", "created_at_ms", "id"),
    Index("ix_posts_before_quorum", "created_at_ms", sqlite_where=text("ruled_at_ms IS NULL")),
    Index("ix_posts_picture", "picture"),
    Index("ix_posts_rendition", "rendition"),
    Index("ix_posts_thumbnail", "thumbnail"),
    Index("ix_posts_receipt", "receipt"),
)

upload_keys = Table(
    "upload_keys",
    metadata,
    id_column(),
    of("accounts", "account"),
    Column("request", Text, nullable=False),
    of("posts", "post"),
    time("at_ms"),
    Index("ix_upload_keys_at_ms", "at_ms"),
)

blocks = Table(
    "blocks",
    metadata,
    id_column(),
    of("accounts", "account"),
    of("accounts", "blocked"),
    time("at_ms"),
    Index("ix_blocks_account", "account"),
    Index("ix_blocks_blocked", "blocked"),
)

reports = Table(
    "reports",
    metadata,
    id_column(),
    of("posts", "post"),
    of("accounts", "account"),
    Column("reason", Text, nullable=False),
    time("at_ms"),
    Index("ix_reports_post", "post"),
)

decisions = Table(
    "decisions",
    metadata,
    id_column(),
    of("accounts", "account"),
    of("posts", "post"),
    Column("measure", EnumText(Measure), nullable=False),
    Column("consequence", EnumText(Consequence), nullable=False),
    Column("ground", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("is_automated", Boolean, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("case", Text),
    Column("entry", Text),
    time("at_ms"),
    time("overturned_at_ms", known=False),
    Index("ix_decisions_account", "account", "at_ms"),
    Index("ix_decisions_post", "post"),
)

strikes = Table(
    "strikes",
    metadata,
    id_column(),
    of("accounts", "account"),
    of("decisions", "decision"),
    time("at_ms"),
    time("expires_at_ms"),
    time("lifted_at_ms", known=False),
    Index("ix_strikes_account", "account"),
    Index("uq_strikes_decision", "decision", unique=True),
)

appeals = Table(
    "appeals",
    metadata,
    id_column(),
    of("accounts", "account"),
    of("decisions", "decision"),
    Column("text", Text, nullable=False),
    Column("state", EnumText(AppealState), nullable=False),
    time("at_ms"),
    Column("answer", Text, nullable=False),
    Column("answered_by", Text),
    time("answered_at_ms", known=False),
    Index("ix_appeals_account", "account", "at_ms"),
    Index("uq_appeals_decision", "decision", unique=True),  # one appeal a decision
)

reviews = Table(
    "reviews",
    metadata,
    id_column(),
    Column("kind", EnumText(ReviewKind), nullable=False),
    of("posts", "post"),
    of("appeals", "appeal", known=False),
    Column("note", Text, nullable=False),
    time("opened_at_ms"),
    Column("locked_by", Text),
    time("locked_until_ms"),
    time("closed_at_ms", known=False),
    Index("ix_reviews_open", "opened_at_ms", "id", sqlite_where=_OPEN),
    Index("ix_reviews_post", "post"),
)

contested_entries = Table(
    "contested_entries",
    metadata,
    id_column(),
    of("decisions", "decision"),
    Column("count", Integer, nullable=False),
    time("at_ms"),
)
