"""Puts a node together and runs it."""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from eikona.adapters.etcd.engine import EtcdEngine
from eikona.adapters.keys.ballot_book import BallotBook
from eikona.adapters.keys.ed25519 import NodeKey, verify_signature
from eikona.adapters.keys.key_ring import KeyRing
from eikona.adapters.quorum.description import RAFT
from eikona.adapters.quorum.hasher import Hasher
from eikona.adapters.quorum.receipt_archive import ReceiptArchive
from eikona.adapters.quorum.replica import Replica, hashes_for, needs_of
from eikona.adapters.raft.engine import IDENTITY, RaftEngine
from eikona.adapters.raft.identity import own_identity
from eikona.apps.node.desk import Desk
from eikona.apps.node.docket import Docket
from eikona.apps.node.duties import Duties
from eikona.apps.node.engines import etcd_settings, raft_settings
from eikona.apps.node.gateway_line import GatewayLine, be_asked, tell
from eikona.apps.node.judging import Judging
from eikona.apps.node.local_reference import OwnReference
from eikona.apps.node.membership import Membership, newest_description
from eikona.apps.node.receipt_gaps import ReceiptGaps
from eikona.apps.node.settings import NodeSettings
from eikona.balloting.quorum_machine import QuorumMachine
from eikona.balloting.statements import key_id
from eikona.domain.errors import InvalidKeyError
from eikona.services.judge_case import Voice
from eikona.services.replication import ReplicationEngine
from eikona.services.watched_machine import WatchedMachine

_log = logging.getLogger(__name__)
_JUDGES = 2  # cases at a time: one is hashed while another's ballot is committed


def run_node(
    settings: NodeSettings, stopping: threading.Event, *, ready: Callable[[], None]
) -> None:
    """Be a node until told to stop.

    Args:
        settings: which.
        stopping: ends it.
        ready: called once it takes part.

    Raises:
        EikonaError: what it keeps, its key or an address cannot be used.
    """
    with ExitStack() as closing:
        described = newest_description(settings.quorum, settings.folder)
        settings = replace(settings, quorum=described)
        parts = _build(closing, settings, _checked_ring(settings))
        parts.engine.start(parts.machine)
        closing.callback(parts.engine.stop)
        _run_all(_works(parts, settings, stopping), stopping, ready)


@dataclass(frozen=True, slots=True)
class _Parts:
    engine: ReplicationEngine
    machine: WatchedMachine
    docket: Docket
    replica: Replica
    line: GatewayLine
    hasher: Hasher
    judging: Judging
    duties: Duties
    gaps: ReceiptGaps
    desk: Desk
    membership: Membership


def _checked_ring(settings: NodeSettings) -> KeyRing:
    ring = KeyRing(settings.folder)
    if not ring.knows(settings.quorum.node(settings.name).key):
        raise InvalidKeyError(f"the quorum knows {settings.name} by another key than its folder's")
    return ring


def _build(closing: ExitStack, settings: NodeSettings, ring: KeyRing) -> _Parts:
    administrator = settings.quorum.administrator
    raft = RaftEngine(raft_settings(settings)) if settings.quorum.engine == RAFT else None
    engine: ReplicationEngine = raft or EtcdEngine(etcd_settings(settings))
    hasher = _hasher(closing, settings)
    replica = Replica(settings.bank or settings.folder / "bank", rule=settings.rule)
    closing.callback(replica.close)
    archive = ReceiptArchive(settings.folder / "receipts.sqlite")
    closing.callback(archive.close)
    book = BallotBook(settings.folder / "ballots")
    closing.callback(book.close)
    docket = Docket(settings.name)
    docket.speaks = lambda: engine.leader() == settings.name
    machine = WatchedMachine(
        QuorumMachine(administrator=administrator, verify=verify_signature), docket
    )
    identity = own_identity(settings.folder / IDENTITY, settings.name)
    line = GatewayLine(settings.quorum.gateway, identity)
    judging = Judging(
        voice=_voice(settings, ring.current),
        ring=ring,
        book=book,
        docket=docket,
        machine=machine,
        engine=engine,
        replica=replica,
        line=line,
        hash_picture=hasher,
        fetch_for_s=settings.fetch_for_s,
    )
    duties = Duties(
        node=settings.name,
        ring=ring,
        quorum=key_id(administrator),
        administrator=administrator,
        docket=docket,
        machine=machine,
        engine=engine,
        archive=archive,
        replica=replica,
        lost_after_s=settings.lost_after_s,
    )
    gaps = ReceiptGaps(
        settings.name,
        administrator=administrator,
        machine=machine,
        archive=archive,
        line=line,
        sign=duties.with_head,
    )
    desk = Desk(
        settings.rule, machine=machine, engine=engine, archive=archive, replica=replica, ring=ring
    )
    membership = Membership(
        settings.name, settings.quorum, settings.folder, line=line, machine=machine, engine=raft
    )
    return _Parts(
        engine, machine, docket, replica, line, hasher, judging, duties, gaps, desk, membership
    )


def _works(
    parts: _Parts, settings: NodeSettings, stopping: threading.Event
) -> list[Callable[[], object]]:
    """Return what a node does, each for a thread of its own."""
    line, replica = parts.line, parts.replica
    works: list[Callable[[], object]] = [
        *(lambda: parts.judging.run(stopping) for _ in range(_JUDGES)),
        lambda: parts.duties.archive_receipts(stopping),
        lambda: parts.duties.watch_nodes(stopping),
        lambda: parts.gaps.run(stopping),
        lambda: parts.membership.run(stopping),
        lambda: be_asked(line, parts.desk.answer, stopping),
        lambda: tell(line, parts.docket, parts.desk.status, stopping),
    ]
    if settings.reference is not None or settings.bank is not None:
        own = OwnReference(
            settings.reference,
            administrator=settings.quorum.administrator,
            replica=replica,
            line=line,
            hash_picture=parts.hasher,
        )
        works.append(lambda: own.keep(stopping))
    else:
        works.append(lambda: parts.duties.keep_reference(stopping, line, parts.judging))
    return works


def _run_all(
    works: list[Callable[[], object]], stopping: threading.Event, ready: Callable[[], None]
) -> None:
    threads = [
        threading.Thread(target=_guarded, args=(work, stopping), daemon=True) for work in works
    ]
    for thread in threads:
        thread.start()
    ready()
    stopping.wait()
    for thread in threads:
        thread.join(1.0)  # those that wait for the gateway end with the process


def _guarded(work: Callable[[], object], stopping: threading.Event) -> None:
    """Let no part of a node end unseen: whoever started it starts it anew."""
    try:
        work()
    except Exception:  # noqa: BLE001  told, and whoever started the node starts it anew
        if not stopping.is_set():
            _log.exception("a part of the node has failed: the node ends")
            stopping.set()


def _voice(settings: NodeSettings, key: NodeKey) -> Voice:
    _, _, bound = settings.rule.partition("=")
    return Voice(
        node=settings.name,
        key=key_id(key.public_key),
        rule=settings.rule,
        threshold=f"at most {bound}" if bound else "as the rule has it",
        needs=needs_of(settings.rule),
    )


def _hasher(closing: ExitStack, settings: NodeSettings) -> Hasher:
    names, features = hashes_for(settings.rule)
    hasher = Hasher(algorithms=names, local_features=features, timeout_s=settings.picture_s)
    closing.callback(hasher.close)
    return hasher
