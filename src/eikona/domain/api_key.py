"""An API key: lets a program act for an account, within scopes."""

from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What a key lets its bearer do; never more than its account's role does."""

    POSTS_READ = "posts:read"
    POSTS_WRITE = "posts:write"
    LOOKUP = "lookup"
    BANKS_READ = "banks:read"
    BANKS_WRITE = "banks:write"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key.

    Attributes:
        id: random; the key itself begins with it.
        account: for whom it acts.
        label: what its owner calls it.
        scopes: what it is good for.
        digest: SHA-256 of its secret, in hex.
        created_at_ms: when it was made.
        expires_at_ms: from when it is refused; None for never.
        revoked_at_ms: when it was revoked; None while it is good.
    """

    id: str
    account: str
    label: str
    scopes: tuple[Scope, ...]
    digest: str = field(repr=False)
    created_at_ms: int
    expires_at_ms: int | None = None
    revoked_at_ms: int | None = None

    def is_good(self, now_ms: int) -> bool:
        """Tell whether it may still be used."""
        return self.revoked_at_ms is None and (
            self.expires_at_ms is None or now_ms < self.expires_at_ms
        )
