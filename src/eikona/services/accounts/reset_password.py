"""Somebody forgot a password, or changes it."""

from dataclasses import replace

from eikona.domain.account import Account, Standing
from eikona.domain.errors import InvalidTokenError, WrongCredentialsError
from eikona.domain.session import Purpose
from eikona.services.accounts import letters
from eikona.services.accounts.confirm_address import take_token
from eikona.services.accounts.end_sessions import end_all
from eikona.services.accounts.names import new_password, same_password
from eikona.services.accounts.ports import Clock, Passwords
from eikona.services.accounts.register import Mailing, mailed_token
from eikona.services.audit_log import note
from eikona.services.identifiers import digest_of
from eikona.services.store.records import Records, Store


def ask_for_reset(email: str, *, store: Store, clock: Clock, mailing: Mailing) -> None:
    """Mail a link, if the address has an account; nobody else learns whether it has."""
    now = clock()

    def mail(records: Records) -> None:
        account = records.accounts.with_email(email.strip())
        if account is None:
            return
        until = now + 1000 * mailing.reset_token_s
        link = mailing.link(
            Purpose.RESET_PASSWORD,
            mailed_token(records, account, Purpose.RESET_PASSWORD, until),
        )
        letters.reset_link(records, to=account.email, name=account.name, link=link, at_ms=now)

    store.write(mail)


def reset_password(
    token: str, password: str, *, store: Store, passwords: Passwords, clock: Clock
) -> None:
    """Set a new password and end all sessions; the address counts as confirmed by this.

    Raises:
        InvalidTokenError: the link is unknown, used up or too old.
        WeakPasswordError: others would guess the password.
    """
    now = clock()
    account = store.read(lambda records: _whose(records, token, now))
    kept = passwords.hash(new_password(password, name=account.name, email=account.email))

    def change(records: Records) -> None:
        found = take_token(records, token, Purpose.RESET_PASSWORD, now)
        verified = found.verified_at_ms or now
        _change(records, replace(found, verified_at_ms=verified), kept, now_ms=now, session=None)

    store.write(change)


def change_password(
    account: Account,
    session: str | None,
    *,
    old: str,
    new: str,
    store: Store,
    passwords: Passwords,
    clock: Clock,
) -> None:
    """Set a new password and end all other sessions.

    Raises:
        WrongCredentialsError: the old one is wrong.
        WeakPasswordError: others would guess the new one.
    """
    check_password(account, old, passwords=passwords)
    kept = passwords.hash(new_password(new, name=account.name, email=account.email))
    now = clock()

    def change(records: Records) -> None:
        there = records.accounts.get(account.id)
        if there.password != account.password:
            raise WrongCredentialsError("the password was changed meanwhile")
        _change(records, there, kept, now_ms=now, session=session)

    store.write(change)


def check_password(account: Account, password: str, *, passwords: Passwords) -> None:
    """Check that whoever calls knows the password.

    Raises:
        WrongCredentialsError: it is another.
    """
    if not passwords.verify(account.password, same_password(password)):
        raise WrongCredentialsError("the password is wrong")


def _whose(records: Records, token: str, now_ms: int) -> Account:
    found = records.mailed_tokens.find(digest_of(token))
    is_good = (
        found is not None
        and found.purpose is Purpose.RESET_PASSWORD
        and now_ms < found.expires_at_ms
    )
    account = records.accounts.find(found.account) if found is not None and is_good else None
    if account is None or account.standing is Standing.DELETED:
        raise InvalidTokenError("this link is unknown, used up or too old: ask for a new one")
    return account


def _change(
    records: Records, account: Account, kept: str, *, now_ms: int, session: str | None
) -> None:
    records.accounts.put(replace(account, password=kept))
    records.mailed_tokens.forget(account.id, Purpose.RESET_PASSWORD)
    end_all(records, account.id, now_ms=now_ms, kept=session)
    note(records, at_ms=now_ms, actor=account.id, action="password.changed", subject=account.id)
    letters.password_changed(records, to=account.email, name=account.name, at_ms=now_ms)
