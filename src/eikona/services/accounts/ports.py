"""What use cases on accounts need of the world outside."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

Clock = Callable[[], int]
"""Milliseconds since 1970."""


class Passwords(Protocol):
    """Hashes passwords; slow on purpose."""

    def hash(self, password: str, /) -> str:
        """Return what is kept of a password.

        Raises:
            OverloadedError: too many are being hashed.
        """

    def verify(self, kept: str, password: str, /) -> bool:
        """Tell whether this is the password; takes as long where ``kept`` is empty.

        Raises:
            OverloadedError: too many are being hashed.
        """

    def is_outdated(self, kept: str, /) -> bool:
        """Tell whether it should be hashed anew, with what is thought safe now."""


class Claims(NamedTuple):
    """What an access token says."""

    account: str
    session: str


class AccessTokens(Protocol):
    """Signs short-lived tokens."""

    def issue(self, claims: Claims, /) -> tuple[str, int]:
        """Return a token, and the seconds that it is good for."""

    def read(self, token: str, /) -> Claims:
        """Return what a token says.

        Raises:
            NotAuthenticatedError: it is none of ours, or too old.
        """


class RateLimits(Protocol):
    """Counts calls."""

    def take(self, what: str, who: str, /, *, burst: int, per_s: float) -> None:
        """Count one call.

        Args:
            what: kind of call.
            who: whose calls count together.
            burst: calls that may come at once.
            per_s: seconds in which so many come back.

        Raises:
            RateLimitedError: there were too many.
        """
