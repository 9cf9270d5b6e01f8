"""Routes with which people look after their own account."""

from typing import Annotated

from fastapi import APIRouter, Depends

from eikona.apps.api.access import Access, Here
from eikona.apps.api.account_models import (
    AccountShown,
    DeletionForm,
    ExportShown,
    Id,
    KeyForm,
    KeyMade,
    KeyShown,
    PasswordForm,
    SessionShown,
)
from eikona.apps.api.problems import responses
from eikona.domain.caller import Caller
from eikona.domain.errors import (
    ForbiddenError,
    InvalidInputError,
    NotAuthenticatedError,
    NotFoundError,
    RateLimitedError,
    StateConflictError,
    WeakPasswordError,
    WrongCredentialsError,
)
from eikona.services.accounts.api_keys import make_key, revoke_key
from eikona.services.accounts.delete_account import delete_account
from eikona.services.accounts.end_sessions import end_others, end_session
from eikona.services.accounts.reset_password import change_password

routes = APIRouter(prefix="/users/me", tags=["users"])
Myself = Annotated[Caller, Depends(Access(unverified=True, banned=True))]
"""Whoever has a session, banned and unconfirmed accounts too: what is theirs stays theirs."""

_GUESSES = 10  # at the password of a session's own account
_GUESSES_PER_S = 600.0


@routes.get("", summary="Show my account", responses=responses(NotAuthenticatedError))
def show_me(caller: Myself) -> AccountShown:
    """Return the account of whoever calls."""
    return AccountShown.of(caller.account)


@routes.put(
    "/password",
    status_code=204,
    summary="Change my password",
    responses=responses(
        WrongCredentialsError, WeakPasswordError, InvalidInputError, RateLimitedError
    ),
)
def change(form: PasswordForm, server: Here, caller: Myself) -> None:
    """Set a new password; all other sessions end."""
    server.limits.take("guesses", caller.account.id, burst=_GUESSES, per_s=_GUESSES_PER_S)
    change_password(
        caller.account,
        caller.session,
        old=form.old.get_secret_value(),
        new=form.new.get_secret_value(),
        store=server.store,
        passwords=server.passwords,
        clock=server.clock,
    )


@routes.get("/sessions", summary="List my sessions", responses=responses(NotAuthenticatedError))
def sessions(server: Here, caller: Myself) -> list[SessionShown]:
    """Return where I am logged in, the session used last first."""
    found = server.store.read(lambda records: records.sessions.of(caller.account.id))
    now = server.clock()
    return [SessionShown.of(one, current=caller.session) for one in found if one.lasts(now)]


@routes.delete(
    "/sessions",
    status_code=204,
    summary="Log out everywhere else",
    responses=responses(NotAuthenticatedError),
)
def end_other_sessions(server: Here, caller: Myself) -> None:
    """End all my sessions but this one."""
    end_others(caller.account.id, caller.session, store=server.store, clock=server.clock)


@routes.delete(
    "/sessions/{session}",
    status_code=204,
    summary="End one of my sessions",
    responses=responses(NotAuthenticatedError, NotFoundError, InvalidInputError),
)
def end_one(session: Id, server: Here, caller: Myself) -> None:
    """End a session; its tokens are of no use from then on."""
    end_session(caller.account.id, session, store=server.store, clock=server.clock)


@routes.get("/keys", summary="List my API keys", responses=responses(NotAuthenticatedError))
def keys(server: Here, caller: Annotated[Caller, Depends(Access())]) -> list[KeyShown]:
    """Return my keys, without their secrets."""
    found = server.store.read(lambda records: records.api_keys.of(caller.account.id))
    return [KeyShown.of(one) for one in found]


@routes.post(
    "/keys",
    status_code=201,
    summary="Make an API key",
    responses=responses(
        NotAuthenticatedError, ForbiddenError, StateConflictError, InvalidInputError
    ),
)
def add_key(form: KeyForm, server: Here, caller: Annotated[Caller, Depends(Access())]) -> KeyMade:
    """Return a new key. It is shown this once: the server keeps only its digest."""
    expires = None if form.expires_at is None else round(form.expires_at.timestamp() * 1000)
    key, shown = make_key(
        caller.account,
        label=form.label,
        scopes=form.scopes,
        expires_at_ms=expires,
        store=server.store,
        clock=server.clock,
    )
    return KeyMade(**KeyShown.of(key).model_dump(), key=shown)


@routes.delete(
    "/keys/{key}",
    status_code=204,
    summary="Revoke an API key",
    responses=responses(NotAuthenticatedError, NotFoundError, InvalidInputError),
)
def remove_key(key: Id, server: Here, caller: Myself) -> None:
    """Let a key be of no use from now on."""
    revoke_key(caller.account.id, key, store=server.store, clock=server.clock)


@routes.get("/export", summary="Export my data", responses=responses(NotAuthenticatedError))
def export(server: Here, caller: Myself) -> ExportShown:
    """Return everything that the server keeps of me."""
    name = caller.account.id
    sessions, keys = server.store.read(
        lambda records: (records.sessions.of(name), records.api_keys.of(name))
    )
    return ExportShown(
        account=AccountShown.of(caller.account),
        sessions=[SessionShown.of(one, current=caller.session) for one in sessions],
        api_keys=[KeyShown.of(one) for one in keys],
    )


@routes.post(
    "/deletion",
    status_code=204,
    summary="Delete my account",
    responses=responses(WrongCredentialsError, InvalidInputError, RateLimitedError),
)
def delete(form: DeletionForm, server: Here, caller: Myself) -> None:
    """Delete my account and everything that is mine, for good."""
    server.limits.take("guesses", caller.account.id, burst=_GUESSES, per_s=_GUESSES_PER_S)
    delete_account(
        caller.account,
        form.password.get_secret_value(),
        store=server.store,
        passwords=server.passwords,
        clock=server.clock,
    )
