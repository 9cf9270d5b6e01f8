"""What goes in and out of the routes of accounts."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from eikona.apps.api.times import Time, known_time, time_of
from eikona.domain.account import Account, Role, Standing
from eikona.domain.api_key import ApiKey, Scope
from eikona.domain.session import Session
from eikona.services.accounts.api_keys import LABEL_MOST
from eikona.services.accounts.log_in import Tokens
from eikona.services.accounts.names import EMAIL_MOST, PASSWORD_LEAST, PASSWORD_MOST

_LONGEST_TOKEN = 200  # characters
Password = Annotated[SecretStr, Field(max_length=PASSWORD_MOST, examples=["correct horse battery"])]
NewPassword = Annotated[
    SecretStr,
    Field(
        min_length=PASSWORD_LEAST,
        max_length=PASSWORD_MOST,
        description="Not the name, not the address, none of the commonest.",
        examples=["correct horse battery"],
    ),
]
Email = Annotated[str, Field(max_length=EMAIL_MOST, examples=["ada@example.org"])]
Token = Annotated[
    SecretStr, Field(max_length=_LONGEST_TOKEN, examples=["b3Blbi1zZXNhbWUtb3Blbi1zZXNhbWU"])
]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]


class Body(BaseModel):
    """What a request brings; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Registration(Body):
    """A new account."""

    name: str = Field(
        description="What others see: letters a to z, digits, underscores.",
        max_length=64,
        examples=["ada"],
    )
    email: Email
    password: NewPassword


class LoginForm(Body):
    """Who wants to log in."""

    login: str = Field(
        description="Name or e-mail address.", max_length=EMAIL_MOST, examples=["ada"]
    )
    password: Password
    refresh_in: Literal["body", "cookie"] = Field(
        "body",
        description="Where the refresh token goes: into the answer, or into a cookie that no"
        " script can read.",
    )


class RefreshForm(Body):
    """What keeps a session going."""

    refresh_token: Token | None = Field(None, description="Left out where the cookie holds it.")


class TokenForm(Body):
    """The token of a mailed link."""

    token: Token


class ForgottenForm(Body):
    """Whose password is forgotten."""

    email: Email


class ResetForm(Body):
    """A new password."""

    token: Token
    password: NewPassword


class PasswordForm(Body):
    """A change of password."""

    old: Password
    new: NewPassword


class DeletionForm(Body):
    """The password, to be sure."""

    password: Password


class TokensShown(BaseModel):
    """What keeps somebody logged in."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9.e30.Lb8e"])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  no password
    expires_in: int = Field(description="Seconds.", examples=[900])
    refresh_token: str | None = Field(
        description="Good for one use, which gives the next; None where the cookie holds it. A"
        " second use ends the session.",
        examples=["b3Blbi1zZXNhbWU"],
    )
    refresh_expires_in: int = Field(description="Seconds.", examples=[2592000])
    session: str = Field(examples=["9f86d081884c7d659a2f"])

    @classmethod
    def of(cls, tokens: Tokens, *, shows_refresh: bool) -> Self:
        """Return what is shown of tokens."""
        return cls(
            access_token=tokens.access,
            expires_in=tokens.access_s,
            refresh_token=tokens.refresh if shows_refresh else None,
            refresh_expires_in=tokens.refresh_s,
            session=tokens.session,
        )


class AccountShown(BaseModel):
    """An account, as its owner and administrators see it."""

    id: str = Field(examples=["9f86d081884c7d659a2f"])
    name: str = Field(examples=["ada"])
    email: str = Field(examples=["ada@example.org"])
    role: Role
    standing: Standing
    email_verified: bool
    created_at: Time

    @classmethod
    def of(cls, account: Account) -> Self:
        """Return what is shown of an account."""
        return cls(
            id=account.id,
            name=account.name,
            email=account.email,
            role=account.role,
            standing=account.standing,
            email_verified=account.verified_at_ms is not None,
            created_at=time_of(account.created_at_ms),
        )


class SessionShown(BaseModel):
    """One place where somebody is logged in."""

    id: str = Field(examples=["9f86d081884c7d659a2f"])
    current: bool = Field(description="Whether this call is made in it.")
    agent: str = Field(examples=["Mozilla/5.0"])
    network: str = Field(examples=["192.0.2.7"])
    created_at: Time
    used_at: Time
    expires_at: Time

    @classmethod
    def of(cls, session: Session, *, current: str | None) -> Self:
        """Return what is shown of a session."""
        return cls(
            id=session.id,
            current=session.id == current,
            agent=session.agent,
            network=session.network,
            created_at=time_of(session.created_at_ms),
            used_at=time_of(session.used_at_ms),
            expires_at=time_of(session.expires_at_ms),
        )


class KeyForm(Body):
    """A new API key."""

    label: str = Field(min_length=1, max_length=LABEL_MOST, examples=["nightly scan"])
    scopes: frozenset[Scope] = Field(min_length=1, examples=[["lookup"]])
    expires_at: Time | None = Field(None, description="Left out: it does not expire.")


class KeyShown(BaseModel):
    """An API key, without its secret."""

    id: str = Field(examples=["9f86d081884c7d659a2f"])
    label: str = Field(examples=["nightly scan"])
    scopes: list[Scope]
    created_at: Time
    expires_at: Time | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Return what is shown of a key."""
        return cls(
            id=key.id,
            label=key.label,
            scopes=list(key.scopes),
            created_at=time_of(key.created_at_ms),
            expires_at=known_time(key.expires_at_ms),
        )


class KeyMade(KeyShown):
    """A new API key, with the one showing of its secret."""

    key: str = Field(description="Shown once.", examples=["eik_9f86d081884c7d659a2f_b3Blbg"])


class ExportShown(BaseModel):
    """Everything that the server keeps of somebody."""

    account: AccountShown
    sessions: list[SessionShown]
    api_keys: list[KeyShown]


class Accepted(BaseModel):
    """It was taken; what comes of it is told elsewhere."""

    detail: str = Field(examples=["If this address can be used, a mail is on its way."])
