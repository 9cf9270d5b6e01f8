"""``eikona quorum make-node`` and ``found``: a quorum whose nodes have machines of their own."""

from pathlib import Path
from typing import Annotated

import typer

from eikona.apps.cli.judging_options import (
    AlgorithmOption,
    ThresholdOption,
    TypeOption,
    checked_rule,
    judged_by,
    rule_option,
)
from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, folder_of
from eikona.apps.cli.records import json_line, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.errors import UsageError

_USUAL_RULE = "eikona"


def make_node(
    *,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What it is called; each its own.")
    ],
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="Where the other nodes reach it, such as 10.0.0.1:7401.",
        ),
    ],
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="Where it keeps its keys, and all else.")
    ],
    node_type: TypeOption = None,
    rule: Annotated[str | None, rule_option(_USUAL_RULE)] = None,
    algorithm: AlgorithmOption = None,
    threshold: ThresholdOption = None,
    card: Annotated[
        Path | None,
        typer.Option(
            "--card",
            metavar="FILE",
            help="Where to write what the administrator needs; it holds no secret.",
            show_default="NAME.json in the folder",
        ),
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Make a node on its own machine."""
    asked = judged_by(node_type, rule, algorithm, threshold) or _USUAL_RULE

    def run() -> int:
        from eikona.adapters.quorum.description import write_card  # noqa: PLC0415  an extra
        from eikona.adapters.raft.address import parse_address  # noqa: PLC0415
        from eikona.apps.gateway import setting_up  # noqa: PLC0415

        parse_address(listen)
        node = setting_up.make_node(data, name, listen, checked_rule(asked))
        setting_up.check_name(node)
        place = card or data / f"{name}.json"
        write_card(place, node)
        if output_format is Format.JSON:
            write_line(json_line({"node": name, "rule": node.rule, "card": str(place)}))
        else:
            write_text(f"{name} judges by {node.rule} and is to listen on {listen}.")
            write_text(f"Give {place} to the administrator; it holds no secret.")
        return FINE

    end_with(run, interrupted=lambda: "Interrupted.")


def found_quorum(
    cards: Annotated[
        list[Path],
        typer.Argument(metavar="CARD…", help="What each node wrote.", show_default=False),
    ],
    *,
    gateway: Annotated[
        str,
        typer.Option(
            "--gateway",
            metavar="HOST:PORT",
            help="Where nodes reach the gateway, on this machine.",
        ),
    ],
    etcd: Annotated[
        list[str] | None,
        typer.Option(
            "--etcd",
            metavar="URL",
            help="A server of etcd's, which then keeps the log; each once.",
            show_default="the nodes keep the log",
        ),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Make a quorum of nodes that were made on their machines."""

    def run() -> int:
        from eikona.adapters.quorum.description import ETCD, RAFT, read_card  # noqa: PLC0415
        from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415
        from eikona.apps.gateway.setting_up import found  # noqa: PLC0415

        folder = folder_of(data)
        nodes = [read_card(path) for path in cards]
        if len({one.name for one in nodes}) < len(nodes):
            raise UsageError("two of the cards name one node")
        engine = ETCD if etcd else RAFT
        described = found(folder, nodes, gateway=gateway, engine=engine, endpoints=etcd or ())
        place = QuorumFolder(folder).description
        if output_format is Format.JSON:
            write_line(json_line({"quorum": described.quorum, "description": str(place)}))
        else:
            names = ", ".join(one.name for one in described.nodes)
            write_text(f"Quorum {described.quorum} of {names}; keep {folder} safe.")
            write_text(f"Give {place} to each node, then start the gateway:")
            write_text(f"  eikona quorum up --data {folder} --reference DIR")
        return FINE

    end_with(run, interrupted=lambda: "Interrupted.")
