"""Puts the gateway together: with its nodes as processes beside it, or without."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.quorum.calls import Listener
from eikona.adapters.quorum.description import QuorumDescription
from eikona.adapters.quorum.spool import Spool
from eikona.apps.gateway.cases import Cases
from eikona.apps.gateway.gateway import OPERATOR, Gateway, run_threads
from eikona.apps.gateway.membership import Membership
from eikona.apps.gateway.nodes import Nodes
from eikona.apps.gateway.quorum_folder import QuorumFolder
from eikona.apps.gateway.reference_folder import ReferenceFolder
from eikona.apps.gateway.sending import Sending
from eikona.balloting.receipts import TrustedKeys, verify_receipt


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that runs until ``stopping`` is set."""

    gateway: Gateway
    stopping: threading.Event


def start_gateway(
    closing: ExitStack,
    folder: QuorumFolder,
    quorum: QuorumDescription,
    reference: Path,
    notice: Callable[[dict[str, Any]], None],
    *,
    on_change: Callable[[QuorumDescription], None] = lambda _: None,
    allows_public: bool = False,
) -> RunningGateway:
    """Begin to take cases in.

    Args:
        closing: ends it.
        folder: where the quorum is.
        quorum: whom it is the gateway of.
        reference: folder of reference pictures.
        notice: told of everything that becomes known of a case.
        on_change: told who belongs to the quorum from now on.
        allows_public: whether it may listen where strangers can reach it.

    Raises:
        EikonaError: a folder, a key or the address cannot be used.
        OSError: the disk cannot be read or written.
    """
    stopping = threading.Event()
    folder.gateway.mkdir(parents=True, exist_ok=True, mode=0o700)
    spool = Spool(folder.gateway / "cases")
    nodes = Nodes(one.name for one in quorum.nodes)
    trusted_keys = TrustedKeys(quorum.administrator)
    cases = Cases(
        spool,
        policy=quorum.policy,
        gateway="gateway",
        notice=notice,
        proves=lambda one: not verify_receipt(one, trusted=trusted_keys, verify=verify_signature),
    )
    pictures = ReferenceFolder(reference, folder.gateway / "reference.json", folder.administrator())
    membership = Membership(folder, quorum, nodes)
    gateway = Gateway(
        nodes=nodes,
        cases=cases,
        spool=spool,
        reference=pictures,
        membership=membership,
        stop=stopping.set,
    )
    listener = Listener(
        quorum.gateway.address,
        folder.identity("gateway"),
        _trusted(quorum),
        gateway.serve,
        allows_public=allows_public,
    )

    def become(changed: QuorumDescription) -> None:
        nodes.become(one.name for one in changed.nodes)
        listener.trust(_trusted(changed))
        on_change(changed)

    membership.changed = become
    closing.callback(listener.close)
    closing.callback(stopping.set)
    sending = Sending(cases, nodes, membership.due)
    listener.start()
    run_threads([lambda: sending.run(stopping), lambda: pictures.watch(stopping)], stopping)
    return RunningGateway(gateway, stopping)


def _trusted(quorum: QuorumDescription) -> dict[str, bytes]:
    """Return the certificates of those who may call, by what they are called."""
    trusted = {one.name: bytes.fromhex(one.certificate) for one in quorum.nodes}
    return {**trusted, OPERATOR: bytes.fromhex(quorum.operator)}
