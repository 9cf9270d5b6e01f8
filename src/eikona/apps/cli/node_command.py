"""``eikona node``: one node of a quorum, until it is told to end."""

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.durations import duration
from eikona.apps.cli.options import complete_rule
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.errors import UsageError

if TYPE_CHECKING:
    from eikona.apps.node.settings import NodeSettings

_PRESET_TYPES = 4


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
    node_type: Annotated[
        int | None,
        typer.Option(
            "--type",
            min=1,
            max=_PRESET_TYPES,
            help="1 average, 2 difference, 3 perceptual, 4 median hash, with their thresholds.",
            show_default=False,
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            "--rule",
            metavar="RULE",
            autocompletion=complete_rule,
            help="What it judges by.",
            show_default="what the quorum's file says",
        ),
    ] = None,
    algorithm: Annotated[
        str | None,
        typer.Option("--algorithm", metavar="NAME", help="One hash; goes with --threshold."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", min=0, metavar="DISTANCE", help="Largest distance of a copy."),
    ] = None,
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
    ends_with_input: Annotated[
        bool, typer.Option("--ends-with-input", help="End when standard input does.")
    ] = False,
) -> None:
    """Be one node of a quorum."""
    judged_by = _rule(node_type, rule, algorithm, threshold)

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
            rule=judged_by or described.node(name).rule,
            listen=listen,
            allows_public=allow_public,
            reference=reference,
            bank=bank,
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
    sys.stdin.buffer.read()
    stopping.set()


def _rule(
    node_type: int | None, rule: str | None, algorithm: str | None, threshold: float | None
) -> str | None:
    """Return the rule that options ask for, if any do."""
    ways = sum(one is not None for one in (node_type, rule, algorithm))
    if ways > 1 or (algorithm is None) != (threshold is None):
        raise typer.BadParameter("say --type, --rule, or --algorithm with --threshold: one of them")
    if algorithm is not None:
        return f"threshold:{algorithm}={threshold:g}"
    if node_type is None:
        return rule
    from eikona.apps.node.presets import TYPES  # noqa: PLC0415  only needed here

    if node_type not in TYPES:
        raise UsageError(f"no node is of type {node_type}")
    return TYPES[node_type]
