"""What the nodes of a Raft say to each other, and what stands in its log."""

from dataclasses import dataclass
from enum import IntEnum


class EntryKind(IntEnum):
    """What an entry of the log is for."""

    NOTHING = 0  # a new leader's first entry, which commits those of earlier terms
    COMMAND = 1
    MEMBERS = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the log."""

    index: int
    term: int
    kind: EntryKind
    data: bytes


@dataclass(frozen=True, slots=True)
class Member:
    """A node that belongs to the cluster.

    Attributes:
        name: what the others call it.
        address: ``host:port`` where it listens.
        certificate: the one that it must show, in DER; the sole ground on which it is trusted.
    """

    name: str
    address: str
    certificate: bytes


@dataclass(frozen=True, slots=True)
class HardState:
    """What a node must not forget before it says a word: its term, and its vote in it."""

    term: int = 0
    voted_for: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """The log begins after this place, for a snapshot holds all up to it."""

    index: int = 0
    term: int = 0
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class AskVote:
    """A candidate asks for a vote; in a trial, whether it would get one (thesis, 9.6)."""

    term: int
    last_index: int
    last_term: int
    is_trial: bool


@dataclass(frozen=True, slots=True)
class VoteAnswer:
    """A vote, given or refused; ``term`` is the asked one where it is given."""

    term: int
    is_given: bool
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Append:
    """A leader's entries after ``before_index``; none are a heartbeat."""

    term: int
    before_index: int
    before_term: int
    committed: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class AppendAnswer:
    """What a follower holds.

    Attributes:
        term: the follower's.
        matched: up to where its log is known to be the leader's; durable.
        refused: the ``before_index`` that it has not, or has otherwise; None where it accepted.
        hint: where refused, the last place at which the logs may agree.
    """

    term: int
    matched: int
    refused: int | None = None
    hint: int = 0


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """Some bytes of a leader's snapshot file."""

    term: int
    index: int
    size: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class SnapshotAnswer:
    """How much of a snapshot file has come."""

    term: int
    index: int
    received: int


@dataclass(frozen=True, slots=True)
class Forward:
    """What came to a node that does not lead.

    Attributes:
        data: a command with its token, or a wish for other members.
        is_about_members: which of both.
    """

    data: bytes
    is_about_members: bool = False


Message = AskVote | VoteAnswer | Append | AppendAnswer | SnapshotPart | SnapshotAnswer | Forward
