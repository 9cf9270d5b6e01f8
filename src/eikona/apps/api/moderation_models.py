"""What goes in and out of the routes of moderation."""

from typing import Self

from pydantic import BaseModel, Field

from eikona.apps.api.account_models import Body, Id
from eikona.apps.api.post_models import PostShown
from eikona.apps.api.times import Time, known_time, time_of
from eikona.domain.account import Account, Role, Standing
from eikona.domain.moderation import (
    Appeal,
    AppealState,
    Consequence,
    Decision,
    Measure,
    Review,
    ReviewKind,
    Strike,
)
from eikona.domain.record import AuditEntry
from eikona.services.moderation.appeal import TEXT_MOST
from eikona.services.moderation.review import ANSWERS, WORDS_MOST, Answer

_ID = "9f86d081884c7d659a2f"


class StrikeShown(BaseModel):
    """A decision that counts against an account."""

    decision: str = Field(examples=[_ID])
    given_at: Time
    expires_at: Time
    lifted_at: Time | None
    counts: bool = Field(description="Whether it counts now.")

    @classmethod
    def of(cls, strike: Strike, now_ms: int) -> Self:
        """Return what is shown of a strike."""
        return cls(
            decision=strike.decision,
            given_at=time_of(strike.at_ms),
            expires_at=time_of(strike.expires_at_ms),
            lifted_at=known_time(strike.lifted_at_ms),
            counts=strike.counts(now_ms),
        )


class DecisionShown(BaseModel):
    """A decision with its statement of reasons."""

    id: str = Field(examples=[_ID])
    post: str = Field(examples=[_ID])
    measure: Measure
    consequence: Consequence
    ground: str = Field(description="The rule that was broken.")
    facts: str = Field(description="What the decision rests on.")
    automated: bool = Field(description="Whether no person decided.")
    case: str | None = Field(description="Of the quorum: its receipt proves the ruling.")
    decided_at: Time
    overturned_at: Time | None
    appeal_until: Time = Field(description="Until when it can be appealed, once.")

    @classmethod
    def of(cls, decision: Decision, appeal_ms: int) -> Self:
        """Return what is shown of a decision."""
        return cls(
            id=decision.id,
            post=decision.post,
            measure=decision.measure,
            consequence=decision.consequence,
            ground=decision.ground,
            facts=decision.facts,
            automated=decision.is_automated,
            case=decision.case,
            decided_at=time_of(decision.at_ms),
            overturned_at=known_time(decision.overturned_at_ms),
            appeal_until=time_of(decision.at_ms + appeal_ms),
        )


class RecordShown(BaseModel):
    """How an account stands with moderation."""

    standing: Standing
    strikes_in_force: int = Field(examples=[1])
    strikes_to_ban: int = Field(examples=[3])
    strikes: list[StrikeShown]
    decisions: list[DecisionShown]


class AppealForm(Body):
    """An objection to a decision."""

    decision: Id = Field(examples=[_ID])
    text: str = Field(min_length=1, max_length=TEXT_MOST, examples=["I took this picture."])


class AppealShown(BaseModel):
    """An objection, and what was answered."""

    id: str = Field(examples=[_ID])
    decision: str = Field(examples=[_ID])
    text: str = Field(examples=["I took this picture."])
    state: AppealState
    made_at: Time
    answer: str = Field(examples=["You did: the reference is of another place."])
    answered_at: Time | None

    @classmethod
    def of(cls, appeal: Appeal) -> Self:
        """Return what is shown of an appeal; not who answered."""
        return cls(
            id=appeal.id,
            decision=appeal.decision,
            text=appeal.text,
            state=appeal.state,
            made_at=time_of(appeal.at_ms),
            answer=appeal.answer,
            answered_at=known_time(appeal.answered_at_ms),
        )


class ReviewShown(BaseModel):
    """Something that a person must look at."""

    id: str = Field(examples=[_ID])
    kind: ReviewKind
    post: str = Field(examples=[_ID])
    note: str = Field(description="What is known.")
    waits_since: Time
    locked: bool = Field(description="Whether somebody else has it now.")
    mine_until: Time | None = Field(description="Until when this reviewer has it.")
    answers: list[Answer] = Field(description="What can be decided.")

    @classmethod
    def of(cls, review: Review, reviewer: str, now_ms: int) -> Self:
        """Return what a reviewer sees of a case in the queue."""
        is_mine = review.is_locked_for(reviewer, now_ms)
        return cls(
            id=review.id,
            kind=review.kind,
            post=review.post,
            note=review.note,
            waits_since=time_of(review.opened_at_ms),
            locked=not review.is_free_for(reviewer, now_ms),
            mine_until=time_of(review.locked_until_ms) if is_mine else None,
            answers=list(ANSWERS[review.kind]),
        )


class CaseShown(BaseModel):
    """A case with everything that a reviewer needs."""

    review: ReviewShown
    post: PostShown
    decision: DecisionShown | None = Field(description="The one that is appealed.")
    appeal: AppealShown | None
    reports: list[str] = Field(description="Why users reported the post.")
    strikes_in_force: int = Field(description="Of the author.", examples=[0])


class AnswerForm(Body):
    """What a reviewer decides."""

    answer: Answer
    words: str = Field(
        min_length=1,
        max_length=WORDS_MOST,
        description="Why; the author reads it.",
        examples=["The reference shows another place."],
    )
    strike: bool = Field(default=False, description="Whether removing a reported post is a strike.")


class RoleForm(Body):
    """A new role."""

    role: Role


class PersonShown(BaseModel):
    """An account, as administrators see it."""

    id: str = Field(examples=[_ID])
    name: str = Field(examples=["ada"])
    role: Role
    standing: Standing

    @classmethod
    def of(cls, account: Account) -> Self:
        """Return what is shown of an account."""
        return cls(id=account.id, name=account.name, role=account.role, standing=account.standing)


class AuditShown(BaseModel):
    """One entry of the audit log."""

    number: int = Field(examples=[1042])
    at: Time
    actor: str = Field(examples=["quorum"])
    action: str = Field(examples=["post.refused"])
    subject: str = Field(examples=[_ID])
    facts: dict[str, str | int | bool | None]
    digest: str = Field(description="Over this entry and the digest of the one before.")

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Return what is shown of an entry."""
        return cls(
            number=entry.number,
            at=time_of(entry.at_ms),
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            facts=dict(entry.facts),
            digest=entry.digest,
        )
