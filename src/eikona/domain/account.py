"""An account: who somebody is to the server, and what it lets them do."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What an account may do; each includes those before it."""

    USER = "user"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"

    def includes(self, other: "Role") -> bool:
        """Tell whether whoever has this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Standing(StrEnum):
    """How an account stands."""

    ACTIVE = "active"
    BANNED = "banned"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        id: random, never given twice.
        name: what others see, lower case; another account may have it once this one is deleted.
        email: as it was given; empty once the account is deleted.
        password: Argon2id hash; empty once the account is deleted.
        role: what it may do.
        standing: active, banned or deleted.
        created_at_ms: since 1970, as all times.
        verified_at_ms: when the e-mail address was confirmed; None before.
    """

    id: str
    name: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    role: Role
    standing: Standing
    created_at_ms: int
    verified_at_ms: int | None = None
