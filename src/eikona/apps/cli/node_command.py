"""``eikona node``: one node of a quorum, until it is told to end."""

import os
import signal
import sys
import threading
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
    etcd_access,
)
from eikona.apps.cli.judging_options import (
    AlgorithmOption,
    ThresholdOption,
    TypeOption,
    checked_rule,
    judged_by,
    rule_option,
)
from eikona.apps.cli.running import FINE, end_with

if TYPE_CHECKING:
    from eikona.apps.node.settings import NodeSettings

_INPUT_BYTES = 4096


def run_node_command(
    *,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Which node it is.")],
    quorum: Annotated[
        Path,
        typer.Option(
            "--quorum",
            metavar="FILE",
            help="Who the other nodes, the gateway and the administrator are: quorum.json.",
        ),
    ],
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="What it keeps, its keys among it.")
    ],
    node_type: TypeOption = None,
    rule: Annotated[str | None, rule_option("what the quorum's file says")] = None,
    algorithm: AlgorithmOption = None,
    threshold: ThresholdOption = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="DIR",
            help="Pictures to look for, hashed at the start.",
            show_default="those that the gateway names, with versions",
        ),
    ] = None,
    bank: Annotated[
        Path | None,
        typer.Option("--bank", metavar="BANK", help="A bank to look in instead."),
    ] = None,
    listen: Annotated[
        str,
        typer.Option(
            "--listen", metavar="HOST:PORT", help="Where to listen.", show_default="as described"
        ),
    ] = "",
    allow_public: Annotated[
        bool, typer.Option("--allow-public", help="Let it be an address that strangers can reach.")
    ] = False,
    heartbeat: Annotated[
        float,
        typer.Option(
            "--heartbeat", parser=duration, metavar="TIME", help="How often a leader is heard."
        ),
    ] = "75ms",  # type: ignore[assignment]
    election_timeout: Annotated[
        float,
        typer.Option(
            "--election-timeout",
            parser=duration,
            metavar="TIME",
            help="Silence after which a node stands for election; up to twice that, by chance.",
        ),
    ] = "500ms",  # type: ignore[assignment]
    lost_after: Annotated[
        float,
        typer.Option(
            "--lost-after",
            parser=duration,
            metavar="TIME",
            help="Silence after which it calls another node lost.",
        ),
    ] = "5s",  # type: ignore[assignment]
    snapshot_every: Annotated[
        int,
        typer.Option(
            "--snapshot-every",
            min=1,
            metavar="N",
            help="Entries of the log after which its journal gives way to a snapshot.",
        ),
    ] = 10_000,
    etcd_authority: AuthorityOption = None,
    etcd_certificate: CertificateOption = None,
    etcd_key: KeyOption = None,
    etcd_user: UserOption = "",
    etcd_password_file: PasswordOption = None,
    ends_with_input: Annotated[
        bool, typer.Option("--ends-with-input", help="End when standard input does.")
    ] = False,
) -> None:
    """Be one node of a quorum."""
    asked = judged_by(node_type, rule, algorithm, threshold)

    def run() -> int:
        from eikona.adapters.quorum.description import read_description  # noqa: PLC0415
        from eikona.adapters.raft.settings import compaction_of  # noqa: PLC0415
        from eikona.adapters.raft.state import Timing  # noqa: PLC0415  imports cryptography
        from eikona.apps.node.settings import NodeSettings  # noqa: PLC0415

        described = read_description(quorum)
        settings = NodeSettings(
            name=name,
            quorum=described,
            folder=data,
            rule=checked_rule(asked or described.node(name).rule),
            listen=listen,
            allows_public=allow_public,
            reference=reference,
            bank=bank,
            etcd=etcd_access(
                etcd_authority, etcd_certificate, etcd_key, etcd_user, etcd_password_file
            ),
            timing=Timing(heartbeat, election_timeout, 2 * election_timeout),
            compaction=compaction_of(snapshot_every),
            lost_after_s=lost_after,
        )
        return _run(settings, ends_with_input=ends_with_input)

    end_with(run, interrupted=lambda: "The node has ended.")


def _run(settings: "NodeSettings", *, ends_with_input: bool) -> int:
    import logging  # noqa: PLC0415  only needed here

    from eikona.apps.node.logs import log_as_json  # noqa: PLC0415
    from eikona.apps.node.wiring import run_node  # noqa: PLC0415  imports NumPy

    log_as_json(sys.stderr)
    logging.getLogger(__name__).info("node starts", extra={"node": settings.name})
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    if ends_with_input:
        threading.Thread(target=_await_end, args=(stopping,), daemon=True).start()
    run_node(
        settings,
        stopping,
        ready=lambda: typer.echo(f"{settings.name} takes part ({settings.rule})", err=True),
    )
    return FINE


def _await_end(stopping: threading.Event) -> None:
    while os.read(0, _INPUT_BYTES):  # sys.stdin would have a lock that the end of Python needs
        pass
    stopping.set()
