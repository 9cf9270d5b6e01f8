"""Hands mail on: to a mail server, or to a folder where people and tests find it."""

import os
import smtplib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from eikona.adapters.mail.message import message_of
from eikona.domain.errors import MailError
from eikona.domain.record import Mail

_TIMEOUT_S = 20.0
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class FolderPostman:
    """Implements ``Postman``: one file a mail, named by when it was written."""

    folder: Path
    sender: str

    def __call__(self, mail: Mail) -> None:
        """Hand a mail on.

        Raises:
            MailError: it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.folder / f"{mail.created_at_ms:014}-{mail.id}.eml"
            partial = path.with_suffix(".new")
            file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
            with open(file, "wb") as opened:  # noqa: PTH123  a descriptor has no path
                opened.write(bytes(message_of(mail, sender=self.sender)))
            partial.replace(path)
        except (OSError, ValueError) as error:
            raise MailError(f"a mail cannot be written: {error}") from error


@dataclass(frozen=True, slots=True)
class SmtpPostman:
    """Implements ``Postman``.

    Attributes:
        host: of the mail server.
        port: of the mail server.
        user: name there; empty for none.
        password: for that name.
        security: how the connection is kept secret; certificates are checked.
        sender: whom mail is from.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Literal["starttls", "tls", "none"]
    sender: str

    def __call__(self, mail: Mail) -> None:
        """Hand a mail on.

        Raises:
            MailError: the mail server does not take it now.
        """
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message_of(mail, sender=self.sender))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise MailError(f"{self.host} does not take a mail: {error}") from error

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_S, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_S)
        if self.security == "starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server
