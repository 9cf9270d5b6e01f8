"""``eikona quorum receipt``: fetches the receipt of a case that has been ruled on."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, call_gateway, folder_of
from eikona.apps.cli.quorum_receipts import receipt_places, write_receipt
from eikona.apps.cli.quorum_view import ruling_text
from eikona.apps.cli.records import Record, json_line, printable, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.errors import QuorumError, QuorumUnavailableError, UsageError

_ANSWER_S = 15.0  # all nodes may be asked, one after the other


def fetch_receipt(
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="As submit named it.", show_default=False)
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The file to write, or a folder for it; never over one that is there.",
            show_default="CASE.receipt",
        ),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Fetch the receipt of a case."""

    def run() -> int:
        if not case.replace("-", "").isalnum():
            raise UsageError(f"{case!r} is no case: write it as submit showed it, such as 7-3f2a…")
        (place,) = receipt_places("--output", output or Path(f"{case}.receipt"), [case])
        event, receipt = _fetched(folder_of(data), case)
        if place is None or not receipt:
            raise QuorumError(
                f"there is no receipt of case {case}: it waits for its ruling, or nobody knows it"
            )
        write_receipt(place, receipt)
        if output_format is Format.JSON:
            write_line(json_line({**event, "receipt": str(place)}))
        else:
            write_text(f"{ruling_text(event)}; receipt in {printable(str(place))}")
        return FINE

    end_with(run, interrupted=lambda: "Interrupted: run it again.")


def _fetched(folder: Path, case: str) -> tuple[Record, bytes]:
    from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra

    with closing(call_gateway(folder)) as channel:
        try:
            return channel.ask({"do": "ruling", "case": case}, timeout_s=_ANSWER_S)
        except BrokenChannelError as error:
            raise QuorumUnavailableError(f"the quorum in {folder} gives no answer") from error
