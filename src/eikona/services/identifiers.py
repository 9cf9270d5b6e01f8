"""Names that nobody can guess, and what is kept of secrets."""

import hashlib
import secrets

_ID_BYTES = 10
_SECRET_BYTES = 32


def new_id() -> str:
    """Return a name that was never given before, 20 hex digits."""
    return secrets.token_hex(_ID_BYTES)


def new_secret() -> str:
    """Return a secret of 256 bits for URLs and headers."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret of 256 bits: a plain digest is enough for so much chance."""
    return hashlib.sha256(secret.encode()).hexdigest()
