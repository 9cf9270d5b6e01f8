"""Tables of the server's database; a column is called as the field of the noun that it holds."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

from eikona.adapters.database.columns import EnumsText, EnumText, FactsText
from eikona.domain.account import Role, Standing
from eikona.domain.api_key import Scope
from eikona.domain.session import Purpose

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> Column[str]:
    """Return the column of a noun's id."""
    return Column("id", Text, primary_key=True)


def time(name: str, *, known: bool = True) -> Column[int]:
    """Return a column of times in milliseconds since 1970."""
    return Column(name, BigInteger, nullable=not known)


def of(table: str, name: str, *, known: bool = True) -> Column[str]:
    """Return a column that names a row of another table, and goes with it."""
    return Column(name, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=not known)


accounts = Table(
    "accounts",
    metadata,
    id_column(),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),  # what two addresses must not have in common
    Column("password", Text, nullable=False),
    Column("role", EnumText(Role), nullable=False),
    Column("standing", EnumText(Standing), nullable=False),
    time("created_at_ms"),
    time("verified_at_ms", known=False),
    Index("uq_accounts_name", "name", unique=True, sqlite_where=text("name != ''")),
    Index("uq_accounts_email_key", "email_key", unique=True, sqlite_where=text("email_key != ''")),
)

sessions = Table(
    "sessions",
    metadata,
    id_column(),
    of("accounts", "account"),
    Column("agent", Text, nullable=False),
    Column("network", Text, nullable=False),
    time("created_at_ms"),
    time("used_at_ms"),
    time("expires_at_ms"),
    time("ended_at_ms", known=False),
    Index("ix_sessions_account", "account"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    id_column(),
    of("sessions", "session"),
    time("used_at_ms", known=False),
    Index("ix_refresh_tokens_session", "session"),
)

mailed_tokens = Table(
    "mailed_tokens",
    metadata,
    id_column(),
    of("accounts", "account"),
    Column("purpose", EnumText(Purpose), nullable=False),
    time("expires_at_ms"),
    Index("ix_mailed_tokens_account", "account"),
)

login_failures = Table(
    "login_failures",
    metadata,
    id_column(),
    Column("count", Integer, nullable=False),
    time("last_at_ms"),
    time("locked_until_ms"),
)

api_keys = Table(
    "api_keys",
    metadata,
    id_column(),
    of("accounts", "account"),
    Column("label", Text, nullable=False),
    Column("scopes", EnumsText(Scope), nullable=False),
    Column("digest", Text, nullable=False),
    time("created_at_ms"),
    time("expires_at_ms", known=False),
    time("revoked_at_ms", known=False),
    Index("ix_api_keys_account", "account"),
)

mails = Table(
    "mails",
    metadata,
    id_column(),
    Column("to", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    time("created_at_ms"),
    time("due_at_ms"),
    Column("tries", Integer, nullable=False),
    Index("ix_mails_due_at_ms", "due_at_ms"),
)

events = Table(
    "events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    of("accounts", "account", known=False),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("facts", FactsText, nullable=False),
    time("at_ms"),
    Index("ix_events_account_number", "account", "number"),
    Index("ix_events_at_ms", "at_ms"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    time("at_ms"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("facts", FactsText, nullable=False),
    Column("before", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("ix_audit_subject", "subject"),
)
