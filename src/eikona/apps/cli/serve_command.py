"""``eikona serve``: the application server."""

from pathlib import Path
from typing import Annotated

import typer

from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.records import json_line, write_line
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.errors import MissingExtraError

ServerDataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder with everything that the server keeps.",
        show_default="$XDG_DATA_HOME/eikona/server or ~/.local/share/eikona/server",
    ),
]


def serve_pictures(
    data: ServerDataOption = None,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="ADDRESS", help="To listen on.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="N",
            help="To listen on; 0 for any.",
            show_default="8420",
        ),
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Serve until Ctrl-C."""

    def began(address: str) -> None:
        if output_format is Format.JSON:
            write_line(json_line({"event": "started", "url": address}))
        else:
            typer.echo(f"Eikona serves at {address}. Its documentation: {address}/docs", err=True)

    def run() -> int:
        try:
            from eikona.apps.api.serving import serve  # noqa: PLC0415  an extra
            from eikona.apps.api.settings import read_settings  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"{error.name} is not installed: pip install 'eikona[server]'"
            ) from error
        serve(read_settings(data=data, host=host, port=port), began=began)
        return FINE

    end_with(run, interrupted=lambda: "The server has ended.")
