"""What a person, or a program, is told while ``eikona quorum up`` runs."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from eikona.apps.cli.options import Format
from eikona.apps.cli.quorum_view import LiveView, ballot_text, getting_ready, ruling_text, troubles
from eikona.apps.cli.records import Record, counted, json_line, printable, write_line, write_text

if TYPE_CHECKING:
    from eikona.adapters.quorum.description import QuorumDescription
    from eikona.apps.gateway.wiring import RunningGateway

_DRAW_EVERY_S = 0.25
_LINE_EVERY_S = 5.0


class UpView:
    """A table that lives in a terminal, or lines elsewhere."""

    def __init__(self, output_format: Format) -> None:
        """Begin with nothing."""
        self._as_json = output_format is Format.JSON
        self._is_live = not self._as_json and sys.stdout.isatty()
        self._is_drawn = False
        self._view = LiveView()
        self._began = time.monotonic()
        self._is_ready = False
        self._warned: set[str] = set()
        self._leader: str | None = None

    def notice(self, event: Record) -> None:
        """Tell what becomes known of a case."""
        if self._as_json:
            write_line(json_line(event))
        elif self._is_live:
            self._view.notice(event)
        elif event["event"] == "ballot":
            write_text(f"case {event['case']}: {ballot_text(event)}")
        elif event["event"] == "ruled":
            write_text(ruling_text(event))
        else:
            write_text(f"case {event['case']}: {event['event']}")

    def say(self, sentence: str) -> None:
        """Tell a person something."""
        if self._is_drawn:
            self._view.say(sentence)
        else:
            typer.echo(printable(sentence), err=True)

    def began(self, folder: Path, described: "QuorumDescription") -> None:
        """Say what was started."""
        if self._as_json:
            write_line(json_line({"event": "started", "data": str(folder)}))
        nodes = counted(len(described.nodes), "node")
        self.say(f"{nodes}, preset {described.policy}, engine {described.engine}, in {folder}.")
        self.say(f"Ask it: eikona quorum submit PICTURE --data {folder}")

    def run(self, running: "RunningGateway") -> None:
        """Show how it is until the quorum is told to end."""
        if not self._is_live:
            self._say_changes(running)
            return
        from rich.live import Live  # noqa: PLC0415  only needed here

        self._is_drawn = True
        try:
            with Live(auto_refresh=False) as live:
                while not running.stopping.wait(_DRAW_EVERY_S):
                    status = running.gateway.status()
                    self._look(status)
                    live.update(self._view.drawn(status), refresh=True)
        finally:
            self._is_drawn = False

    def _say_changes(self, running: "RunningGateway") -> None:
        """Write a line now and then until all nodes are ready, and whenever another one leads."""
        due = time.monotonic() + _LINE_EVERY_S
        while not running.stopping.wait(_DRAW_EVERY_S):
            status = running.gateway.status()
            is_ready = self._look(status)
            if status["leader"] not in (None, self._leader):
                self._leader = status["leader"]
                self.say(f"{self._leader} leads.")
            if not is_ready and time.monotonic() >= due:
                due = time.monotonic() + _LINE_EVERY_S
                self.say(getting_ready(status))

    def _look(self, status: Record) -> bool:
        """Say it once the nodes are ready, and what is wrong; return whether they are ready."""
        wrong = set(troubles(status, of_nodes=self._is_ready))
        for one in sorted(wrong - self._warned):
            self.say(one)
        self._warned = wrong
        if not self._is_ready and not getting_ready(status):
            self._is_ready = True
            self.say(f"Ready after {time.monotonic() - self._began:.0f} s.")
            if self._as_json:
                write_line(json_line({"event": "ready"}))
        return self._is_ready
