"""``eikona quorum status`` and ``eikona quorum down``."""

import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.durations import duration
from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, call_gateway, folder_of
from eikona.apps.cli.quorum_view import LiveView, status_lines
from eikona.apps.cli.records import Record, json_line, write_line, write_text
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.domain.errors import QuorumUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

_ANSWER_S = 5.0
_WATCH_EVERY_S = 0.5


def show_status(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Show it anew until Ctrl-C.")
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show how the nodes are."""

    def run() -> int:
        if watch:
            _watch(folder_of(data), output_format)
        status = _asked(folder_of(data), "status")
        if output_format is Format.JSON:
            write_line(json_line(status))
        else:
            for line in status_lines(status):
                write_text(line)
        return FINE

    end_with(run, interrupted=lambda: "Interrupted.")


def _watch(folder: "Path", output_format: Format) -> None:
    """Show how the nodes are, again and again, until the quorum ends or somebody interrupts."""
    if output_format is Format.JSON:
        while True:
            write_line(json_line(_asked(folder, "status")))
            sys.stdout.flush()
            time.sleep(_WATCH_EVERY_S)
    from rich.live import Live  # noqa: PLC0415  only needed here

    view = LiveView()
    with Live(auto_refresh=False) as live:
        while True:
            live.update(view.drawn(_asked(folder, "status")), refresh=True)
            time.sleep(_WATCH_EVERY_S)


def stop_quorum(
    *,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", parser=duration, metavar="TIME", help="How long to wait until it has ended."
        ),
    ] = "30s",  # type: ignore[assignment]
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """End a quorum that runs."""

    def run() -> int:
        folder = folder_of(data)
        has_ended = _stopped(folder, wait)
        if output_format is Format.JSON:
            write_line(json_line({"stopped": str(folder), "ended": has_ended}))
        elif has_ended:
            write_text(f"The quorum in {folder} has ended.")
        else:
            write_text(f"The quorum in {folder} has been told to end, and is at it.")
        return FINE if has_ended else SOME_FAILED

    end_with(run, interrupted=lambda: "Interrupted.")


def _stopped(folder: "Path", wait_s: float) -> bool:
    """Tell a quorum to end; return whether it has, its nodes too, within this time."""
    from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra

    until = time.monotonic() + wait_s
    with closing(call_gateway(folder)) as channel:
        try:
            channel.ask({"do": "stop"}, timeout_s=_ANSWER_S)
            while (left := until - time.monotonic()) > 0:
                channel.receive(left)
        except BrokenChannelError:  # nodes end first, then the gateway hangs up
            return time.monotonic() < until
    return False


def _asked(folder: "Path", what: str) -> Record:
    from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra

    with closing(call_gateway(folder)) as channel:
        try:
            answer, _ = channel.ask({"do": what}, timeout_s=_ANSWER_S)
        except BrokenChannelError as error:
            raise QuorumUnavailableError(f"the quorum in {folder} gives no answer") from error
        return answer
