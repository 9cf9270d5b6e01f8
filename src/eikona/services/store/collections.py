"""Collections of nouns, as one transaction sees them."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

from eikona.domain.account import Account
from eikona.domain.api_key import ApiKey
from eikona.domain.record import AuditEntry, Event, Facts, Mail
from eikona.domain.session import LoginFailures, MailedToken, Purpose, RefreshToken, Session

N = TypeVar("N")


class Collection(Protocol[N]):
    """All nouns of a kind."""

    def add(self, noun: N, /) -> None:
        """Keep a new one."""

    def put(self, noun: N, /) -> None:
        """Keep it as it is now.

        Raises:
            NotFoundError: there is none of its id.
        """

    def find(self, key: str | int, /) -> N | None:
        """Return one by its id, if there is any."""

    def get(self, key: str | int, /) -> N:
        """Return one by its id.

        Raises:
            NotFoundError: there is none.
        """

    def remove(self, key: str | int, /) -> bool:
        """Forget one; return whether there was any."""


class Accounts(Collection[Account], Protocol):
    """Accounts."""

    def named(self, name: str, /) -> Account | None:
        """Return who is called so."""

    def with_email(self, email: str, /) -> Account | None:
        """Return whose address this is, large or small letters alike."""


class Sessions(Collection[Session], Protocol):
    """Sessions."""

    def of(self, account: str, /) -> list[Session]:
        """Return those of an account that last, the one used last first."""

    def forget(self, account: str, /) -> None:
        """Delete those of an account, with their tokens."""

    def forget_before(self, at_ms: int, /) -> int:
        """Forget those that ended before a time; return how many."""


class MailedTokens(Collection[MailedToken], Protocol):
    """Tokens in links that were mailed."""

    def forget(self, account: str, purpose: Purpose, /) -> None:
        """Let none of an account's tokens for a purpose be used any more."""

    def forget_before(self, at_ms: int, /) -> int:
        """Forget those that are too old at a time; return how many."""


class Failures(Collection[LoginFailures], Protocol):
    """Wrong passwords."""

    def keep(self, noun: LoginFailures, /) -> None:
        """Keep it, new or not."""

    def forget_before(self, at_ms: int, /) -> int:
        """Forget those whose last one is older; return how many."""


class ApiKeys(Collection[ApiKey], Protocol):
    """API keys."""

    def of(self, account: str, /) -> list[ApiKey]:
        """Return those of an account that are not revoked, the oldest first."""

    def forget(self, account: str, /) -> None:
        """Delete those of an account."""


class Mails(Collection[Mail], Protocol):
    """Mail that goes out."""

    def due(self, now_ms: int, most: int, /) -> list[Mail]:
        """Return what is to be sent now."""

    def forget(self, to: str, /) -> None:
        """Send nothing more to an address."""


class Events(Protocol):
    """What clients are told of."""

    def tell(self, account: str | None, kind: str, about: str, facts: Facts, at_ms: int, /) -> int:
        """Keep an event and return its number."""

    def after(self, number: int, account: str, most: int, /) -> list[Event]:
        """Return what an account is told of after an event, in order."""

    def forget(self, account: str, /) -> None:
        """Delete what an account was told."""

    def forget_before(self, at_ms: int, /) -> int:
        """Forget what is older; return how many."""

    def newest(self) -> int:
        """Return the number of the newest event, 0 if there is none."""


class Audit(Protocol):
    """The audit log."""

    def last(self) -> AuditEntry | None:
        """Return the newest entry."""

    def append(self, entry: AuditEntry, /) -> None:
        """Add one."""

    def all(self) -> Iterator[AuditEntry]:
        """Yield all, in order."""

    def after(self, number: int, most: int, /) -> list[AuditEntry]:
        """Return entries that follow one, in order."""

    def about(self, subject: str, /) -> list[AuditEntry]:
        """Return what was done to something, in order."""


class RefreshTokens(Collection[RefreshToken], Protocol):
    """Refresh tokens, used ones too."""
