"""Somebody wants to see nothing of somebody else, and not to be seen by them."""

from collections.abc import Callable

from eikona.domain.account import Account, Standing
from eikona.domain.errors import ForbiddenError, NotFoundError
from eikona.domain.post import Block
from eikona.services.store.records import Records, Store


def block_user(name: str, *, account: Account, store: Store, clock: Callable[[], int]) -> None:
    """Keep two accounts apart.

    Raises:
        NotFoundError: nobody is called so.
        ForbiddenError: it is oneself.
    """
    now = clock()

    def block(records: Records) -> None:
        other = _named(records, name)
        if other.id == account.id:
            raise ForbiddenError("nobody can block himself")
        made = Block(f"{account.id}:{other.id}", account.id, other.id, now)
        if records.blocks.find(made.id) is None:
            records.blocks.add(made)

    store.write(block)


def unblock_user(name: str, *, account: Account, store: Store) -> None:
    """Let somebody be seen again.

    Raises:
        NotFoundError: nobody is called so.
    """
    store.write(lambda records: records.blocks.remove(f"{account.id}:{_named(records, name).id}"))


def _named(records: Records, name: str) -> Account:
    other = records.accounts.named(name.lower())
    if other is None or other.standing is Standing.DELETED:
        raise NotFoundError("nobody is called so")
    return other
