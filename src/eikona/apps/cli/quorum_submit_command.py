"""``eikona quorum submit``: asks the quorum about pictures, and shows how it comes to a ruling."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from eikona.apps.cli.durations import duration
from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_case_line import CaseLine
from eikona.apps.cli.quorum_folder import DataOption, folder_of
from eikona.apps.cli.quorum_receipts import receipt_places, write_receipt
from eikona.apps.cli.quorum_view import ballot_text, ruling_text
from eikona.apps.cli.records import (
    Record,
    counted,
    failure_record,
    json_line,
    printable,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.domain.errors import EikonaError, QuorumUnavailableError


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
            help="Where to put the receipt: a file, or a folder, which several pictures need.",
            show_default="not written",
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", parser=duration, metavar="TIME", help="How long to wait for each ruling."
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
        places = receipt_places("--receipt", self.receipt, self.pictures)
        failures = 0
        with closing(CaseLine(self.folder)) as line:
            if self.receipt is not None and len(self.pictures) > 1:
                self.receipt.mkdir(exist_ok=True)
            for number, (picture, place) in enumerate(zip(self.pictures, places, strict=True)):
                try:
                    failures += not self._ask(line, picture, place)
                except QuorumUnavailableError as error:  # nor would it be reached for the others
                    self._fail(picture, error)
                    self._tell_left(self.pictures[number + 1 :], error)
                    failures += 1
                    break
                except EikonaError as error:
                    self._fail(picture, error)
                    line.close()
                    failures += 1
        if self.fail_on_match and any(one != "clear" for one in self.outcomes):
            return MATCH_FOUND
        return SOME_FAILED if failures else FINE

    def _ask(self, line: CaseLine, picture: str, place: Path | None) -> bool:
        """Ask about one picture; return whether all went well in time."""
        header, body = self._question(picture)
        ballots: dict[tuple[str, int], Record] = {}
        case, state = "", ""
        for event, receipt in line.put(header, body, wait_s=self.wait_s):
            match event["event"]:
                case "taken" | "open" | "held":
                    if event["event"] != state:
                        self._state(picture, event["event"], is_new=not state)
                    case, state = event["case"], event["event"]
                case "renamed":
                    case = event["to"]
                case "ballot":
                    self._ballot(event, ballots)
                case "ruled":
                    return self._ruled(picture, event, list(ballots.values()), receipt, place)
        return self._too_late(picture, case, state)

    def _question(self, picture: str) -> tuple[Record, bytes]:
        from eikona.domain.limits import DEFAULT_LIMITS  # noqa: PLC0415
        from eikona.imaging.source import read_source  # noqa: PLC0415  imports NumPy

        content = read_source(picture, DEFAULT_LIMITS)
        if self.hashes_only:
            return {"do": "submit", "hashes": _hashes(content)}, b""
        return {"do": "submit"}, content

    def _state(self, picture: str, state: str, *, is_new: bool) -> None:
        if self.as_json:
            return
        if is_new:
            write_text(f"{printable(picture)}:")
        if state == "held":
            write_text("  held: there is no quorum; it is ruled on once there is one again")

    def _ballot(self, event: Record, ballots: dict[tuple[str, int], Record]) -> None:
        place = event["node"], event["round"]
        if place not in ballots and not self.as_json:
            write_text(f"  {ballot_text(event)}")
        ballots[place] = event  # after a connection has broken, all are told again

    def _ruled(
        self,
        picture: str,
        event: Record,
        ballots: list[Record],
        receipt: bytes,
        place: Path | None,
    ) -> bool:
        self.outcomes.append(event["outcome"])
        trouble = None if place is None else self._kept(place, receipt, event["case"])
        path = None if place is None or trouble else str(place)
        if self.as_json:
            record = {name: event.get(name) for name in ("case", "outcome", "position", "took_ms")}
            said = [{k: v for k, v in one.items() if k != "event"} for one in ballots]
            told = {"count": event["count"], "ballots": said, "receipt": path}
            write_line(json_line({"file": picture, "state": "ruled", **record, **told}))
        else:
            kept = f"; receipt in {printable(path)}" if path else ""
            write_text(f"  {ruling_text(event)}{kept}")
        if trouble:
            typer.echo(f"{printable(picture)}: {trouble}", err=True)
        return trouble is None

    def _too_late(self, picture: str, case: str, state: str) -> bool:
        """Say that there is no ruling yet; the gateway goes on with the case."""
        if self.as_json:
            write_line(json_line({"file": picture, "state": state, "case": case, "outcome": None}))
        else:
            write_text(
                f"  no ruling within {self.wait_s:g} s; the quorum goes on with it:"
                f" eikona quorum receipt {case} --data {printable(str(self.folder))}"
            )
        return False

    def _tell_left(self, left: list[str], error: EikonaError) -> None:
        if self.as_json:
            for picture in left:
                self._fail(picture, error)
        elif left:
            typer.echo(f"{counted(len(left), 'more picture')} not submitted", err=True)

    def _kept(self, place: Path, receipt: bytes, case: str) -> str | None:
        """Write a receipt; return what is wrong, if something is."""
        try:
            write_receipt(place, receipt)
        except OSError as error:
            return (
                f"its receipt could not be written to {printable(str(place))}: {error.strerror};"
                f" fetch it anew: eikona quorum receipt {case} --data {printable(str(self.folder))}"
            )
        return None

    def _fail(self, picture: str, error: EikonaError) -> None:
        if self.as_json:
            write_line(json_line(failure_record(picture, error)))
        else:
            typer.echo(f"{printable(picture)}: {error} ({error.code})", err=True)


def _hashes(content: bytes) -> dict[str, str]:
    from eikona.balloting.statements import hashes_of  # noqa: PLC0415
    from eikona.services.fingerprint_source import fingerprint  # noqa: PLC0415  imports NumPy

    return hashes_of(fingerprint(content))
