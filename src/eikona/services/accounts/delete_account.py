"""Somebody leaves: nothing personal stays."""

from dataclasses import replace

from eikona.domain.account import Account, Standing
from eikona.domain.session import Purpose
from eikona.services.accounts.ports import Clock, Passwords
from eikona.services.accounts.reset_password import check_password
from eikona.services.audit_log import note
from eikona.services.store.records import Records, Store


def delete_account(
    account: Account, password: str, *, store: Store, passwords: Passwords, clock: Clock
) -> None:
    """Delete an account and all that is its own.

    What stays is its id, with neither name nor address, on entries of the audit log.

    Raises:
        WrongCredentialsError: the password is wrong.
    """
    check_password(account, password, passwords=passwords)
    now = clock()

    def delete(records: Records) -> None:
        there = records.accounts.get(account.id)
        gone = replace(there, name="", email="", password="", standing=Standing.DELETED)
        records.accounts.put(gone)
        records.mails.forget(there.email)
        records.events.forget(there.id)
        records.posts.forget(there.id)
        records.blocks.forget(there.id)
        records.reports.forget(there.id)
        records.sessions.forget(there.id)
        records.api_keys.forget(there.id)
        for purpose in Purpose:
            records.mailed_tokens.forget(there.id, purpose)
        note(records, at_ms=now, actor=there.id, action="account.deleted", subject=there.id)

    store.write(delete)
