"""Keys with which programs act for an account."""

from dataclasses import replace

from eikona.domain.account import Account, Role
from eikona.domain.api_key import ApiKey, Scope
from eikona.domain.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    StateConflictError,
)
from eikona.services.accounts.authenticate import KEY_MARK
from eikona.services.accounts.ports import Clock
from eikona.services.audit_log import note
from eikona.services.identifiers import digest_of, new_id, new_secret
from eikona.services.store.records import Records, Store

KEYS_MOST = 20  # of one account
LABEL_MOST = 100  # characters
_NEEDED = {Scope.BANKS_WRITE: Role.REVIEWER}
"""Role that an account must have to give a key this scope; any, where it is not named."""


def make_key(
    account: Account,
    *,
    label: str,
    scopes: frozenset[Scope],
    expires_at_ms: int | None,
    store: Store,
    clock: Clock,
) -> tuple[ApiKey, str]:
    """Return a new key, and what a program sends; that is shown once and not kept.

    Raises:
        InvalidInputError: label, scopes or time make no sense.
        ForbiddenError: the account's role does not go so far.
        StateConflictError: it has too many keys.
    """
    now = clock()
    if not 1 <= len(label.strip()) <= LABEL_MOST:
        raise InvalidInputError(f"a label has 1 to {LABEL_MOST} characters")
    if not scopes:
        raise InvalidInputError("a key without scopes is good for nothing: name some")
    if expires_at_ms is not None and expires_at_ms <= now:
        raise InvalidInputError("the key would have expired already")
    for scope in scopes:
        if not account.role.includes(_NEEDED.get(scope, Role.USER)):
            raise ForbiddenError(f"the scope {scope} needs the role {_NEEDED[scope]}")
    secret = new_secret()
    key = ApiKey(
        id=new_id(),
        account=account.id,
        label=label.strip(),
        scopes=tuple(sorted(scopes)),
        digest=digest_of(secret),
        created_at_ms=now,
        expires_at_ms=expires_at_ms,
    )

    def keep(records: Records) -> None:
        if len(records.api_keys.of(account.id)) >= KEYS_MOST:
            raise StateConflictError(f"an account has {KEYS_MOST} keys at most: revoke one")
        records.api_keys.add(key)
        facts = {"scopes": " ".join(key.scopes)}
        note(records, at_ms=now, actor=account.id, action="key.made", subject=key.id, facts=facts)

    store.write(keep)
    return key, f"{KEY_MARK}{key.id}_{secret}"


def revoke_key(account: str, name: str, *, store: Store, clock: Clock) -> None:
    """Let a key be good for nothing.

    Raises:
        NotFoundError: the account has no such key.
    """
    now = clock()

    def revoke(records: Records) -> None:
        key = records.api_keys.find(name)
        if key is None or key.account != account:
            raise NotFoundError("there is no such key")
        if key.revoked_at_ms is None:
            records.api_keys.put(replace(key, revoked_at_ms=now))
            note(records, at_ms=now, actor=account, action="key.revoked", subject=name)

    store.write(revoke)
