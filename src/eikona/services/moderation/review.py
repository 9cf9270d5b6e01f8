"""Reviewers take what waits, look at it alone for a time, and decide it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from eikona.domain.account import Account
from eikona.domain.errors import ForbiddenError, InvalidInputError, StateConflictError
from eikona.domain.moderation import AppealState, Measure, Review, ReviewKind
from eikona.domain.post import Post, PostState
from eikona.services.audit_log import note
from eikona.services.moderation import letters
from eikona.services.moderation.decide import Grounds, decide_against, overturn, publish
from eikona.services.moderation.policy import ModerationPolicy
from eikona.services.store.records import Records, Store

WORDS_MOST = 2000  # characters


class Answer(StrEnum):
    """What a reviewer decides."""

    PUBLISH = "publish"
    REFUSE = "refuse"
    KEEP = "keep"
    REMOVE = "remove"
    UPHOLD = "uphold"
    OVERTURN = "overturn"


ANSWERS = {
    ReviewKind.RULING: (Answer.PUBLISH, Answer.REFUSE),
    ReviewKind.REPORT: (Answer.KEEP, Answer.REMOVE),
    ReviewKind.APPEAL: (Answer.UPHOLD, Answer.OVERTURN),
}


@dataclass(frozen=True, slots=True)
class Decide:
    """What a reviewer says.

    Attributes:
        review: id of what he has taken.
        answer: one of ``ANSWERS`` for its kind.
        words: why; the author reads it.
        strikes: whether removing a reported post counts as a strike.
    """

    review: str
    answer: Answer
    words: str
    strikes: bool = False


def take(
    name: str,
    *,
    reviewer: Account,
    store: Store,
    clock: Callable[[], int],
    policy: ModerationPolicy,
) -> Review:
    """Take a case, or take it for longer; nobody else may decide it meanwhile.

    Raises:
        NotFoundError: there is no such case.
        StateConflictError: it is decided, or somebody else has it.
        ForbiddenError: the reviewer would judge himself.
    """
    now = clock()

    def lock(records: Records) -> Review:
        review = records.reviews.get(name)
        if review.closed_at_ms is not None:
            raise StateConflictError("this is decided already")
        if not review.is_free_for(reviewer.id, now):
            raise StateConflictError("another reviewer has this: take another")
        _check_impartial(records, review, reviewer)
        locked = replace(review, locked_by=reviewer.id, locked_until_ms=now + policy.lock_ms)
        records.reviews.put(locked)
        return locked

    return store.write(lock)


def put_back(name: str, *, reviewer: Account, store: Store, clock: Callable[[], int]) -> None:
    """Let others take a case.

    Raises:
        NotFoundError: there is no such case.
        StateConflictError: the reviewer does not have it.
    """
    now = clock()

    def unlock(records: Records) -> None:
        review = _held(records, name, reviewer, now)
        records.reviews.put(replace(review, locked_by=None, locked_until_ms=0))

    store.write(unlock)


def decide(
    command: Decide,
    *,
    reviewer: Account,
    store: Store,
    clock: Callable[[], int],
    policy: ModerationPolicy,
) -> Review:
    """Decide a case, with all that follows.

    Raises:
        NotFoundError: there is no such case.
        StateConflictError: the reviewer does not have it, or not any more.
        InvalidInputError: the answer does not belong to the case, or gives no reason.
    """
    now, words = clock(), command.words.strip()
    if not 1 <= len(words) <= WORDS_MOST:
        raise InvalidInputError(f"say why, in 1 to {WORDS_MOST} characters")

    def run(records: Records) -> Review:
        review = _held(records, command.review, reviewer, now)
        _check_impartial(records, review, reviewer)
        if command.answer not in ANSWERS[review.kind]:
            allowed = " or ".join(ANSWERS[review.kind])
            raise InvalidInputError(f"a case of this kind is answered by {allowed}")
        if command.strikes and command.answer is not Answer.REMOVE:
            raise InvalidInputError("only removing a reported post can be a strike")
        closed = replace(review, closed_at_ms=now, locked_by=reviewer.id)
        records.reviews.put(closed)
        note(
            records,
            at_ms=now,
            actor=reviewer.id,
            action=f"review.{command.answer}",
            subject=review.id,
            facts={"post": review.post},
        )
        one = _One(records, review, reviewer.id, words, policy, now)
        if review.kind is ReviewKind.APPEAL:
            one.answer_appeal(command.answer)
        else:
            one.answer_post(command)
        return closed

    return store.write(run)


@dataclass(frozen=True, slots=True)
class _One:
    """One case that is being decided."""

    records: Records
    review: Review
    reviewer: str
    words: str
    policy: ModerationPolicy
    now_ms: int

    def answer_post(self, command: Decide) -> None:
        post = self.records.posts.get(self.review.post)
        match command.answer:
            case Answer.PUBLISH if post.state is PostState.HELD:
                publish(self.records, post, by=self.reviewer, now_ms=self.now_ms)
            case Answer.REFUSE if post.state is PostState.HELD:
                self._against(post, Measure.REFUSE, strikes=False)  # a doubt never strikes
            case Answer.REMOVE if post.state is PostState.PUBLISHED:
                self._against(post, Measure.REMOVE, strikes=command.strikes)

    def answer_appeal(self, answer: Answer) -> None:
        appeal = self.records.appeals.get(str(self.review.appeal))
        state = AppealState.OVERTURNED if answer is Answer.OVERTURN else AppealState.UPHELD
        answered = replace(
            appeal,
            state=state,
            answer=self.words,
            answered_by=self.reviewer,
            answered_at_ms=self.now_ms,
        )
        self.records.appeals.put(answered)
        decision = self.records.decisions.get(appeal.decision)
        if state is AppealState.OVERTURNED and decision.overturned_at_ms is None:
            overturn(
                self.records, decision, by=self.reviewer, policy=self.policy, now_ms=self.now_ms
            )
        facts = {"decision": decision.id}
        self.records.events.tell(appeal.account, f"appeal.{state}", appeal.id, facts, self.now_ms)
        account = self.records.accounts.get(appeal.account)
        letters.answer_to_appeal(self.records, account, answered, at_ms=self.now_ms)

    def _against(self, post: Post, measure: Measure, *, strikes: bool) -> None:
        grounds = Grounds(
            ground=self.words,
            facts=self.review.note,
            decided_by=self.reviewer,
            is_automated=False,
            case=post.case,
        )
        decide_against(
            self.records,
            post,
            measure,
            grounds,
            strikes=strikes,
            policy=self.policy,
            now_ms=self.now_ms,
        )


def _held(records: Records, name: str, reviewer: Account, now_ms: int) -> Review:
    review = records.reviews.get(name)
    if review.closed_at_ms is not None:
        raise StateConflictError("this is decided already")
    if not review.is_locked_for(reviewer.id, now_ms):
        raise StateConflictError("take the case first: you do not have it, or not any more")
    return review


def _check_impartial(records: Records, review: Review, reviewer: Account) -> None:
    post = records.posts.get(review.post)
    if post.account == reviewer.id:
        raise ForbiddenError("nobody judges his own post")
    if review.appeal is not None:
        decision = records.decisions.get(records.appeals.get(review.appeal).decision)
        if decision.decided_by == reviewer.id:
            raise ForbiddenError("whoever took a decision does not judge the appeal against it")
