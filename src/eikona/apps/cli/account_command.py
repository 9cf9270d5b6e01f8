"""``eikona account create``: accounts that are made on the server's machine."""

import getpass
import sys
import time
from enum import StrEnum
from typing import Annotated

import typer

from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.records import json_line, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.apps.cli.serve_command import ServerDataOption
from eikona.domain.errors import MissingExtraError, UsageError

_LINE_MOST = 1024


class RoleName(StrEnum):
    """Roles, as the command line has them."""

    USER = "user"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


def make_account(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What others see.")],
    email: Annotated[str, typer.Option("--email", metavar="ADDRESS", help="For its mail.")],
    role: Annotated[RoleName, typer.Option("--role", help="What it may do.")] = RoleName.USER,
    data: ServerDataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Make an account."""

    def run() -> int:
        try:
            from eikona.adapters.accounts.passwords import ArgonPasswords  # noqa: PLC0415
            from eikona.adapters.database.database import Database  # noqa: PLC0415  an extra
            from eikona.apps.api.settings import read_settings  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"{error.name} is not installed: pip install 'eikona[server]'"
            ) from error
        from eikona.domain.account import Role  # noqa: PLC0415
        from eikona.services.accounts.appoint import Appointment, appoint  # noqa: PLC0415

        settings = read_settings(data=data)
        command = Appointment(name, email, _password(), Role(role))
        passwords = ArgonPasswords(
            memory_kib=settings.password_memory_kib, rounds=settings.password_rounds
        )
        database = Database(settings.database)
        try:
            made = appoint(
                command,
                store=database,
                passwords=passwords,
                clock=lambda: time.time_ns() // 1_000_000,
            )
        finally:
            database.close()
        if output_format is Format.JSON:
            write_line(json_line({"id": made.id, "name": made.name, "role": str(made.role)}))
        else:
            write_text(f"{made.name} is made: {made.role}")
        return FINE

    end_with(run, interrupted=lambda: "Interrupted: no account was made.")


def _password() -> str:
    if sys.stdin is None:
        raise UsageError("give the password on standard input")
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise UsageError("the two passwords differ")
        return password
    return sys.stdin.readline(_LINE_MOST).rstrip("\r\n")
