"""A session: one place where somebody is logged in, and the tokens that keep it."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Session:
    """One login.

    Attributes:
        id: random.
        account: whose.
        agent: what the client calls itself.
        network: address that it was begun from.
        created_at_ms: when it was begun.
        used_at_ms: when it was refreshed last.
        expires_at_ms: when it ends unless it is refreshed.
        ended_at_ms: when it was ended; None while it lasts.
    """

    id: str
    account: str
    agent: str
    network: str
    created_at_ms: int
    used_at_ms: int
    expires_at_ms: int
    ended_at_ms: int | None = None

    def lasts(self, now_ms: int) -> bool:
        """Tell whether it may still be used."""
        return self.ended_at_ms is None and now_ms < self.expires_at_ms


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token that can be used once to get the next; a second use ends the session.

    Attributes:
        id: SHA-256 of the token, in hex.
        session: which it belongs to.
        used_at_ms: when it was used; None before.
    """

    id: str = field(repr=False)
    session: str
    used_at_ms: int | None = None


class Purpose(StrEnum):
    """What a mailed token is for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  no password but what a token is for


@dataclass(frozen=True, slots=True)
class MailedToken:
    """A token in a link that was mailed; it can be used once.

    Attributes:
        id: SHA-256 of the token, in hex.
        account: whose.
        purpose: what it is for.
        expires_at_ms: until when.
    """

    id: str = field(repr=False)
    account: str
    purpose: Purpose
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class LoginFailures:
    """Wrong passwords in a row, by whom and for whom.

    Attributes:
        id: digest of the login name, and of the network for the narrower count.
        count: how many.
        last_at_ms: when the last one was.
        locked_until_ms: no password is looked at before.
    """

    id: str
    count: int
    last_at_ms: int
    locked_until_ms: int
