"""A caller: who makes a request, and what that lets it do."""

from dataclasses import dataclass

from eikona.domain.account import Account
from eikona.domain.api_key import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose token or key was found good.

    Attributes:
        account: for whom the call is made.
        session: in which it is made; None where a key makes it.
        key: id of the key that makes it; None in a session.
        scopes: what the key is good for; all of them in a session.
    """

    account: Account
    session: str | None
    key: str | None
    scopes: frozenset[Scope]
