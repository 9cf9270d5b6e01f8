"""What an embedded Raft is told when it starts."""

from dataclasses import dataclass, field
from pathlib import Path

from eikona.adapters.raft.messages import Member
from eikona.adapters.raft.state import Timing
from eikona.domain.errors import UsageError

_MEBIBYTE = 1_048_576
_ENTRY_BYTES = 512  # about; a signed ballot has twice that


@dataclass(frozen=True, slots=True)
class Compaction:
    """When the journal gives way to a snapshot.

    A snapshot is taken once the journal holds as many entries as ``entries``, but not before it is
    half as long as the last snapshot: so the work stays in proportion, and the disk bounded.

    Attributes:
        entries: so many since the last snapshot.
        keep: entries that stay in memory for followers a little behind.
        file_bytes: how long one file of the journal may become.
    """

    entries: int = 10_000
    keep: int = 1_000
    file_bytes: int = 4 * _MEBIBYTE


def compaction_of(entries: int) -> Compaction:
    """Return a compaction after so many entries, and what goes well with that."""
    usual = Compaction()
    return Compaction(
        entries=entries,
        keep=min(usual.keep, entries // 10),
        file_bytes=min(usual.file_bytes, entries * _ENTRY_BYTES),
    )


@dataclass(frozen=True, slots=True)
class RaftSettings:
    """One node of a cluster.

    Attributes:
        name: this node's; one of ``members``, unless it is to be added by them.
        cluster: a name that all nodes share; nodes of different clusters do not speak.
        folder: what the node keeps, its key among it.
        members: all nodes of a new cluster, this one among them, the same on every node. Of a
            node that joins a running cluster: those that it may believe at first. Once something
            is stored, the stored list counts.
        joins: whether the node joins a running cluster.
        bind: ``host:port`` to listen on; the member's own address where it is empty.
        allows_public: whether it may be an address that strangers can reach.
        timing: how long nodes wait for each other.
        compaction: when the journal gives way to a snapshot.
        survives_power_cut: whether what is acknowledged is forced to the disk; else it outlives
            a killed process, not a machine that stops.
        retry_s: how long a node whose disk is full waits until it tries again.
    """

    name: str
    cluster: str
    folder: Path
    members: tuple[Member, ...]
    joins: bool = False
    bind: str = ""
    allows_public: bool = False
    timing: Timing = field(default_factory=Timing)
    compaction: Compaction = field(default_factory=Compaction)
    survives_power_cut: bool = True
    retry_s: float = 1.0

    def __post_init__(self) -> None:
        timing = self.timing
        if not 0 < timing.heartbeat_s * 2 <= timing.election_min_s < timing.election_max_s:
            raise UsageError(
                "the time-out of elections must be twice the heartbeat or more, and its upper"
                " bound above its lower one"
            )
        names = [member.name for member in self.members]
        if len(set(names)) < len(names) or not names:
            raise UsageError("each member needs a name of its own")
        if not self.joins and self.name not in names:
            raise UsageError(f"{self.name} is not among the members {', '.join(names)}")
        if self.compaction.entries < 1 or self.compaction.keep < 0:
            raise UsageError("compaction needs at least one entry")

    @property
    def listens_on(self) -> str:
        """Return where the node listens."""
        own = [member.address for member in self.members if member.name == self.name]
        if not self.bind and not own:
            raise UsageError(f"{self.name} needs an address to listen on")
        return self.bind or own[0]
