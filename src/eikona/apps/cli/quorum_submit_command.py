"""``eikona quorum submit``: asks the quorum about pictures, and shows how it comes to a ruling."""

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.durations import duration
from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, call_gateway, folder_of
from eikona.apps.cli.quorum_view import ballot_text
from eikona.apps.cli.records import (
    Record,
    failure_record,
    json_line,
    printable,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.domain.errors import EikonaError, QuorumError, QuorumUnavailableError

if TYPE_CHECKING:
    from eikona.adapters.quorum.channel import Channel

_SILENT_S = 5.0


def submit_pictures(
    pictures: Annotated[
        list[str], typer.Argument(metavar="PICTURE…", help="Files.", show_default=False)
    ],
    *,
    receipt: Annotated[
        Path | None,
        typer.Option(
            "--receipt",
            metavar="PATH",
            help="Where to put the receipt; of several pictures the folder for theirs.",
            show_default="not written",
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", parser=duration, metavar="TIME", help="How long to wait for a ruling."
        ),
    ] = "30s",  # type: ignore[assignment]
    hashes_only: Annotated[
        bool,
        typer.Option("--hashes-only", help="Send hashes instead of the picture, as a chat does."),
    ] = False,
    fail_on_match: Annotated[
        bool, typer.Option("--fail-on-match", help="Exit with status 3 if any is no clear one.")
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Ask the quorum about pictures."""
    run = SubmitRun(
        pictures,
        folder=folder_of(data),
        receipt=receipt,
        wait_s=wait,
        hashes_only=hashes_only,
        fail_on_match=fail_on_match,
        as_json=output_format is Format.JSON,
    )
    end_with(run, interrupted=lambda: "Interrupted: the quorum rules on what it was asked.")


@dataclass(slots=True)
class SubmitRun:
    """One run of the command."""

    pictures: list[str]
    folder: Path
    receipt: Path | None
    wait_s: float
    hashes_only: bool
    fail_on_match: bool
    as_json: bool
    outcomes: list[str] = field(default_factory=list)

    def __call__(self) -> int:
        """Ask about each picture and return the exit status."""
        failures = 0
        with ExitStack() as connections:
            channel = connections.enter_context(closing(call_gateway(self.folder)))
            for picture in self.pictures:
                try:
                    if self._ask(channel, picture):
                        continue
                except QuorumUnavailableError:
                    raise
                except EikonaError as error:
                    self._fail(picture, error)
                failures += 1  # what the gateway says of this one must not mix with the next
                channel = connections.enter_context(closing(call_gateway(self.folder)))
        if self.fail_on_match and any(one != "clear" for one in self.outcomes):
            return MATCH_FOUND
        return SOME_FAILED if failures else FINE

    def _ask(self, channel: "Channel", picture: str) -> bool:
        """Ask about one picture; return whether it was ruled on in time."""
        from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra

        try:
            self._send(channel, picture)
            return self._follow(channel, picture)
        except BrokenChannelError as error:
            raise QuorumUnavailableError(
                "the gateway gives no answer; what it has taken in is ruled on once it runs again"
            ) from error

    def _send(self, channel: "Channel", picture: str) -> None:
        from eikona.domain.limits import DEFAULT_LIMITS  # noqa: PLC0415
        from eikona.imaging.source import read_source  # noqa: PLC0415  imports NumPy

        content = read_source(picture, DEFAULT_LIMITS)
        if self.hashes_only:
            channel.send({"do": "submit", "hashes": _hashes(content)})
        else:
            channel.send({"do": "submit"}, content)

    def _follow(self, channel: "Channel", picture: str) -> bool:
        until = time.monotonic() + self.wait_s
        ballots: list[Record] = []
        case, state = "", "taken"
        while True:
            event, receipt = channel.receive(_SILENT_S)
            match event.get("event"):
                case "taken" | "open" | "held":
                    case, state = event["case"], event["event"]
                    self._state(picture, state)
                case "ballot":
                    ballots.append(event)
                    if not self.as_json:
                        write_text(f"  {ballot_text(event)}")
                case "ruled":
                    self._ruled(picture, event, ballots, receipt)
                    return True
                case None:
                    raise QuorumError(str(event.get("message")))
            if time.monotonic() > until:
                return self._too_late(picture, case, state)

    def _state(self, picture: str, state: str) -> None:
        if self.as_json:
            return
        if state == "taken":
            write_text(f"{printable(picture)}:")
        elif state == "held":
            write_text("  held: there is no quorum; it is ruled on once there is one again")

    def _ruled(self, picture: str, event: Record, ballots: list[Record], receipt: bytes) -> None:
        self.outcomes.append(event["outcome"])
        place = self._keep(picture, receipt)
        if self.as_json:
            record = {name: event[name] for name in ("case", "outcome", "position", "took_ms")}
            said = [{k: v for k, v in one.items() if k != "event"} for one in ballots]
            path = None if place is None else str(place)
            write_line(
                json_line(
                    {"file": picture, "state": "ruled", **record, "ballots": said, "receipt": path}
                )
            )
            return
        kept = "" if place is None else f"; receipt in {printable(str(place))}"
        took = f"{event['took_ms']:.0f} ms"
        write_text(f"  ruled {event['outcome']} at {event['position']} after {took}{kept}")

    def _too_late(self, picture: str, case: str, state: str) -> bool:
        """Say that there is no ruling yet; the gateway goes on with the case."""
        if self.as_json:
            write_line(json_line({"file": picture, "state": state, "case": case, "outcome": None}))
        else:
            write_text(f"  no ruling within {self.wait_s:g} s; case {case} stays {state}")
        return False

    def _keep(self, picture: str, receipt: bytes) -> Path | None:
        if self.receipt is None:
            return None
        place = self.receipt
        if len(self.pictures) > 1:
            place.mkdir(parents=True, exist_ok=True)
            place = place / f"{Path(picture).name}.receipt"
        place.write_bytes(receipt)
        return place

    def _fail(self, picture: str, error: EikonaError) -> None:
        if self.as_json:
            write_line(json_line(failure_record(picture, error)))
        else:
            typer.echo(f"{printable(picture)}: {error} ({error.code})", err=True)


def _hashes(content: bytes) -> dict[str, str]:
    from eikona.balloting.statements import hashes_of  # noqa: PLC0415
    from eikona.services.fingerprint_source import fingerprint  # noqa: PLC0415  imports NumPy

    return hashes_of(fingerprint(content))
