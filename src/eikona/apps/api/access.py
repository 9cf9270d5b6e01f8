"""Who may call what: every route says it in one ``Access``."""

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from eikona.apps.api.wiring import Server
from eikona.domain.account import Role, Standing
from eikona.domain.api_key import Scope
from eikona.domain.caller import Caller
from eikona.domain.errors import (
    AccountBannedError,
    EmailUnverifiedError,
    ForbiddenError,
    NotAuthenticatedError,
)

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An access token of `POST /api/v1/auth/login`, or an API key.",
)
_KEY = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="key", description="An API key."
)

_CALLS_MOST = 300  # of one account
_CALLS_PER_S = 60.0


def server_of(request: Request) -> Server:
    """Return what answers."""
    server: Server = request.app.state.server
    return server


Here = Annotated[Server, Depends(server_of)]
"""The server, as routes ask for it."""


def network_of(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client else "unknown"


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller must be to be let in; a dependency of routes, which returns the caller.

    Attributes:
        role: at least this.
        scope: what an API key must be good for; None where only sessions are let in.
        unverified: whether the e-mail address may be unconfirmed.
        banned: whether banned accounts are let in.
    """

    role: Role = Role.USER
    scope: Scope | None = None
    unverified: bool = False
    banned: bool = False

    def __call__(
        self,
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        key: Annotated[str | None, Security(_KEY)],
    ) -> Caller:
        """Return who calls.

        Raises:
            NotAuthenticatedError: nobody that is known.
            ForbiddenError: somebody who may not.
            RateLimitedError: somebody who calls too often.
        """
        server = server_of(request)
        credential = bearer.credentials if bearer else key
        if not credential:
            raise NotAuthenticatedError("say who calls: Authorization: Bearer TOKEN")
        caller = server.authenticate(credential)
        structlog.contextvars.bind_contextvars(account=caller.account.id)
        self._check(caller)
        who = caller.key or caller.account.id
        server.limits.take("calls", who, burst=_CALLS_MOST, per_s=_CALLS_PER_S)
        return caller

    def _check(self, caller: Caller) -> None:
        account = caller.account
        if account.standing is Standing.BANNED and not self.banned:
            raise AccountBannedError("the account is banned: it may appeal")
        if caller.key is not None and self.scope is None:
            raise ForbiddenError("no API key may do this: log in")
        if self.scope is not None and self.scope not in caller.scopes:
            raise ForbiddenError(f"the API key needs the scope {self.scope}")
        if not account.role.includes(self.role):
            raise ForbiddenError(f"this needs the role {self.role}")
        if account.verified_at_ms is None and not self.unverified:
            raise EmailUnverifiedError("confirm the e-mail address first: follow the mailed link")
