"""What a node is told when it starts."""

from dataclasses import dataclass, field
from pathlib import Path

from eikona.adapters.quorum.description import QuorumDescription
from eikona.adapters.raft.settings import Compaction
from eikona.adapters.raft.state import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdAccess:
    """What a node shows to etcd's servers; see ``EtcdSettings``.

    Attributes:
        authority, certificate, key: PEM files; those in the node's folder where none is named.
        user, password_file: what etcd asks for, if it does.
        allows_plain: whether to speak without TLS to another machine.
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    user: str = ""
    password_file: Path | None = None
    allows_plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """One node of a quorum.

    Attributes:
        name: which of the quorum's nodes it is.
        quorum: whom it speaks with, and who is its administrator.
        folder: what it keeps, its keys among it.
        rule: what it judges by.
        listen: ``host:port`` to bind to; the described address where it is empty.
        allows_public: whether it may be an address that strangers can reach.
        reference: a folder whose pictures it looks for, instead of those that the gateway names.
        bank: a bank that others keep, likewise.
        etcd: how it speaks to etcd, where that is the engine.
        timing: how long nodes wait for each other.
        compaction: when the journal gives way to a snapshot.
        lost_after_s: seconds without a sign of life after which it calls another node lost.
        fetch_for_s: seconds that it tries to fetch a picture before it asks for a review.
        picture_s: seconds that one picture may take to decode.
    """

    name: str
    quorum: QuorumDescription
    folder: Path
    rule: str
    listen: str = ""
    allows_public: bool = False
    reference: Path | None = None
    bank: Path | None = None
    etcd: EtcdAccess = field(default_factory=EtcdAccess)
    timing: Timing = field(default_factory=Timing)
    compaction: Compaction = field(default_factory=Compaction)
    lost_after_s: float = 5.0
    fetch_for_s: float = 30.0
    picture_s: float = 60.0
