"""What a node tells the engine that it runs on."""

from pathlib import Path

from eikona.adapters.etcd.settings import EtcdSettings
from eikona.adapters.quorum.description import QuorumDescription
from eikona.adapters.raft.messages import Member
from eikona.adapters.raft.settings import RaftSettings
from eikona.apps.node.settings import NodeSettings
from eikona.balloting.statements import key_id

ETCD_FOLDER = "etcd"
AUTHORITY, CERTIFICATE, KEY = "authority.crt", "client.crt", "client.key"
_START_S = 60.0  # that etcd may need to be there


def raft_settings(settings: NodeSettings) -> RaftSettings:
    """Return what the embedded engine is told.

    Raises:
        UsageError: time-outs contradict each other.
    """
    quorum = settings.quorum
    return RaftSettings(
        name=settings.name,
        cluster=_cluster(quorum),
        folder=settings.folder,
        members=tuple(
            Member(one.name, one.address, bytes.fromhex(one.certificate)) for one in quorum.nodes
        ),
        joins=quorum.node(settings.name).joins,
        bind=settings.listen,
        allows_public=settings.allows_public,
        timing=settings.timing,
        compaction=settings.compaction,
    )


def etcd_settings(settings: NodeSettings) -> EtcdSettings:
    """Return what the engine on etcd is told.

    Raises:
        UsageError: an endpoint is none.
        UnsafeAddressError: one would be spoken to without TLS over a network.
    """
    access, own = settings.etcd, settings.folder / ETCD_FOLDER
    return EtcdSettings(
        name=settings.name,
        cluster=_cluster(settings.quorum),
        endpoints=settings.quorum.endpoints,
        authority=access.authority or _if_there(own / AUTHORITY),
        certificate=access.certificate or _if_there(own / CERTIFICATE),
        key=access.key or _if_there(own / KEY),
        user=access.user,
        password_file=access.password_file,
        folder=own / "copy",
        compact_after=settings.compaction.entries,
        start_s=_START_S,
        allows_plain=access.allows_plain,
    )


def _cluster(quorum: QuorumDescription) -> str:
    return f"eikona-{key_id(quorum.administrator)}"


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None
