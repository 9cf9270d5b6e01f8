"""Makes a quorum: of nodes on this machine, or of nodes that were made on machines of their own."""

import socket
import time
from collections.abc import Sequence
from pathlib import Path

from eikona.adapters.keys.ed25519 import new_key
from eikona.adapters.keys.key_file import write_key
from eikona.adapters.keys.key_ring import KeyRing
from eikona.adapters.keys.public_keys import write_public_keys
from eikona.adapters.quorum.description import (
    ETCD,
    FORMAT,
    RAFT,
    GatewayDescription,
    NodeDescription,
    QuorumDescription,
    read_description,
    write_description,
    write_whole,
)
from eikona.adapters.raft.address import parse_address
from eikona.adapters.raft.disk import sync_folder
from eikona.adapters.raft.engine import IDENTITY
from eikona.adapters.raft.identity import own_identity
from eikona.apps.gateway.quorum_folder import QuorumFolder
from eikona.apps.node.presets import PRESETS
from eikona.balloting.canonical import canonical
from eikona.balloting.receipts import TrustedKeys
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.signing import sign_roster
from eikona.balloting.statements import key_id
from eikona.domain.errors import MalformedError, UsageError
from eikona.domain.roster import SEATS_MOST, Roster, Seat

OWN = "own"  # policy of a quorum whose nodes were made one by one
_HOST = "127.0.0.1"


def set_up(
    path: Path,
    *,
    preset: str | None,
    nodes: int | None,
    engine: str | None = None,
    endpoints: Sequence[str] = (),
) -> QuorumDescription:
    """Return the quorum in a folder; made where there is none.

    Args:
        path: the folder.
        preset: one of ``PRESETS``; None for what is there, or the first.
        nodes: how many; None for what is there, or as many as the preset has. A preset's rules
            come round again where there are more.
        engine: ``raft`` or ``etcd``; None for what is there, or ``raft``.
        endpoints: etcd's addresses; none for what is there.

    Raises:
        UsageError: there is no such preset, or a quorum of another kind is there.
        OSError: it cannot be written.
    """
    folder = QuorumFolder(path)
    if folder.description.exists():
        described = read_description(folder.description)
        _check_same(described, preset, nodes, path)
        _check_same_engine(described, engine, endpoints, path)
        return described
    name = preset or next(iter(PRESETS))
    rules = rules_of(name, nodes)
    gateway, *ports = free_ports(len(rules) + 1)
    members = [
        make_node(folder.node(f"n{number}"), f"n{number}", f"{_HOST}:{port}", rule)
        for number, (rule, port) in enumerate(zip(rules, ports, strict=True), 1)
    ]
    return found(
        path,
        members,
        policy=name,
        gateway=f"{_HOST}:{gateway}",
        engine=engine or RAFT,
        endpoints=endpoints,
    )


def found(
    path: Path,
    nodes: Sequence[NodeDescription],
    *,
    policy: str = OWN,
    gateway: str,
    engine: str = RAFT,
    endpoints: Sequence[str] = (),
) -> QuorumDescription:
    """Make a quorum of these nodes: its administrator, its gateway, its first roster.

    Args:
        path: the folder of administrator and gateway.
        nodes: each as it was made on its machine.
        policy: what it is called.
        gateway: where cases and nodes come to, ``host:port``.
        engine: ``raft`` or ``etcd``.
        endpoints: etcd's addresses.

    Raises:
        UsageError: there is a quorum in the folder, or nodes share a name or a key.
        OSError: it cannot be written.
    """
    folder = QuorumFolder(path)
    if folder.description.exists():
        raise UsageError(f"there is a quorum in {path}: name another folder with --data")
    check_nodes(nodes)
    parse_address(gateway)
    if (engine == ETCD) != bool(endpoints):
        raise UsageError("engine etcd goes with the addresses of etcd's servers: --etcd")
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    if not folder.administrator_key.exists():
        write_key(folder.administrator_key, new_key())
    administrator = folder.administrator()
    described = QuorumDescription(
        format=FORMAT,
        serial=1,
        quorum=key_id(administrator.public_key),
        administrator=administrator.public_key,
        policy=policy,
        engine=engine,
        endpoints=tuple(endpoints),
        gateway=GatewayDescription(gateway, folder.identity("gateway").certificate.hex()),
        operator=folder.identity("operator").certificate.hex(),
        nodes=tuple(nodes),
    )
    roster = Roster(described.quorum, described.administrator, 1, seats_of(nodes), _now_ms())
    write_whole(folder.roster, canonical(record_of(sign_roster(roster, administrator))))
    write_public_keys(folder.public_keys, TrustedKeys(described.administrator))
    write_description(folder.description, described)  # the last: what it names is there
    sync_folder(path)
    return described


