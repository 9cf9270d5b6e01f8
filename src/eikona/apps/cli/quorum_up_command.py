"""``eikona quorum up``: nodes as processes, a gateway beside them, and a view of both."""

import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, folder_of
from eikona.apps.cli.quorum_view import LiveView, ballot_text
from eikona.apps.cli.records import Record, counted, json_line, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.errors import UsageError

if TYPE_CHECKING:
    from eikona.adapters.quorum.description import QuorumDescription
    from eikona.apps.gateway.wiring import RunningGateway

_DRAW_EVERY_S = 0.25
_REFERENCE_FILE = "reference.path"


def run_quorum(
    *,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="robust: every node judges by rule eikona. triple-a: average, difference,"
            " perceptual and median hash, one a node.",
            show_default="what is in the folder, or robust",
        ),
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option("--nodes", min=1, metavar="N", help="How many.", show_default="4"),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="DIR",
            help="Pictures of which no copies may be published; changes are noticed.",
            show_default="the folder of the last start",
        ),
    ] = None,
    snapshot_every: Annotated[
        int | None,
        typer.Option(
            "--snapshot-every",
            min=1,
            metavar="N",
            help="Entries of a node's log after which its journal gives way to a snapshot.",
            show_default="10000",
        ),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Start a quorum on this machine."""
    told = [] if snapshot_every is None else ["--snapshot-every", str(snapshot_every)]
    folder = folder_of(data)

    def run() -> int:
        from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415  an extra
        from eikona.apps.gateway.setting_up import set_up  # noqa: PLC0415
        from eikona.apps.gateway.wiring import start_gateway  # noqa: PLC0415

        pictures = _reference(folder, reference)
        if not pictures.is_dir():
            raise UsageError(f"there is no folder {pictures}: name one with --reference")
        described = set_up(folder, preset=preset, nodes=nodes)
        (folder / _REFERENCE_FILE).write_text(str(pictures), encoding="utf-8")
        with ExitStack() as closing:
            shown = _Shown(output_format)
            running = start_gateway(
                closing, QuorumFolder(folder), described, pictures, shown.notice
            )
            _start_nodes(closing, folder, described, running, shown, more=told)
            shown.began(folder, described)
            _end_on_signals(running.stopping)
            shown.run(running)
        shown.say("The quorum has ended.")
        return FINE

    end_with(run, interrupted=lambda: "The quorum has ended.")


class _Shown:
    """What a person, or a program, is told while it runs."""

    def __init__(self, output_format: Format) -> None:
        self._as_json = output_format is Format.JSON
        self._is_live = not self._as_json and sys.stdout.isatty()
        self._is_drawn = False
        self._view = LiveView()

    def notice(self, event: Record) -> None:
        """Tell what becomes known of a case."""
        if self._as_json:
            write_line(json_line(event))
        elif self._is_live:
            self._view.notice(event)
        elif event["event"] == "ballot":
            write_text(f"case {event['case']}: {ballot_text(event)}")
        else:
            write_text(f"case {event['case']}: {event.get('outcome', event['event'])}")

    def say(self, sentence: str) -> None:
        """Tell a person something."""
        if self._is_drawn:
            self._view.say(sentence)
        else:
            typer.echo(sentence, err=True)

    def began(self, folder: Path, described: "QuorumDescription") -> None:
        """Say what was started."""
        if self._as_json:
            write_line(json_line({"event": "started", "data": str(folder)}))
        self.say(
            f"{counted(len(described.nodes), 'node')}, preset {described.policy}, in {folder}."
            f"\nAsk it: eikona quorum submit PICTURE --data {folder}"
        )

    def run(self, running: "RunningGateway") -> None:
        """Show the view until the quorum is told to end."""
        if not self._is_live:
            running.stopping.wait()
            return
        from rich.live import Live  # noqa: PLC0415  only needed here

        self._is_drawn = True
        try:
            with Live(auto_refresh=False) as live:
                while not running.stopping.wait(_DRAW_EVERY_S):
                    live.update(self._view.drawn(running.gateway.status()), refresh=True)
        finally:
            self._is_drawn = False


def _start_nodes(
    closing: ExitStack,
    folder: Path,
    described: "QuorumDescription",
    running: "RunningGateway",
    shown: _Shown,
    *,
    more: list[str],
) -> None:
    from eikona.apps.gateway.node_processes import NodeProcesses, python_command  # noqa: PLC0415
    from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415

    place = QuorumFolder(folder)

    def command_of(name: str) -> list[str]:
        own, quorum = str(place.node(name)), str(place.description)
        told = ["--name", name, "--quorum", quorum, "--data", own, "--ends-with-input"]
        return python_command("node", *told, *more)

    processes = NodeProcesses(
        command_of=command_of,
        log_of=lambda name: place.node(name) / "node.log",
        notice=shown.say,
    )
    closing.callback(processes.stop)
    processes.start([one.name for one in described.nodes])
    running.gateway.pids = processes.pids
    threading.Thread(target=processes.watch, args=(running.stopping,), daemon=True).start()


def _end_on_signals(stopping: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())


def _reference(folder: Path, named: Path | None) -> Path:
    """Return the folder of reference pictures.

    Raises:
        UsageError: none is named, now or before.
    """
    if named is not None:
        return named.absolute()
    try:
        return Path((folder / _REFERENCE_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            "which pictures are to be found? Name their folder: --reference"
        ) from error
