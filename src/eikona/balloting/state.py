"""What every node of a quorum knows: cases in their order, who sits, who is lost, the log."""

from dataclasses import dataclass, field

from eikona.balloting.canonical import Json
from eikona.balloting.merkle import Frontier
from eikona.domain.ballot import Announcement, SignedBallot
from eikona.domain.bounds import KeyId
from eikona.domain.case import Case, Submission
from eikona.domain.receipt import Receipt
from eikona.domain.roster import Absence, Enrolment, SignedStanding
from eikona.domain.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Capacities:
    """How much a quorum holds at once; the same on every node.

    Attributes:
        open: cases before the nodes; further ones are held, in order.
        held: cases that wait to be opened; further ones are refused.
        decided: decisions whose ballots are kept for their receipt.
        remembered: decisions of which the outcome is kept, so that a case sent again is known.
    """

    open: int = 256
    held: int = 4096
    decided: int = 512
    remembered: int = 65536


@dataclass(frozen=True, slots=True)
class Held:
    """A case that waits to be opened."""

    number: int
    submission: Submission


@dataclass(slots=True)
class OpenCase:
    """A case before the nodes, with what they have answered by now."""

    case: Case
    digest: bytes
    ballots: dict[str, SignedBallot] = field(default_factory=dict)
    equivocations: dict[str, SignedBallot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is left of a decision that is folded into the log."""

    position: int
    outcome: Outcome
    submission: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Two ballots that one key signed for one case: nobody honest does that."""

    first: SignedBallot
    second: SignedBallot


@dataclass(slots=True)
class State:
    """The state that commands change.

    Attributes:
        quorum: key id of the administrator.
        enrolment: who sits; None until the administrator's first roster.
        epoch: how often standings or the roster have changed.
        lost: why nodes count as lost, by node.
        motions: words on the standing of a node, by node and by who gave them; void at the next
            epoch.
        banks: newest announcement of each node.
        archived: receipts that each node has on disk.
        accepted: cases so far.
        held: cases that wait to be opened, in order.
        open: cases before the nodes, in order.
        decided: decisions with their ballots, oldest first.
        remembered: outcomes of the newest decisions, oldest first, those in ``decided`` among them.
        frontier: the log of decisions.
        suspects: first proof against each key, by key id.
        history: digest of every command that changed something, and of its result.
    """

    quorum: KeyId
    enrolment: Enrolment | None = None
    epoch: int = 0
    lost: dict[str, Absence] = field(default_factory=dict)
    motions: dict[str, dict[str, SignedStanding]] = field(default_factory=dict)
    banks: dict[str, Announcement] = field(default_factory=dict)
    archived: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    held: dict[str, Held] = field(default_factory=dict)
    open: dict[str, OpenCase] = field(default_factory=dict)
    decided: dict[str, Receipt] = field(default_factory=dict)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    suspects: dict[str, Proof] = field(default_factory=dict)
    history: bytes = bytes(32)

    @property
    def seats(self) -> frozenset[str]:
        """Who sits."""
        return frozenset() if self.enrolment is None else frozenset(self.enrolment.keys)

    def key_of(self, node: str) -> bytes | None:
        """Return the key in force of a node; None where it has no seat."""
        return None if self.enrolment is None else self.enrolment.keys.get(node)


@dataclass(slots=True)
class Effects:
    """What one command brought about.

    Attributes:
        changed: whether it changed anything.
        opened: ids of cases that nodes may answer now, for the first time or anew, in order.
        ruled: how the cases that were decided stand, in order.
    """

    changed: bool = False
    opened: list[str] = field(default_factory=list)
    ruled: list[Json] = field(default_factory=list)
