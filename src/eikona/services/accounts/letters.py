"""Mails that accounts get."""

from eikona.domain.record import Mail
from eikona.services.identifiers import new_id
from eikona.services.store.records import Records


def post_letter(records: Records, *, to: str, subject: str, text: str, at_ms: int) -> None:
    """Have a mail sent, once the transaction holds."""
    records.mails.add(Mail(new_id(), to, subject, text, at_ms, at_ms))


def confirm_address(records: Records, *, to: str, name: str, link: str, at_ms: int) -> None:
    """Send the link that confirms an address."""
    post_letter(
        records,
        to=to,
        subject="Confirm your e-mail address",
        text=f"Hello {name},\n\nconfirm that this is your address:\n\n{link}\n\n"
        "If you did not register, do nothing: the account stays closed.\n",
        at_ms=at_ms,
    )


def already_registered(records: Records, *, to: str, name: str, at_ms: int) -> None:
    """Say that somebody tried to register an address that has an account."""
    post_letter(
        records,
        to=to,
        subject="You have an account already",
        text=f"Hello {name},\n\nsomebody, perhaps you, tried to register with this address. It has"
        " an account already, which is called as above. If you forgot its password, have it"
        " reset.\n\nIf it was not you, do nothing.\n",
        at_ms=at_ms,
    )


def reset_link(records: Records, *, to: str, name: str, link: str, at_ms: int) -> None:
    """Send the link that resets a password."""
    post_letter(
        records,
        to=to,
        subject="Reset your password",
        text=f"Hello {name},\n\nchoose a new password here:\n\n{link}\n\n"
        "If you did not ask for this, do nothing: your password stays as it is.\n",
        at_ms=at_ms,
    )


def password_changed(records: Records, *, to: str, name: str, at_ms: int) -> None:
    """Say that a password was changed."""
    post_letter(
        records,
        to=to,
        subject="Your password was changed",
        text=f"Hello {name},\n\nyour password was changed, and you were logged out elsewhere. API"
        " keys go on working: revoke those that you do not know.\n\nIf it was not you, reset your"
        " password at once.\n",
        at_ms=at_ms,
    )


def session_ended(records: Records, *, to: str, name: str, at_ms: int) -> None:
    """Say that a token was used twice."""
    post_letter(
        records,
        to=to,
        subject="You were logged out for safety",
        text=f"Hello {name},\n\na key to one of your sessions was used twice, which happens when"
        " somebody has copied it. That session was ended. Log in again; if this happens again,"
        " change your password.\n",
        at_ms=at_ms,
    )
