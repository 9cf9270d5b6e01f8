"""Somebody registers: an account that is of use once its address is confirmed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eikona.domain.account import Account, Role, Standing
from eikona.domain.errors import NameTakenError
from eikona.domain.session import MailedToken, Purpose
from eikona.services.accounts import letters
from eikona.services.accounts.names import account_name, email_address, new_password
from eikona.services.accounts.ports import Clock, Passwords
from eikona.services.audit_log import note
from eikona.services.identifiers import digest_of, new_id, new_secret
from eikona.services.store.records import Records, Store

Link = Callable[[Purpose, str], str]
"""Makes the address that a mailed token leads to."""


@dataclass(frozen=True, slots=True)
class Register:
    """What somebody gives of himself."""

    name: str
    email: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mailing:
    """How links are mailed.

    Attributes:
        link: makes addresses.
        email_token_s: seconds that one to confirm an address is good for.
        reset_token_s: seconds that one to reset a password is good for.
    """

    link: Link
    email_token_s: int
    reset_token_s: int


def register(
    command: Register, *, store: Store, passwords: Passwords, clock: Clock, mailing: Mailing
) -> None:
    """Make an account and mail a link to confirm its address.

    Whether an address has an account already is told to nobody but its owner, by mail.

    Raises:
        InvalidInputError: name, address or password cannot be used.
        NameTakenError: somebody is called so.
    """
    name, email = account_name(command.name), email_address(command.email)
    kept = passwords.hash(new_password(command.password, name=name, email=email))
    now = clock()

    def make(records: Records) -> None:
        if records.accounts.named(name) is not None:
            raise NameTakenError(f"somebody is called {name} already: choose another name")
        owner = records.accounts.with_email(email)
        if owner is not None:
            letters.already_registered(records, to=owner.email, name=owner.name, at_ms=now)
            return
        account = Account(new_id(), name, email, kept, Role.USER, Standing.ACTIVE, now)
        records.accounts.add(account)
        note(records, at_ms=now, actor=account.id, action="account.made", subject=account.id)
        mail_confirmation(records, account, mailing=mailing, at_ms=now)

    store.write(make)


def mail_confirmation(records: Records, account: Account, *, mailing: Mailing, at_ms: int) -> None:
    """Mail a link that confirms an account's address; earlier ones end."""
    token = mailed_token(
        records, account, Purpose.VERIFY_EMAIL, at_ms + 1000 * mailing.email_token_s
    )
    link = mailing.link(Purpose.VERIFY_EMAIL, token)
    letters.confirm_address(records, to=account.email, name=account.name, link=link, at_ms=at_ms)


def mailed_token(records: Records, account: Account, purpose: Purpose, until_ms: int) -> str:
    """Return a new token of an account; earlier ones for the same purpose end."""
    token = new_secret()
    records.mailed_tokens.forget(account.id, purpose)
    records.mailed_tokens.add(MailedToken(digest_of(token), account.id, purpose, until_ms))
    return token
