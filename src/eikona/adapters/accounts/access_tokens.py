"""Access tokens: JSON web tokens (RFC 7519) with one algorithm, signed by a key of this server."""

import secrets
from typing import Any

import jwt

from eikona.domain.errors import NotAuthenticatedError
from eikona.services.accounts.ports import Claims, Clock

_ALGORITHM = "HS256"
_ISSUER = "eikona"
_AUDIENCE = "eikona-api"
_NEEDED = ["exp", "iat", "iss", "aud", "sub", "sid", "jti"]
_LONGEST = 2048  # characters


class JsonWebTokens:
    """Implements ``AccessTokens``."""

    def __init__(self, key: bytes, *, good_for_s: int, clock: Clock) -> None:
        """Sign with a key of at least 32 bytes."""
        self._key = key
        self._good_for_s = good_for_s
        self._clock = clock

    def issue(self, claims: Claims) -> tuple[str, int]:
        """Return a token, and the seconds that it is good for."""
        now = self._clock() // 1000
        payload = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": claims.account,
            "sid": claims.session,
            "iat": now,
            "exp": now + self._good_for_s,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(payload, self._key, algorithm=_ALGORITHM), self._good_for_s

    def read(self, token: str) -> Claims:
        """Return what a token says.

        Raises:
            NotAuthenticatedError: it is none of ours, or too old.
        """
        if len(token) > _LONGEST:
            raise NotAuthenticatedError("this is no access token")
        try:
            said: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options={"require": _NEEDED, "verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError as error:
            raise NotAuthenticatedError("this is no access token of this server") from error
        expires = said["exp"]
        if not isinstance(expires, int) or self._clock() >= expires * 1000:
            raise NotAuthenticatedError("the access token is too old: refresh the session")
        return Claims(str(said["sub"]), str(said["sid"]))
