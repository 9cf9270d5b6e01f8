"""``eikona quorum up``: nodes as processes, a gateway beside them, and a view of both."""

import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.durations import duration
from eikona.apps.cli.etcd_options import (
    AuthorityOption,
    CertificateOption,
    KeyOption,
    PasswordOption,
    UserOption,
    etcd_arguments,
)
from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, folder_of, running_pid
from eikona.apps.cli.quorum_up_view import UpView
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.errors import QuorumError, UsageError

if TYPE_CHECKING:
    from eikona.adapters.quorum.description import QuorumDescription

_REFERENCE_FILE = "reference.path"


class EngineName(StrEnum):
    """What carries commands to all nodes."""

    RAFT = "raft"
    ETCD = "etcd"


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
    engine: Annotated[
        EngineName | None,
        typer.Option(
            "--engine",
            help="raft: the nodes keep the log themselves. etcd: etcd keeps it; one is started on"
            " this machine unless --etcd names others.",
            show_default="what is in the folder, or raft",
        ),
    ] = None,
    etcd: Annotated[
        list[str] | None,
        typer.Option(
            "--etcd",
            metavar="URL",
            help="A server of an etcd that runs already, such as https://10.0.0.1:2379; each once.",
            show_default=False,
        ),
    ] = None,
    etcd_authority: AuthorityOption = None,
    etcd_certificate: CertificateOption = None,
    etcd_key: KeyOption = None,
    etcd_user: UserOption = "",
    etcd_password_file: PasswordOption = None,
    heartbeat: Annotated[
        float | None,
        typer.Option(
            "--heartbeat",
            parser=duration,
            metavar="TIME",
            help="How often a leader is heard.",
            show_default="75ms",
        ),
    ] = None,
    election_timeout: Annotated[
        float | None,
        typer.Option(
            "--election-timeout",
            parser=duration,
            metavar="TIME",
            help="Silence after which a node stands for election.",
            show_default="500ms",
        ),
    ] = None,
    lost_after: Annotated[
        float | None,
        typer.Option(
            "--lost-after",
            parser=duration,
            metavar="TIME",
            help="Silence after which a node calls another lost.",
            show_default="5s",
        ),
    ] = None,
    allow_public: Annotated[
        bool,
        typer.Option("--allow-public", help="Let the gateway listen where strangers can reach it."),
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Start a quorum on this machine."""
    told = etcd_arguments(etcd_authority, etcd_certificate, etcd_key, etcd_user, etcd_password_file)
    if snapshot_every is not None:
        told += ["--snapshot-every", str(snapshot_every)]
    times_s = {
        "--heartbeat": heartbeat,
        "--election-timeout": election_timeout,
        "--lost-after": lost_after,
    }
    for option, time_s in times_s.items():
        if time_s is not None:
            told += [option, f"{time_s * 1000:g}ms"]
    folder = folder_of(data)

    def run() -> int:
        from eikona.apps.gateway.local_processes import LocalProcesses  # noqa: PLC0415
        from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415  an extra
        from eikona.apps.gateway.wiring import start_gateway  # noqa: PLC0415

        pictures = _reference(folder, reference)
        if not pictures.is_dir():
            raise UsageError(f"there is no folder {pictures}: name one with --reference")
        _check_not_running(folder)
        described = _set_up(folder, preset, nodes, engine, etcd or ())
        (folder / _REFERENCE_FILE).write_text(str(pictures), encoding="utf-8")
        with ExitStack() as closing:
            shown = UpView(output_format)
            place = QuorumFolder(folder)
            processes = LocalProcesses(place, more=told, notice=shown.say)
            shown.say(f"The list of pictures in {pictures} is being made …")
            running = start_gateway(
                closing,
                place,
                described,
                pictures,
                shown.notice,
                on_change=processes.follow,
                allows_public=allow_public,
            )
            closing.callback(processes.stop)
            processes.start(described)
            running.gateway.pids = processes.pids
            running.gateway.reasons = processes.reasons
            watch = threading.Thread(target=processes.watch, args=(running.stopping,), daemon=True)
            watch.start()
            shown.began(folder, described)
            _end_on_signals(running.stopping)
            shown.run(running)
        shown.say("The quorum has ended.")
        return FINE

    end_with(run, interrupted=lambda: "The quorum has ended.")


def _set_up(
    folder: Path,
    preset: str | None,
    nodes: int | None,
    engine: EngineName | None,
    endpoints: Sequence[str],
) -> "QuorumDescription":
    """Return the quorum in the folder; made where there is none, with an etcd if it needs one."""
    from eikona.apps.gateway.own_etcd import OwnEtcd  # noqa: PLC0415  an extra
    from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415
    from eikona.apps.gateway.setting_up import set_up  # noqa: PLC0415

    name = None if engine is None else engine.value
    if endpoints and engine is None:
        name = EngineName.ETCD.value
    own = OwnEtcd(QuorumFolder(folder))
    if (
        name == EngineName.ETCD.value
        and not endpoints
        and not QuorumFolder(folder).description.exists()
    ):
        endpoints = (own.make(),)
    return set_up(folder, preset=preset, nodes=nodes, engine=name, endpoints=endpoints)


def _check_not_running(folder: Path) -> None:
    from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415  an extra

    if QuorumFolder(folder).description.exists() and (pid := running_pid(folder)) is not None:
        raise QuorumError(f"the quorum in {folder} runs already: it is process {pid}")


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
