"""Where the quorum of this machine is, and how commands speak with it."""

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.domain.errors import QuorumUnavailableError

if TYPE_CHECKING:
    from eikona.adapters.quorum.channel import Channel

_CALL_S = 15.0  # a busy machine may need; where nothing listens it is told at once

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The quorum's folder.",
        show_default="$XDG_DATA_HOME/eikona/quorum or ~/.local/share/eikona/quorum",
    ),
]


def folder_of(data: Path | None) -> Path:
    """Return the folder that is meant."""
    return (_usual() if data is None else data).absolute()


def call_gateway(folder: Path) -> "Channel":
    """Return a connection to the gateway that runs.

    Raises:
        QuorumError: there is no quorum in the folder, or it does not run.
    """
    from eikona.adapters.quorum.calls import call  # noqa: PLC0415  an extra
    from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415
    from eikona.adapters.quorum.description import read_description  # noqa: PLC0415
    from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415

    place = QuorumFolder(folder)
    gateway = read_description(place.description).gateway
    certificate = bytes.fromhex(gateway.certificate)
    try:
        identity = place.identity("operator")
        return call(gateway.address, identity, certificate, timeout_s=_CALL_S)
    except BrokenChannelError as error:
        raise QuorumUnavailableError(
            f"the quorum in {folder} does not run: start it with eikona quorum up --data {folder}"
        ) from error


def running_pid(folder: Path) -> int | None:
    """Return the process of the gateway that runs; None where none does."""
    from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra

    try:
        with closing(call_gateway(folder)) as channel:
            told, _ = channel.ask({"do": "status"}, timeout_s=_CALL_S)
    except (BrokenChannelError, QuorumUnavailableError):
        return None
    return int(told["pid"])


def _usual() -> Path:
    base = os.environ.get("XDG_DATA_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share"
    return root / "eikona" / "quorum"
