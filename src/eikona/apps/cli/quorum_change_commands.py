"""``eikona quorum admit``, ``remove`` and ``rotate``: decisions that the administrator signs."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.durations import duration
from eikona.apps.cli.judging_options import (
    AlgorithmOption,
    ThresholdOption,
    TypeOption,
    checked_rule,
    judged_by,
    rule_option,
)
from eikona.apps.cli.options import Format, FormatOption
from eikona.apps.cli.quorum_folder import DataOption, call_gateway, folder_of
from eikona.apps.cli.records import Record, json_line, write_line, write_text
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.domain.errors import QuorumError, QuorumUnavailableError, UsageError

if TYPE_CHECKING:
    from eikona.adapters.quorum.channel import Channel
    from eikona.adapters.quorum.description import NodeDescription, QuorumDescription

_ANSWER_S = 10.0
_LOOK_EVERY_S = 0.2

WaitOption = Annotated[
    float,
    typer.Option(
        "--wait", parser=duration, metavar="TIME", help="How long to wait until it is in force."
    ),
]


def admit_node(
    card: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CARD]",
            help="What a node on another machine wrote (eikona quorum make-node).",
            show_default="a new node on this machine",
        ),
    ] = None,
    *,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Of a new node here.", show_default="the next free"
        ),
    ] = None,
    node_type: TypeOption = None,
    rule: Annotated[str | None, rule_option("eikona")] = None,
    algorithm: AlgorithmOption = None,
    threshold: ThresholdOption = None,
    wait: WaitOption = "5min",  # type: ignore[assignment]
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Let a node have a seat."""
    asked = judged_by(node_type, rule, algorithm, threshold)
    if card is not None and (asked or name):
        raise typer.BadParameter("the card says what the node is: leave out what it judges by")

    def change(described: "QuorumDescription", _: "Channel", __: int) -> "QuorumDescription":
        from eikona.adapters.quorum.description import read_card  # noqa: PLC0415  an extra
        from eikona.apps.gateway.changing import admitted  # noqa: PLC0415

        if card is not None:
            return admitted(described, read_card(card))
        return admitted(described, _made_here(folder_of(data), described, name, asked))

    end_with(
        lambda: _change(folder_of(data), change, wait, output_format),
        interrupted=lambda: "Interrupted: the quorum goes on with it.",
    )


def remove_node(
    node: Annotated[str, typer.Argument(metavar="NODE", help="Which one.", show_default=False)],
    *,
    wait: WaitOption = "1min",  # type: ignore[assignment]
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Take a node's seat."""

    def change(described: "QuorumDescription", _: "Channel", __: int) -> "QuorumDescription":
        from eikona.apps.gateway.changing import removed  # noqa: PLC0415  an extra

        return removed(described, node)

    end_with(
        lambda: _change(folder_of(data), change, wait, output_format),
        interrupted=lambda: "Interrupted: the quorum goes on with it.",
    )


def rotate_key(
    node: Annotated[str, typer.Argument(metavar="NODE", help="Which one.", show_default=False)],
    *,
    wait: WaitOption = "1min",  # type: ignore[assignment]
    data: DataOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Give a node a new key."""

    def change(
        described: "QuorumDescription", channel: "Channel", serial: int
    ) -> "QuorumDescription":
        from eikona.apps.gateway.changing import rotated, rotation_from  # noqa: PLC0415

        described.node(node)
        told, content = channel.ask(
            {"do": "new_key", "node": node, "serial": serial}, timeout_s=_ANSWER_S
        )
        if not content:
            why = told.get("message") or told.get("error")
            raise QuorumUnavailableError(f"{node} made no new key: {why}")
        return rotated(described, rotation_from(content, node=node))

    end_with(
        lambda: _change(folder_of(data), change, wait, output_format),
        interrupted=lambda: "Interrupted: the quorum goes on with it.",
    )


def _change(
    folder: Path,
    change: Callable[["QuorumDescription", "Channel", int], "QuorumDescription"],
    wait_s: float,
    output_format: Format,
) -> int:
    """Sign a change, have the gateway begin it, and wait until the nodes have decided on it."""
    from eikona.adapters.quorum.channel import BrokenChannelError  # noqa: PLC0415  an extra
    from eikona.adapters.quorum.description import read_description  # noqa: PLC0415
    from eikona.apps.gateway.changing import sign_change  # noqa: PLC0415
    from eikona.apps.gateway.membership import change_bytes  # noqa: PLC0415
    from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415

    place = QuorumFolder(folder)
    with closing(call_gateway(folder)) as channel:
        try:
            in_force = channel.ask({"do": "status"}, timeout_s=_ANSWER_S)[0]["roster"]["in_force"]
            if not in_force:
                raise QuorumUnavailableError(
                    "no roster is in force yet: wait until nodes are there"
                )
            described = change(read_description(place.description), channel, in_force + 1)
            signed = sign_change(described, place.administrator(), serial=in_force + 1)
            told, _ = channel.ask({"do": "change"}, change_bytes(signed), timeout_s=_ANSWER_S)
            if "error" in told:
                raise QuorumError(f"{told['message']} ({told['error']})")
            return _await(channel, in_force + 1, wait_s, output_format)
        except BrokenChannelError as error:
            raise QuorumUnavailableError(f"the quorum in {folder} gives no answer") from error


def _await(channel: "Channel", serial: int, wait_s: float, output_format: Format) -> int:
    until = time.monotonic() + wait_s
    said: object = None
    while True:
        roster: Record = channel.ask({"do": "status"}, timeout_s=_ANSWER_S)[0]["roster"]
        if roster["in_force"] >= serial:
            break
        if roster["waits_for"] != said and roster["waits_for"]:
            said = roster["waits_for"]
            names = ", ".join(roster["waits_for"])
            typer.echo(f"Signed; waiting until {names} is there and has caught up …", err=True)
        if time.monotonic() >= until:
            typer.echo("It is not in force yet; the quorum goes on with it.", err=True)
            return SOME_FAILED
        time.sleep(_LOOK_EVERY_S)
    if output_format is Format.JSON:
        write_line(json_line({"roster": roster["in_force"], "seats": roster["seats"]}))
    else:
        seats = ", ".join(f"{node} {key[:8]}" for node, key in roster["seats"].items())
        write_text(f"Roster {roster['in_force']} is in force: {seats}.")
    return FINE


def _made_here(
    folder: Path, described: "QuorumDescription", name: str | None, rule: str | None
) -> "NodeDescription":
    from eikona.apps.gateway.quorum_folder import QuorumFolder  # noqa: PLC0415  an extra
    from eikona.apps.gateway.setting_up import free_ports, make_node  # noqa: PLC0415

    place = QuorumFolder(folder)
    taken = {one.name for one in described.nodes} | {path.name for path in place.local_nodes()}
    free = next(f"n{number}" for number in range(1, 1000) if f"n{number}" not in taken)
    if name is not None and name in taken:
        raise UsageError(
            f"a node {name} is in {place.node(name)}, or was: name the new one otherwise"
        )
    chosen = name or free
    (port,) = free_ports(1)
    return make_node(
        place.node(chosen), chosen, f"127.0.0.1:{port}", checked_rule(rule or "eikona")
    )
