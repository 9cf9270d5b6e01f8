"""What a node of a Raft knows, and what it wants done; no I/O, no clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from eikona.adapters.raft.memory_log import MemoryLog
from eikona.adapters.raft.messages import Entry, EntryKind, HardState, Mark, Member, Message
from eikona.adapters.raft.wire import unpack_members


class Role(Enum):
    """What a node is at the moment."""

    FOLLOWER = "follower"
    TRYING = "trying"  # asks whether it would be elected
    CANDIDATE = "candidate"
    LEADER = "leader"


class Sending(Enum):
    """How a leader sends to a follower."""

    PROBE = "probe"  # one message, until the logs are known to meet
    STREAM = "stream"  # without waiting for answers
    SNAPSHOT = "snapshot"  # what it needs is no longer in the log


@dataclass(frozen=True, slots=True)
class Timing:
    """How long nodes wait for each other, in seconds.

    Attributes:
        heartbeat_s: a leader lets its followers hear from it this often.
        election_min_s, election_max_s: a follower that hears nothing for a time that is drawn anew
            between these stands for election; a leader that hears no majority for the longer one
            steps down.
    """

    heartbeat_s: float = 0.075
    election_min_s: float = 0.5
    election_max_s: float = 1.0


@dataclass(slots=True)
class Progress:
    """What a leader knows of one follower."""

    next_index: int
    matched: int = 0
    sending: Sending = Sending.PROBE
    is_waiting: bool = False  # a probe is under way
    heard_at: float = 0.0


@dataclass(slots=True)
class Effects:
    """What is to be done, in this order.

    Attributes:
        send_now: messages that promise nothing about this node's disk.
        hard: term and vote to be stored.
        mark: where the log begins anew, to be stored.
        entries: to be stored; one whose place is taken replaces that entry and all after it.
        send_after: messages that may leave only when all of the above is on the disk.
        committed: to be applied, in order.
        snapshots: who needs the latest snapshot.
    """

    send_now: list[tuple[str, Message]] = field(default_factory=list)
    hard: HardState | None = None
    mark: Mark | None = None
    entries: list[Entry] = field(default_factory=list)
    send_after: list[tuple[str, Message]] = field(default_factory=list)
    committed: Sequence[Entry] = ()
    snapshots: set[str] = field(default_factory=set)

    @property
    def must_store(self) -> bool:
        """Return whether anything is to be stored."""
        return bool(self.entries) or self.hard is not None or self.mark is not None

    def __bool__(self) -> bool:
        return self.must_store or bool(
            self.send_now or self.send_after or self.committed or self.snapshots
        )


class RaftState:
    """Everything that the rules of Raft read and write."""

    def __init__(
        self,
        me: str,
        *,
        hard: HardState,
        mark: Mark,
        entries: Sequence[Entry],
        timing: Timing,
        jitter: Callable[[], float],
    ) -> None:
        self.me = me
        self.timing = timing
        self.jitter = jitter
        self.now = 0.0
        self.role = Role.FOLLOWER
        self.term = hard.term
        self.voted_for = hard.voted_for
        self.leader: str | None = None
        self.heard_leader_at = float("-inf")
        self.log = MemoryLog(mark.index, mark.term)
        self.log.append(entries)
        self.commit = mark.index
        self.handed_on = mark.index  # committed entries up to here were given out to be applied
        self.durable = self.log.last_index
        self.configurations: list[tuple[int, tuple[Member, ...]]] = [(mark.index, mark.members)]
        self.note_members(entries)
        self.votes: set[str] = set()
        self.followers: dict[str, Progress] = {}
        self.first_of_term = 0  # where a leader's own term begins
        self.must_tell = False  # followers do not know all that they might
        self.election_at = 0.0
        self.beat_at = 0.0
        self.effects = Effects()

    @property
    def members(self) -> tuple[Member, ...]:
        """Return the members that count: those of the latest list in the log, committed or not."""
        return self.configurations[-1][1]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the members' names."""
        return tuple(member.name for member in self.members)

    @property
    def majority(self) -> int:
        """Return how many members decide."""
        return len(self.members) // 2 + 1

    @property
    def others(self) -> tuple[str, ...]:
        """Return the other members' names."""
        return tuple(name for name in self.names if name != self.me)

    def note_members(self, entries: Sequence[Entry]) -> None:
        """Take over the lists of members among new entries of the log."""
        for entry in entries:
            if entry.kind is EntryKind.MEMBERS:
                self.configurations.append((entry.index, unpack_members(entry.data)))

    def forget_members_from(self, index: int) -> None:
        """Go back to the list that held before a place whose entries are cut off."""
        kept = [item for item in self.configurations if item[0] < index]
        self.configurations = kept or self.configurations[:1]

    def members_at(self, index: int) -> tuple[Member, ...]:
        """Return the list that held at a place, which the log's base must not be after."""
        held = self.configurations[0][1]
        for at, members in self.configurations:
            if at <= index:
                held = members
        return held

    def reset_election(self) -> None:
        """Draw anew how long to wait for a leader."""
        timing = self.timing
        span = timing.election_max_s - timing.election_min_s
        self.election_at = self.now + timing.election_min_s + span * self.jitter()

    def set_hard(self, term: int, voted_for: str | None) -> None:
        """Take over a term and a vote, to be stored before anything is said."""
        if (term, voted_for) != (self.term, self.voted_for):
            self.term, self.voted_for = term, voted_for
            self.effects.hard = HardState(term, voted_for)

    def follow(self, term: int, leader: str | None) -> None:
        """Become a follower, in this or a later term."""
        if term > self.term:
            self.set_hard(term, None)
        if self.role is not Role.FOLLOWER or leader != self.leader:
            self.reset_election()
        self.role = Role.FOLLOWER
        self.leader = leader
        self.followers = {}
        self.votes = set()
