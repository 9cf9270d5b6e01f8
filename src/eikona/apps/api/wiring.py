"""Puts the server together: from settings to everything that answers."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from eikona.adapters.accounts.access_tokens import JsonWebTokens
from eikona.adapters.accounts.passwords import ArgonPasswords
from eikona.adapters.accounts.rate_limits import MemoryRateLimits
from eikona.adapters.accounts.secret_key import SecretKey, secret_key
from eikona.adapters.blobs.folder import BlobFolder
from eikona.adapters.database.database import Database
from eikona.adapters.mail.postmen import FolderPostman, SmtpPostman
from eikona.apps.api.metrics import Metrics
from eikona.apps.api.settings import Settings
from eikona.domain.session import Purpose
from eikona.services.accounts.authenticate import Authenticate
from eikona.services.accounts.ports import AccessTokens, Clock, Passwords, RateLimits
from eikona.services.accounts.register import Mailing
from eikona.services.send_mail import Postman

_PAGES = {Purpose.VERIFY_EMAIL: "verify", Purpose.RESET_PASSWORD: "reset"}
"""Of the web application; what stands after # is not sent to servers, nor logged by them."""


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Everything that answers requests."""

    settings: Settings
    metrics: Metrics
    clock: Clock
    secret: SecretKey
    store: Database
    blobs: BlobFolder
    passwords: Passwords
    tokens: AccessTokens
    limits: RateLimits
    authenticate: Authenticate
    mailing: Mailing
    postman: Postman
    closing: ExitStack

    def close(self) -> None:
        """Finish what is under way, and let go of everything."""
        self.closing.close()

    def __enter__(self) -> Self:
        """Be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def build(settings: Settings, *, clock: Clock = now_ms) -> Server:
    """Return a server.

    Raises:
        EikonaError: a file or folder cannot be used.
        OSError: the disk cannot be read or written.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as closing:
        secret = secret_key(settings.secret)
        store = Database(settings.database)
        closing.callback(store.close)
        blobs = BlobFolder(settings.blobs)
        tokens = JsonWebTokens(
            secret.key_for("access tokens"), good_for_s=settings.access_token_s, clock=clock
        )
        return Server(
            settings=settings,
            metrics=Metrics(),
            clock=clock,
            secret=secret,
            store=store,
            blobs=blobs,
            passwords=ArgonPasswords(
                memory_kib=settings.password_memory_kib, rounds=settings.password_rounds
            ),
            tokens=tokens,
            limits=MemoryRateLimits(),
            authenticate=Authenticate(store, tokens, clock),
            mailing=Mailing(
                link=lambda purpose, token: f"{settings.address}/{_PAGES[purpose]}#token={token}",
                email_token_s=settings.email_token_s,
                reset_token_s=settings.reset_token_s,
            ),
            postman=_postman(settings),
            closing=closing.pop_all(),
        )


def _postman(settings: Settings) -> Postman:
    if not settings.smtp_host:
        return FolderPostman(settings.mail, settings.mail_from)
    return SmtpPostman(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password,
        security=settings.smtp_security,
        sender=settings.mail_from,
    )
