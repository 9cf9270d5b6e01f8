"""``eikona audit verify``: whether the audit log is as it was written."""

from typing import Annotated

import typer

from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.records import json_line, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.apps.cli.serve_command import ServerDataOption
from eikona.domain.errors import AuditLogError, MissingExtraError, UsageError


def verify_audit(
    data: ServerDataOption = None,
    head: Annotated[
        str,
        typer.Option(
            "--head",
            metavar="NUMBER:DIGEST",
            help="An entry that was written down earlier, and must still be there.",
        ),
    ] = "",
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check the audit log."""

    def run() -> int:
        number, digest = _head(head)
        try:
            from eikona.adapters.database.database import Database  # noqa: PLC0415  an extra
            from eikona.apps.api.settings import read_settings  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"{error.name} is not installed: pip install 'eikona[server]'"
            ) from error
        from eikona.services.audit_log import verify  # noqa: PLC0415

        path = read_settings(data=data).database
        if not path.is_file():
            raise UsageError(f"there is no server in {path.parent}: name its folder with --data")
        database = Database(path)
        try:
            entries = database.read(lambda records: list(records.audit.all()))
        finally:
            database.close()
        count, last = verify(entries)
        if number and (number > count or entries[number - 1].digest != digest):
            raise AuditLogError(f"entry {number} is not the one that was written down")
        if output_format is Format.JSON:
            write_line(json_line({"entries": count, "digest": last}))
        else:
            write_text(f"{count} entries, none changed. Head: {count}:{last}")
        return FINE

    end_with(run, interrupted=lambda: "Interrupted.")


def _head(told: str) -> tuple[int, str]:
    number, _, digest = told.partition(":")
    if told and not (number.isdecimal() and int(number) > 0 and len(digest) == 64):
        raise UsageError("--head is a number, a colon and 64 hex digits, as verify writes it")
    return int(number or 0), digest
