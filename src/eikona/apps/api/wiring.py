"""Puts the server together: from settings to everything that answers."""

import time
from collections.abc import Callable
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
from eikona.adapters.renditions.renderers import Renderers
from eikona.apps.api.media_links import MediaLinks
from eikona.apps.api.metrics import Metrics
from eikona.apps.api.screening import Screening
from eikona.apps.api.settings import Settings
from eikona.apps.api.streams import Streams
from eikona.domain.session import Purpose
from eikona.services.accounts.authenticate import Authenticate
from eikona.services.accounts.ports import AccessTokens, Clock, Passwords, RateLimits
from eikona.services.accounts.register import Mailing
from eikona.services.moderation.policy import ModerationPolicy
from eikona.services.posting.ports import Quorum, Render
from eikona.services.send_mail import Postman

QuorumState = Callable[[], str]
"""Tells whether the quorum can rule: ok, or what is wrong."""

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
    policy: ModerationPolicy
    render: Render
    links: MediaLinks
    streams: Streams
    screening: Screening
    quorum_state: QuorumState
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


def build(
    settings: Settings,
    *,
    quorum: Quorum,
    quorum_state: QuorumState,
    clock: Clock = now_ms,
    passwords: Passwords | None = None,
    render: Render | None = None,
) -> Server:
    """Return a server that goes on with what it was at when it ended.

    Args:
        settings: all of them.
        quorum: decides whether pictures may be published.
        quorum_state: tells whether it can.
        clock: what time it is.
        passwords: hashes them; None for as the settings say.
        render: makes what is shown; None for processes as the settings say.

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
        metrics, policy = Metrics(), _policy(settings)
        tokens = JsonWebTokens(
            secret.key_for("access tokens"), good_for_s=settings.access_token_s, clock=clock
        )
        render = render or _render(closing, settings)
        screening = Screening(
            quorum,
            store=store,
            blobs=blobs,
            clock=clock,
            policy=policy,
            metrics=metrics,
            at_once=settings.screening_at_once,
        )
        closing.callback(screening.join)
        closing.callback(screening.close)
        streams = Streams(store)
        store.committed = streams.ring
        return Server(
            settings=settings,
            metrics=metrics,
            clock=clock,
            secret=secret,
            store=store,
            blobs=blobs,
            passwords=passwords or _passwords(settings),
            tokens=tokens,
            limits=MemoryRateLimits(),
            authenticate=Authenticate(store, tokens, clock),
            mailing=_mailing(settings),
            postman=_postman(settings),
            policy=policy,
            render=render,
            links=MediaLinks(secret.key_for("media links"), clock),
            streams=streams,
            screening=screening,
            quorum_state=quorum_state,
            closing=closing.pop_all(),
        )


def _passwords(settings: Settings) -> ArgonPasswords:
    return ArgonPasswords(memory_kib=settings.password_memory_kib, rounds=settings.password_rounds)


def _render(closing: ExitStack, settings: Settings) -> Renderers:
    render = Renderers(count=settings.render_at_once, timeout_s=settings.render_s)
    closing.callback(render.close)
    return render


def _policy(settings: Settings) -> ModerationPolicy:
    return ModerationPolicy(
        strikes_to_ban=settings.strikes_to_ban,
        strike_ms=1000 * settings.strike_s,
        lock_ms=1000 * settings.review_lock_s,
        appeal_ms=1000 * settings.appeal_s,
    )


def _mailing(settings: Settings) -> Mailing:
    return Mailing(
        link=lambda purpose, token: f"{settings.address}/{_PAGES[purpose]}#token={token}",
        email_token_s=settings.email_token_s,
        reset_token_s=settings.reset_token_s,
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
