"""Moderation: decisions with their reasons, strikes, appeals, and what reviewers look at."""

from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """What a decision does."""

    REFUSE = "refuse"
    REMOVE = "remove"


class Consequence(StrEnum):
    """What a decision brings upon its account."""

    NONE = "none"
    WARNING = "warning"
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision against a post, with its statement of reasons.

    Attributes:
        id: random.
        account: against whom.
        post: about what.
        measure: what is done with the post.
        consequence: what it brings upon the account.
        ground: the rule that was broken, in one sentence.
        facts: what the decision rests on, in words.
        is_automated: whether the quorum decided, and no person.
        decided_by: id of the reviewer; ``quorum`` where it is automated.
        case: id of the quorum's case, where there is one.
        entry: name of the reference picture that was matched, where there is one.
        at_ms: when.
        overturned_at_ms: when it was taken back; None while it holds.
    """

    id: str
    account: str
    post: str
    measure: Measure
    consequence: Consequence
    ground: str
    facts: str
    is_automated: bool
    decided_by: str
    case: str | None
    entry: str | None
    at_ms: int
    overturned_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Strike:
    """A decision counts against its account, for a time.

    Attributes:
        id: random.
        account: whose.
        decision: what it is for.
        at_ms: when it was given.
        expires_at_ms: from when it counts no more.
        lifted_at_ms: when it was taken back; None while it stands.
    """

    id: str
    account: str
    decision: str
    at_ms: int
    expires_at_ms: int
    lifted_at_ms: int | None = None

    def counts(self, now_ms: int) -> bool:
        """Tell whether it counts."""
        return self.lifted_at_ms is None and now_ms < self.expires_at_ms


class AppealState(StrEnum):
    """How an appeal stands."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Appeal:
    """Somebody objects to a decision.

    Attributes:
        id: random.
        account: who.
        decision: to what.
        text: why.
        state: open until a reviewer answers.
        at_ms: when it was made.
        answer: what the reviewer says; empty before.
        answered_by: id of the reviewer; None before.
        answered_at_ms: when; None before.
    """

    id: str
    account: str
    decision: str
    text: str
    state: AppealState
    at_ms: int
    answer: str = ""
    answered_by: str | None = None
    answered_at_ms: int | None = None


class ReviewKind(StrEnum):
    """Why a person looks."""

    RULING = "ruling"
    REPORT = "report"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class Review:
    """Something that a person must look at.

    Attributes:
        id: random.
        kind: why.
        post: at what.
        appeal: which appeal, where it is one.
        note: what is known, in words.
        opened_at_ms: since when it waits.
        locked_by: id of the reviewer who has it; None where nobody has.
        locked_until_ms: until when.
        closed_at_ms: when it was decided; None before.
    """

    id: str
    kind: ReviewKind
    post: str
    appeal: str | None
    note: str
    opened_at_ms: int
    locked_by: str | None = None
    locked_until_ms: int = 0
    closed_at_ms: int | None = None

    def is_locked_for(self, reviewer: str, now_ms: int) -> bool:
        """Tell whether this reviewer has it now."""
        return self.locked_by == reviewer and now_ms < self.locked_until_ms

    def is_free_for(self, reviewer: str, now_ms: int) -> bool:
        """Tell whether this reviewer may take it."""
        return self.locked_by in (None, reviewer) or now_ms >= self.locked_until_ms


@dataclass(frozen=True, slots=True)
class ContestedEntry:
    """A reference picture on which a decision rested that was taken back.

    Attributes:
        id: name of the entry.
        decision: the last one of these.
        count: how many there were.
        at_ms: when the last one was taken back.
    """

    id: str
    decision: str
    count: int
    at_ms: int