def make_node(folder: Path, name: str, address: str, rule: str) -> NodeDescription:
    """Return a node with the keys of a folder; made where there are none.

    Raises:
        InvalidKeyError: there are some, and they cannot be used.
        OSError: they cannot be written.
    """
    return NodeDescription(
        name=name,
        address=address,
        certificate=own_identity(folder / IDENTITY, name).certificate.hex(),
        key=KeyRing(folder).current.public_key,
        rule=rule,
    )


def check_name(node: NodeDescription) -> None:
    """Make sure that a node's fields are within their bounds.

    Raises:
        UsageError: its name or address is not.
    """
    try:
        noun_from(NodeDescription, record_of(node))
    except MalformedError as error:
        raise UsageError(f"such a node cannot be: {error}") from error


def check_nodes(nodes: Sequence[NodeDescription]) -> None:
    """Make sure that these nodes can be one quorum.

    Raises:
        UsageError: two share a name, a key, a certificate or an address, or they are too many.
    """
    if not 1 <= len(nodes) <= SEATS_MOST:
        raise UsageError(f"a quorum has 1 to {SEATS_MOST} nodes, not {len(nodes)}")
    for what in ("name", "key", "certificate", "address"):
        found = {getattr(one, what) for one in nodes}
        if len(found) < len(nodes):
            raise UsageError(f"two of the nodes have one {what}: each needs its own")


def seats_of(nodes: Sequence[NodeDescription]) -> tuple[Seat, ...]:
    """Return the seats of nodes."""
    return tuple(Seat(one.name, one.key) for one in nodes)


def rules_of(preset: str, nodes: int | None) -> tuple[str, ...]:
    """Return the rule of each node.

    Raises:
        UsageError: there is no such preset, or no quorum has so many nodes.
    """
    if preset not in PRESETS:
        raise UsageError(f"no preset is called {preset!r}: there are {', '.join(PRESETS)}")
    rules = PRESETS[preset]
    count = len(rules) if nodes is None else nodes
    if not 1 <= count <= SEATS_MOST:
        raise UsageError(f"a quorum has 1 to {SEATS_MOST} nodes, not {count}")
    return tuple(rules[number % len(rules)] for number in range(count))


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on now."""
    sockets = [socket.create_server((_HOST, 0)) for _ in range(count)]
    ports = [int(made.getsockname()[1]) for made in sockets]
    for made in sockets:
        made.close()
    return ports


def _check_same(
    described: QuorumDescription, preset: str | None, nodes: int | None, path: Path
) -> None:
    there = f"{described.policy} with {len(described.nodes)} nodes"
    is_other = described.serial == 1 and nodes not in (None, len(described.nodes))
    if preset not in (None, described.policy) or is_other:  # later, nodes have come and gone
        raise UsageError(f"the quorum in {path} is {there}: name another folder with --data")


def _check_same_engine(
    described: QuorumDescription, engine: str | None, endpoints: Sequence[str], path: Path
) -> None:
    if engine not in (None, described.engine) or (
        endpoints and tuple(endpoints) != described.endpoints
    ):
        there = " ".join((described.engine, *described.endpoints))
        raise UsageError(f"the quorum in {path} runs on {there}: name another folder with --data")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
