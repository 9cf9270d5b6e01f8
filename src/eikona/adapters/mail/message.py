"""A mail as it is sent."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from eikona.domain.record import Mail


def message_of(mail: Mail, *, sender: str) -> EmailMessage:
    """Return a mail in the form of RFC 5322; its id is the same each time it is tried.

    Raises:
        ValueError: a header would hold a line break.
    """
    message = EmailMessage()
    local, _, domain = mail.to.rpartition("@")
    message["From"] = sender
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at_ms / 1000, UTC))
    message["Message-ID"] = make_msgid(mail.id, domain="eikona")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
