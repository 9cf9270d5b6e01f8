"""The store: everything that the server remembers, read and written in transactions."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from eikona.services.store.collections import (
    Accounts,
    ApiKeys,
    Audit,
    Events,
    Failures,
    MailedTokens,
    Mails,
    RefreshTokens,
    Sessions,
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
