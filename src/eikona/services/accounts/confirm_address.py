"""Somebody follows the link that confirms an address, or asks for another one."""

from dataclasses import replace

from eikona.domain.account import Account, Standing
from eikona.domain.errors import InvalidTokenError
from eikona.domain.session import Purpose
from eikona.services.accounts.ports import Clock
from eikona.services.accounts.register import Mailing, mail_confirmation
from eikona.services.audit_log import note
from eikona.services.identifiers import digest_of
from eikona.services.store.records import Records, Store


def confirm_address(token: str, *, store: Store, clock: Clock) -> None:
    """Let an account be of use.

    Raises:
        InvalidTokenError: the link is unknown, used up or too old.
    """
    now = clock()

    def confirm(records: Records) -> None:
        account = take_token(records, token, Purpose.VERIFY_EMAIL, now)
        if account.verified_at_ms is None:
            records.accounts.put(replace(account, verified_at_ms=now))
            note(
                records, at_ms=now, actor=account.id, action="account.verified", subject=account.id
            )

    store.write(confirm)


def confirm_again(account: str, *, store: Store, clock: Clock, mailing: Mailing) -> None:
    """Mail another link, unless the address is confirmed already."""
    now = clock()

    def mail(records: Records) -> None:
        known = records.accounts.get(account)
        if known.verified_at_ms is None:
            mail_confirmation(records, known, mailing=mailing, at_ms=now)

    store.write(mail)


def take_token(records: Records, token: str, purpose: Purpose, now_ms: int) -> Account:
    """Use a mailed token up and return whose it was.

    Raises:
        InvalidTokenError: it is unknown, used up or too old.
    """
    found = records.mailed_tokens.find(digest_of(token))
    if found is None or found.purpose is not purpose or now_ms >= found.expires_at_ms:
        raise InvalidTokenError("this link is unknown, used up or too old: ask for a new one")
    records.mailed_tokens.remove(found.id)
    account = records.accounts.get(found.account)
    if account.standing is Standing.DELETED:
        raise InvalidTokenError("the account is deleted")
    return account
