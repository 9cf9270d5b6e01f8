"""What may be a name, an address, a password."""

import re
import unicodedata

from eikona.domain.errors import InvalidInputError, WeakPasswordError

NAME_LEAST, NAME_MOST = 3, 30  # characters
EMAIL_MOST = 254  # characters, RFC 5321
PASSWORD_LEAST, PASSWORD_MOST = 10, 256  # characters
_NAME = re.compile(rf"[a-z0-9][a-z0-9_]{{{NAME_LEAST - 1},{NAME_MOST - 1}}}")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}"
)
_RESERVED = frozenset(
    {
        "admin",
        "administrator",
        "anonymous",
        "eikona",
        "moderator",
        "quorum",
        "reviewer",
        "root",
        "support",
        "system",
    }
)
_COMMONEST = frozenset(
    {
        "1234567890",
        "password123",
        "qwertyuiop",
        "password1234",
        "qwerty12345",
        "1q2w3e4r5t",
        "iloveyou123",
        "abcdefghij",
        "0123456789",
        "passwordpassword",
    }
)
_DISTINCT_LEAST = 4  # characters of a password


def account_name(given: str, *, is_free_to_choose: bool = True) -> str:
    """Return a name as it is kept.

    Raises:
        InvalidInputError: it cannot be one.
    """
    name = given.strip().lower()
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"a name has {NAME_LEAST} to {NAME_MOST} letters a to z, digits and underscores"
        )
    if is_free_to_choose and name in _RESERVED:
        raise InvalidInputError("this name is kept for those who run the server")
    return name


def email_address(given: str) -> str:
    """Return an address as it is kept; whether mail gets there is found out by mail.

    Raises:
        InvalidInputError: it cannot be one.
    """
    email = given.strip()
    if len(email) > EMAIL_MOST or not _EMAIL.fullmatch(email):
        raise InvalidInputError("this is no e-mail address")
    return email


def new_password(given: str, *, name: str, email: str) -> str:
    """Return a password as it is hashed.

    Raises:
        WeakPasswordError: others would guess it.
    """
    password = same_password(given)
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise WeakPasswordError(
            f"a password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters; several words make a"
            " good one"
        )
    plain = password.casefold()
    told = {name.casefold(), email.casefold(), email.partition("@")[0].casefold()}
    if plain in _COMMONEST or plain in told or len(set(plain)) < _DISTINCT_LEAST:
        raise WeakPasswordError("this password is among the first that others would try")
    return password


def same_password(given: str) -> str:
    """Return a password in one form, however a keyboard composes its characters."""
    return unicodedata.normalize("NFKC", given)
