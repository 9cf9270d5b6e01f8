"""Whoever runs the server makes an account there, such as the first administrator's."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eikona.domain.account import Account, Role, Standing
from eikona.domain.errors import NameTakenError
from eikona.services.accounts.names import account_name, email_address, new_password
from eikona.services.accounts.ports import Passwords
from eikona.services.audit_log import SYSTEM, note
from eikona.services.identifiers import new_id
from eikona.services.store.records import Records, Store


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who is to have an account, and what it may do."""

    name: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    role: Role


def appoint(
    command: Appointment, *, store: Store, passwords: Passwords, clock: Callable[[], int]
) -> Account:
    """Make an account whose address counts as confirmed.

    Raises:
        InvalidInputError: name, address or password cannot be used.
        NameTakenError: name or address has an account.
    """
    name = account_name(command.name, is_free_to_choose=False)
    email = email_address(command.email)
    kept = passwords.hash(new_password(command.password, name=name, email=email))
    now = clock()
    account = Account(new_id(), name, email, kept, command.role, Standing.ACTIVE, now, now)

    def make(records: Records) -> Account:
        if records.accounts.named(name) or records.accounts.with_email(email):
            raise NameTakenError("this name or this address has an account already")
        records.accounts.add(account)
        note(
            records,
            at_ms=now,
            actor=SYSTEM,
            action="account.appointed",
            subject=account.id,
            facts={"role": str(account.role)},
        )
        return account

    return store.write(make)
