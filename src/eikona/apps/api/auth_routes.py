"""Routes with which people register, log in and get back in."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request, Response

from eikona.apps.api.access import Access, Here, network_of
from eikona.apps.api.account_models import (
    Accepted,
    ForgottenForm,
    LoginForm,
    RefreshForm,
    Registration,
    ResetForm,
    TokenForm,
    TokensShown,
)
from eikona.apps.api.problems import responses
from eikona.apps.api.wiring import Server
from eikona.domain.caller import Caller
from eikona.domain.errors import (
    InvalidInputError,
    InvalidTokenError,
    LockedOutError,
    NameTakenError,
    NotAuthenticatedError,
    RateLimitedError,
    WeakPasswordError,
    WrongCredentialsError,
)
from eikona.services.accounts.confirm_address import confirm_address, confirm_again
from eikona.services.accounts.end_sessions import end_session
from eikona.services.accounts.log_in import LogIn, Tokens, log_in
from eikona.services.accounts.refresh import refresh
from eikona.services.accounts.register import Register, register
from eikona.services.accounts.reset_password import ask_for_reset, reset_password

routes = APIRouter(prefix="/auth", tags=["auth"])

_COOKIE = "eikona_refresh"
_COOKIE_PATH = "/api/v1/auth"
_MAIL_SAID = "If this address can be used, a mail is on its way."
_HOUR_S = 3600.0
_MINUTE_S = 60.0


@routes.post(
    "/register",
    status_code=202,
    summary="Register",
    responses=responses(NameTakenError, InvalidInputError, WeakPasswordError, RateLimitedError),
)
def register_account(form: Registration, request: Request, server: Here) -> Accepted:
    """Make an account and mail a link that confirms its address.

    Whether an address has an account already is told to its owner alone, by mail.
    """
    server.limits.take("register", network_of(request), burst=20, per_s=_HOUR_S)
    register(
        Register(form.name, form.email, form.password.get_secret_value()),
        store=server.store,
        passwords=server.passwords,
        clock=server.clock,
        mailing=server.mailing,
    )
    return Accepted(detail=_MAIL_SAID)


@routes.post(
    "/verify",
    status_code=204,
    summary="Confirm an e-mail address",
    responses=responses(InvalidTokenError, InvalidInputError, RateLimitedError),
)
def verify_address(form: TokenForm, request: Request, server: Here) -> None:
    """Use up the token of the link that was mailed."""
    server.limits.take("tokens", network_of(request), burst=60, per_s=_HOUR_S)
    confirm_address(form.token.get_secret_value(), store=server.store, clock=server.clock)


@routes.post(
    "/verify/again",
    status_code=202,
    summary="Have the link to confirm mailed again",
    responses=responses(NotAuthenticatedError, RateLimitedError),
)
def verify_again(
    server: Here, caller: Annotated[Caller, Depends(Access(unverified=True))]
) -> Accepted:
    """Mail another link; the one before is of no use then."""
    server.limits.take("mails", caller.account.id, burst=5, per_s=_HOUR_S)
    confirm_again(caller.account.id, store=server.store, clock=server.clock, mailing=server.mailing)
    return Accepted(detail=_MAIL_SAID)


@routes.post(
    "/login",
    summary="Log in",
    responses=responses(WrongCredentialsError, InvalidInputError, LockedOutError, RateLimitedError),
)
def begin(form: LoginForm, request: Request, response: Response, server: Here) -> TokensShown:
    """Begin a session.

    Five wrong passwords from one network lock it out of the account for half a minute, each
    further one for twice as long.
    """
    network = network_of(request)
    server.limits.take("login", network, burst=30, per_s=_MINUTE_S)
    tokens = log_in(
        LogIn(
            form.login,
            form.password.get_secret_value(),
            network,
            request.headers.get("user-agent", ""),
        ),
        store=server.store,
        passwords=server.passwords,
        tokens=server.tokens,
        clock=server.clock,
        session_s=server.settings.session_s,
    )
    return _shown(tokens, response, server, in_cookie=form.refresh_in == "cookie")


@routes.post(
    "/refresh",
    summary="Keep a session going",
    responses=responses(InvalidTokenError, InvalidInputError, RateLimitedError),
)
def go_on(
    form: RefreshForm,
    request: Request,
    response: Response,
    server: Here,
    eikona_refresh: Annotated[str | None, Cookie(include_in_schema=False)] = None,
) -> TokensShown:
    """Use a refresh token up and return the next tokens.

    A token that comes twice was copied by somebody: its session ends.
    """
    server.limits.take("refresh", network_of(request), burst=120, per_s=_MINUTE_S)
    in_cookie = form.refresh_token is None
    token = eikona_refresh if form.refresh_token is None else form.refresh_token.get_secret_value()
    if not token:
        raise InvalidTokenError("there is no refresh token in body or cookie: log in")
    tokens = refresh(
        token,
        store=server.store,
        tokens=server.tokens,
        clock=server.clock,
        session_s=server.settings.session_s,
    )
    return _shown(tokens, response, server, in_cookie=in_cookie)


@routes.post(
    "/logout", status_code=204, summary="Log out", responses=responses(NotAuthenticatedError)
)
def log_out(
    response: Response,
    server: Here,
    caller: Annotated[Caller, Depends(Access(unverified=True, banned=True))],
) -> None:
    """End the session that this call is made in."""
    if caller.session is not None:
        end_session(caller.account.id, caller.session, store=server.store, clock=server.clock)
    response.delete_cookie(_COOKIE, path=_COOKIE_PATH)


@routes.post(
    "/password/forgotten",
    status_code=202,
    summary="Have a link to reset a password mailed",
    responses=responses(InvalidInputError, RateLimitedError),
)
def forgot(form: ForgottenForm, request: Request, server: Here) -> Accepted:
    """Mail a link, if there is such an account; the answer is the same if there is none."""
    server.limits.take("forgotten", network_of(request), burst=10, per_s=_HOUR_S)
    server.limits.take("forgotten by", form.email.casefold(), burst=3, per_s=_HOUR_S)
    ask_for_reset(form.email, store=server.store, clock=server.clock, mailing=server.mailing)
    return Accepted(detail=_MAIL_SAID)


@routes.post(
    "/password/reset",
    status_code=204,
    summary="Reset a password",
    responses=responses(InvalidTokenError, WeakPasswordError, InvalidInputError, RateLimitedError),
)
def reset(form: ResetForm, request: Request, server: Here) -> None:
    """Use the mailed token up for a new password; all sessions end."""
    server.limits.take("tokens", network_of(request), burst=60, per_s=_HOUR_S)
    reset_password(
        form.token.get_secret_value(),
        form.password.get_secret_value(),
        store=server.store,
        passwords=server.passwords,
        clock=server.clock,
    )


def _shown(tokens: Tokens, response: Response, server: Server, *, in_cookie: bool) -> TokensShown:
    if in_cookie:
        response.set_cookie(
            _COOKIE,
            tokens.refresh,
            max_age=tokens.refresh_s,
            path=_COOKIE_PATH,
            httponly=True,
            samesite="strict",
            secure=server.settings.address.startswith("https://"),
        )
    return TokensShown.of(tokens, shows_refresh=not in_cookie)
