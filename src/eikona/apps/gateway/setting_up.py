"""Makes a quorum of several nodes on one machine: names, ports, keys, certificates, a roster."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eikona.adapters.keys.ed25519 import NodeKey, new_key
from eikona.adapters.keys.key_file import read_key, write_key
from eikona.adapters.keys.public_keys import write_public_keys
from eikona.adapters.quorum.description import (
    FORMAT,
    QUORUM_FILE,
    GatewayDescription,
    NodeDescription,
    QuorumDescription,
    read_description,
    write_description,
)
from eikona.adapters.raft.disk import sync_folder
from eikona.adapters.raft.engine import IDENTITY
from eikona.adapters.raft.identity import Identity, own_identity
from eikona.apps.node.presets import PRESETS
from eikona.apps.node.wiring import own_key
from eikona.balloting.canonical import canonical, parse
from eikona.balloting.receipts import TrustedKeys
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.signing import sign_roster
from eikona.balloting.statements import key_id
from eikona.domain.errors import QuorumError, UsageError
from eikona.domain.roster import SEATS_MOST, Roster, Seat, SignedRoster

PUBLIC_KEYS = "quorum.keys"
_HOST = "127.0.0.1"
_ROSTER_BYTES_MOST = 65536


@dataclass(frozen=True, slots=True)
class QuorumFolder:
    """Where everything of a quorum on one machine is."""

    path: Path

    @property
    def description(self) -> Path:
        """What everybody may know."""
        return self.path / QUORUM_FILE

    @property
    def public_keys(self) -> Path:
        """What receipts are checked with."""
        return self.path / PUBLIC_KEYS

    @property
    def roster(self) -> Path:
        """The roster, as the administrator signed it."""
        return self.path / "roster.json"

    @property
    def gateway(self) -> Path:
        """What the gateway keeps."""
        return self.path / "gateway"

    def node(self, name: str) -> Path:
        """What a node keeps."""
        return self.path / "nodes" / name

    def identity(self, who: str) -> Identity:
        """Return the certificate of ``gateway`` or ``operator``; made where there is none."""
        return own_identity(self.path / who / IDENTITY, who)

    def administrator(self) -> NodeKey:
        """Return the administrator's key.

        Raises:
            InvalidKeyError: there is none that can be used.
        """
        return read_key(self.path / "administrator.key")

    def signed_roster(self) -> SignedRoster:
        """Return the roster.

        Raises:
            QuorumError: there is none.
        """
        try:
            content = self.roster.read_bytes()
        except OSError as error:
            raise QuorumError(f"{self.roster} cannot be read: {error.strerror}") from error
        return noun_from(SignedRoster, parse(content, most_bytes=_ROSTER_BYTES_MOST))


def set_up(path: Path, *, preset: str | None, nodes: int | None) -> QuorumDescription:
    """Return the quorum in a folder; made where there is none.

    Args:
        path: the folder.
        preset: one of ``PRESETS``; None for what is there, or the first.
        nodes: how many; None for what is there, or as many as the preset has. A preset's rules
            come round again where there are more.

    Raises:
        UsageError: there is no such preset, or a quorum of another kind is there.
        OSError: it cannot be written.
    """
    folder = QuorumFolder(path)
    if folder.description.exists():
        described = read_description(folder.description)
        _check_same(described, preset, nodes, path)
        return described
    name = preset or next(iter(PRESETS))
    rules = rules_of(name, nodes)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    key_path = path / "administrator.key"
    if not key_path.exists():
        write_key(key_path, new_key())
    described = _described(folder, name, rules)
    _sign_roster(folder, described)
    keys = {one.name: one.key for one in described.nodes}
    write_public_keys(folder.public_keys, TrustedKeys(described.administrator, keys))
    write_description(folder.description, described)  # the last: what it names is there
    sync_folder(path)
    return described


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


def _check_same(
    described: QuorumDescription, preset: str | None, nodes: int | None, path: Path
) -> None:
    there = f"{described.policy} with {len(described.nodes)} nodes"
    if preset not in (None, described.policy) or nodes not in (None, len(described.nodes)):
        raise UsageError(f"the quorum in {path} is {there}: name another folder with --data")


def _described(folder: QuorumFolder, preset: str, rules: Sequence[str]) -> QuorumDescription:
    ports = _free_ports(len(rules) + 1)
    administrator = folder.administrator().public_key
    nodes = []
    for number, (rule, port) in enumerate(zip(rules, ports[1:], strict=True), 1):
        name = f"n{number}"
        own = folder.node(name)
        nodes.append(
            NodeDescription(
                name=name,
                address=f"{_HOST}:{port}",
                certificate=own_identity(own / IDENTITY, name).certificate.hex(),
                key=own_key(own).public_key,
                rule=rule,
            )
        )
    gateway = folder.identity("gateway").certificate.hex()
    return QuorumDescription(
        format=FORMAT,
        quorum=key_id(administrator),
        administrator=administrator,
        policy=preset,
        gateway=GatewayDescription(f"{_HOST}:{ports[0]}", gateway),
        operator=folder.identity("operator").certificate.hex(),
        nodes=tuple(nodes),
    )


def _sign_roster(folder: QuorumFolder, described: QuorumDescription) -> None:
    seats = tuple(Seat(one.name, one.key) for one in described.nodes)
    now_ms = time.time_ns() // 1_000_000
    roster = Roster(described.quorum, described.administrator, 1, seats, now_ms)
    signed = sign_roster(roster, folder.administrator())
    folder.roster.write_bytes(canonical(record_of(signed)))


def _free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on now."""
    sockets = [socket.create_server((_HOST, 0)) for _ in range(count)]
    ports = [int(made.getsockname()[1]) for made in sockets]
    for made in sockets:
        made.close()
    return ports
