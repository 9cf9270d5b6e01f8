"""An administrator gives somebody a role."""

from collections.abc import Callable
from dataclasses import replace

from eikona.domain.account import Account, Role, Standing
from eikona.domain.errors import ForbiddenError, NotFoundError
from eikona.services.audit_log import note
from eikona.services.store.records import Records, Store


def change_role(
    name: str, role: Role, *, by: Account, store: Store, clock: Callable[[], int]
) -> Account:
    """Give an account a role, at once for all its sessions.

    Raises:
        NotFoundError: nobody is called so.
        ForbiddenError: it is oneself: there must be an administrator left.
    """
    now = clock()

    def change(records: Records) -> Account:
        account = records.accounts.named(name.lower())
        if account is None or account.standing is Standing.DELETED:
            raise NotFoundError("nobody is called so")
        if account.id == by.id:
            raise ForbiddenError("nobody changes his own role")
        changed = replace(account, role=role)
        records.accounts.put(changed)
        facts = {"from": str(account.role), "to": str(role)}
        note(
            records,
            at_ms=now,
            actor=by.id,
            action="account.role",
            subject=account.id,
            facts=facts,
        )
        return changed

    return store.write(change)
