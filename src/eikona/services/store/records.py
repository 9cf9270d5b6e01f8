"""The store: everything that the server remembers, read and written in transactions."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from eikona.domain.moderation import ContestedEntry
from eikona.services.store.collections import (
    Accounts,
    ApiKeys,
    Audit,
    Collection,
    Events,
    Failures,
    MailedTokens,
    Mails,
    RefreshTokens,
    Sessions,
)
from eikona.services.store.post_collections import (
    Appeals,
    Blocks,
    Decisions,
    Posts,
    Reports,
    Reviews,
    Strikes,
    UploadKeys,
)

Value = TypeVar("Value")


class Records(Protocol):
    """Everything, as one transaction sees it."""

    @property
    def accounts(self) -> Accounts:
        """Who is who."""

    @property
    def sessions(self) -> Sessions:
        """Who is logged in where."""

    @property
    def refresh_tokens(self) -> RefreshTokens:
        """What keeps sessions going."""

    @property
    def mailed_tokens(self) -> MailedTokens:
        """What links in mails are good for."""

    @property
    def failures(self) -> Failures:
        """Wrong passwords."""

    @property
    def api_keys(self) -> ApiKeys:
        """Keys of programs."""

    @property
    def mails(self) -> Mails:
        """Mail that goes out."""

    @property
    def events(self) -> Events:
        """What clients are told of."""

    @property
    def audit(self) -> Audit:
        """Who did what."""

    @property
    def posts(self) -> Posts:
        """Posts."""

    @property
    def upload_keys(self) -> UploadKeys:
        """Uploads that may come again."""

    @property
    def blocks(self) -> Blocks:
        """Who wants to see nothing of whom."""

    @property
    def reports(self) -> Reports:
        """What people say of posts."""

    @property
    def decisions(self) -> Decisions:
        """Decisions against posts."""

    @property
    def strikes(self) -> Strikes:
        """What counts against accounts."""

    @property
    def appeals(self) -> Appeals:
        """Objections to decisions."""

    @property
    def reviews(self) -> Reviews:
        """What reviewers look at."""

    @property
    def contested(self) -> Collection[ContestedEntry]:
        """Reference pictures whose matches were taken back."""


class Store(Protocol):
    """What runs transactions."""

    def read(self, work: Callable[[Records], Value], /) -> Value:
        """Return what ``work`` finds in one consistent state.

        Raises:
            StoreError: the store cannot be read.
        """

    def write(self, work: Callable[[Records], Value], /) -> Value:
        """Do all of ``work`` or, if it raises, nothing; return once it is durable.

        ``work`` runs while nobody else writes, so it should be short and change nothing else.

        Raises:
            OverloadedError: too much waits to be written.
            StoreError: the store cannot be written.
        """
