"""``eikona quorum status`` and ``eikona quorum down``."""

from contextlib import closing
from typing import TYPE_CHECKING

from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, call_gateway, folder_of
from eikona.apps.cli.quorum_view import status_lines
from eikona.apps.cli.records import Record, json_line, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.errors import QuorumUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

_ANSWER_S = 5.0


def show_status(data: DataOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Show how the nodes are."""

    def run() -> int:
        status = _asked(folder_of(data), "status")
        if output_format is Format.JSON:
            write_line(json_line(status))
        else:
            for line in status_lines(status):
                write_text(line)
        return FINE

    end_with(run, interrupted=lambda: "Interrupted.")


def stop_quorum(data: DataOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """End a quorum that runs."""

    def run() -> int:
        folder = folder_of(data)
        _asked(folder, "stop")
        if output_format is Format.JSON:
            write_line(json_line({"stopped": str(folder)}))
        else:
            write_text(f"The quorum in {folder} ends.")
        return FINE

    end_with(run, interrupted=lambda: "Interrupted.")


def _asked(folder: "Path", what: str) -> Record:
    from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra

    with closing(call_gateway(folder)) as channel:
        try:
            answer, _ = channel.ask({"do": what}, timeout_s=_ANSWER_S)
        except BrokenChannelError as error:
            raise QuorumUnavailableError(f"the quorum in {folder} gives no answer") from error
        return answer
