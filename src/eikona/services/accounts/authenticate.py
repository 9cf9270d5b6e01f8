"""Finds out who makes a call, by its token or key."""

import hashlib
import hmac
from dataclasses import dataclass

from eikona.domain.account import Account, Standing
from eikona.domain.api_key import Scope
from eikona.domain.caller import Caller
from eikona.domain.errors import NotAuthenticatedError
from eikona.services.accounts.ports import AccessTokens, Clock
from eikona.services.store.records import Records, Store

KEY_MARK = "eik_"  # every key begins so: scanners for leaked secrets know it by that
ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Call it with what a request brings.

    Attributes:
        store: who is who.
        tokens: reads access tokens.
        clock: what time it is.
    """

    store: Store
    tokens: AccessTokens
    clock: Clock

    def __call__(self, credential: str) -> Caller:
        """Return who makes a call.

        Args:
            credential: an access token or an API key.

        Raises:
            NotAuthenticatedError: it is not good, or not any more.
        """
        if credential.startswith(KEY_MARK):
            return self._by_key(credential)
        claims = self.tokens.read(credential)

        def find(records: Records) -> Account:
            session = records.sessions.find(claims.session)
            if session is None or not session.lasts(self.clock()):
                raise NotAuthenticatedError("the session has ended: log in again")
            return _there(records, session.account)

        return Caller(self.store.read(find), claims.session, None, ALL_SCOPES)

    def _by_key(self, credential: str) -> Caller:
        name, _, secret = credential.removeprefix(KEY_MARK).partition("_")
        digest = hashlib.sha256(secret.encode()).hexdigest()

        def find(records: Records) -> Caller:
            key = records.api_keys.find(name)
            kept = "" if key is None else key.digest
            is_right = hmac.compare_digest(kept, digest)
            if key is None or not is_right or not key.is_good(self.clock()):
                raise NotAuthenticatedError("the API key is unknown, revoked or too old")
            return Caller(_there(records, key.account), None, key.id, frozenset(key.scopes))

        return self.store.read(find)


def _there(records: Records, name: str) -> Account:
    account = records.accounts.find(name)
    if account is None or account.standing is Standing.DELETED:
        raise NotAuthenticatedError("the account is deleted")
    return account
