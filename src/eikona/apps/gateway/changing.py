"""Changes of who belongs to a quorum, as its administrator signs them."""

import time
from collections.abc import Sequence
from dataclasses import replace

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.quorum.description import (
    NodeDescription,
    QuorumDescription,
    sign_description,
)
from eikona.apps.gateway.membership import Change
from eikona.apps.gateway.setting_up import check_nodes, seats_of
from eikona.balloting.canonical import parse
from eikona.balloting.records import noun_from
from eikona.balloting.signing import sign_roster
from eikona.balloting.statements import Signer, message_of
from eikona.domain.errors import BadSignatureError, UsageError
from eikona.domain.roster import Roster, SignedRotation

_ROTATION_BYTES_MOST = 4096


def admitted(described: QuorumDescription, node: NodeDescription) -> QuorumDescription:
    """Return a quorum with one more node.

    Raises:
        UsageError: a node of this name, key or address is there.
    """
    nodes = (*described.nodes, replace(node, joins=True))
    check_nodes(nodes)
    return _next(described, nodes)


def removed(described: QuorumDescription, name: str) -> QuorumDescription:
    """Return a quorum without a node.

    Raises:
        QuorumError: there is none of this name.
        UsageError: it is the last one.
    """
    gone = described.node(name)
    nodes = tuple(one for one in described.nodes if one is not gone)
    if not nodes:
        raise UsageError(f"{name} is the last node: end the quorum with eikona quorum down instead")
    return _next(described, nodes)


def rotated(described: QuorumDescription, signed: SignedRotation) -> QuorumDescription:
    """Return a quorum in which a node has the new key that it made.

    Raises:
        QuorumError: there is no such node.
        BadSignatureError: the old key has not signed this, or the new one has not.
    """
    rotation = signed.rotation
    node = described.node(rotation.node)
    message = message_of(rotation)
    for key, signature in ((node.key, signed.by_old), (rotation.key, signed.by_new)):
        if rotation.quorum != described.quorum or not verify_signature(
            key=key, message=message, signature=signature
        ):
            raise BadSignatureError(f"{node.name} has not signed its new key with both keys")
    changed = replace(node, key=rotation.key)
    nodes = tuple(changed if one is node else one for one in described.nodes)
    check_nodes(nodes)
    return _next(described, nodes)


def rotation_from(content: bytes, *, node: str) -> SignedRotation:
    """Return the new key of a node, as it signed it.

    Raises:
        MalformedError: these bytes are none.
        BadSignatureError: it is another node's.
    """
    signed = noun_from(SignedRotation, parse(content, most_bytes=_ROTATION_BYTES_MOST))
    if signed.rotation.node != node:
        raise BadSignatureError(f"this is a key of {signed.rotation.node}, not of {node}")
    return signed


def sign_change(described: QuorumDescription, administrator: Signer, *, serial: int) -> Change:
    """Sign a description, and the roster of this serial number that goes with it."""
    roster = Roster(
        described.quorum,
        described.administrator,
        serial,
        seats_of(described.nodes),
        time.time_ns() // 1_000_000,
    )
    return Change(sign_description(described, administrator), sign_roster(roster, administrator))


def _next(described: QuorumDescription, nodes: Sequence[NodeDescription]) -> QuorumDescription:
    return replace(described, serial=described.serial + 1, nodes=tuple(nodes))
