"""What use cases need of the thing that keeps several nodes' machines the same."""

from dataclasses import dataclass
from typing import Protocol

from eikona.balloting.machine import ReplicatedMachine

MAX_COMMAND_BYTES = 1_048_576  # of one command


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """What one node knows of another.

    Attributes:
        name: the node's name.
        address: where it listens; empty where an engine does not know.
        is_alive: whether it is connected, or was heard of lately.
        position: up to where its log is known to be the leader's; None where nobody knows here.
    """

    name: str
    address: str
    is_alive: bool
    position: int | None = None


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """How replication stands, as one node sees it.

    Attributes:
        engine: the kind: ``raft`` or ``etcd``.
        node: this node's name.
        role: ``leader``, ``follower``, ``candidate``, ``stalled`` (the disk is full, for one;
            tried again by itself) or ``stopped``.
        term: of the leader, counted from 1; 0 where there was none yet.
        leader: who leads, or, where an engine's own servers do, the node that speaks for all; None
            where no one does.
        position: of the last entry that this node has applied; every entry has one.
        committed: of the last entry that it knows to be committed.
        lag: how many committed entries it has not applied.
        journal_bytes, snapshot_bytes: what it holds on the disk.
        peers: the other nodes.
        trouble: what is wrong and what to do about it; empty where nothing is.
    """

    engine: str
    node: str
    role: str
    term: int
    leader: str | None
    position: int
    committed: int
    lag: int
    journal_bytes: int = 0
    snapshot_bytes: int = 0
    peers: tuple[PeerStatus, ...] = ()
    trouble: str = ""


class ReplicationEngine(Protocol):
    """Carries every command to every node's machine, in one order, whatever nodes die meanwhile.

    What is acknowledged is safe: a majority of nodes has the command on its disk (as far as its
    durability setting says), the machine of this node has applied it, and every other node's will.
    """

    def start(self, machine: ReplicatedMachine) -> None:
        """Bring the machine to where this node was, and take part.

        Only the engine may touch the machine from now on, but for reading in its callbacks.

        Raises:
            QuorumError: what is stored, or an address, or a key cannot be used as it is.
        """

    def submit(self, command: bytes, *, timeout_s: float) -> bytes:
        """Have a command applied everywhere, and return what this node's machine answered.

        It may be called from any thread, on any node. The engine may send a command more than
        once, as a caller may after an error: machines know a command that comes again.

        Args:
            command: at most ``MAX_COMMAND_BYTES``.
            timeout_s: how long to wait, in seconds.

        Raises:
            QuorumUnavailableError: it was not sent, and will not be applied.
            OutcomeUnknownError: it was sent, and may or may not be applied, also later.
            EngineStoppedError: this node does not take part now.
            CommandTooLongError: it has too many bytes.
        """

    def leader(self) -> str | None:
        """Return the node that leads, or speaks for all; None where none does."""

    def status(self) -> EngineStatus:
        """Return how replication stands."""

    def stop(self) -> None:
        """Take part no longer. What was acknowledged stays."""
