"""Routes of reviewers: the queue, and what they decide."""

from typing import Annotated

from fastapi import APIRouter, Depends

from eikona.apps.api.access import Access, Here
from eikona.apps.api.account_models import Id
from eikona.apps.api.moderation_models import (
    AnswerForm,
    AppealShown,
    CaseShown,
    DecisionShown,
    ReviewShown,
)
from eikona.apps.api.pages import USUAL_LIMIT, After, Limit, Page, place_of, text_of
from eikona.apps.api.post_models import PostShown
from eikona.apps.api.problems import responses
from eikona.apps.api.wiring import Server
from eikona.domain.account import Account, Role
from eikona.domain.caller import Caller
from eikona.domain.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    StateConflictError,
)
from eikona.domain.moderation import Review
from eikona.services.moderation.review import Decide, decide, put_back, take
from eikona.services.store.records import Records

routes = APIRouter(prefix="/admin/reviews", tags=["moderation"])
Reviewer = Annotated[Caller, Depends(Access(role=Role.REVIEWER))]


@routes.get("", summary="List what is to be looked at")
def queue(
    server: Here, caller: Reviewer, after: After = None, limit: Limit = USUAL_LIMIT
) -> Page[ReviewShown]:
    """Return what waits for a person, the longest waiting first."""
    found = server.store.read(
        lambda records: records.reviews.waiting(after=place_of(after), most=limit)
    )
    now = server.clock()
    items = [ReviewShown.of(one, caller.account.id, now) for one in found]
    last = found[-1] if len(found) == limit else None
    return Page(items=items, next=None if last is None else text_of(last.opened_at_ms, last.id))


@routes.get("/{review}", summary="Look at one case", responses=responses(NotFoundError))
def look(review: Id, server: Here, caller: Reviewer) -> CaseShown:
    """Return a case with its post, and the decision that is appealed, if one is."""
    return server.store.read(
        lambda records: _shown(records, records.reviews.get(review), server, caller.account)
    )


@routes.post(
    "/{review}/lock",
    summary="Take a case",
    responses=responses(NotFoundError, StateConflictError, ForbiddenError),
)
def lock(review: Id, server: Here, caller: Reviewer) -> ReviewShown:
    """Have a case to oneself for a quarter of an hour; again for longer."""
    taken = take(
        review,
        reviewer=caller.account,
        store=server.store,
        clock=server.clock,
        policy=server.policy,
    )
    return ReviewShown.of(taken, caller.account.id, server.clock())


@routes.delete(
    "/{review}/lock",
    status_code=204,
    summary="Put a case back",
    responses=responses(NotFoundError, StateConflictError),
)
def unlock(review: Id, server: Here, caller: Reviewer) -> None:
    """Let others take a case."""
    put_back(review, reviewer=caller.account, store=server.store, clock=server.clock)


@routes.post(
    "/{review}/decision",
    status_code=204,
    summary="Decide a case",
    responses=responses(NotFoundError, StateConflictError, ForbiddenError, InvalidInputError),
)
def answer(review: Id, form: AnswerForm, server: Here, caller: Reviewer) -> None:
    """Decide a case that one has taken, with all that follows.

    Overturning takes strike and ban back, publishes the post, and marks the reference picture as
    contested. Refusing what the quorum doubted never is a strike.
    """
    decide(
        Decide(review, form.answer, form.words, strikes=form.strike),
        reviewer=caller.account,
        store=server.store,
        clock=server.clock,
        policy=server.policy,
    )


def _shown(records: Records, review: Review, server: Server, reviewer: Account) -> CaseShown:
    shown = records.posts.shown(review.post)
    if shown is None:
        raise NotFoundError("the post is deleted")
    now = server.clock()
    appeal = None if review.appeal is None else records.appeals.get(review.appeal)
    decision = None if appeal is None else records.decisions.get(appeal.decision)
    return CaseShown(
        review=ReviewShown.of(review, reviewer.id, now),
        post=PostShown.of(shown, server.links, is_insider=True),
        decision=(
            None if decision is None else DecisionShown.of(decision, server.policy.appeal_ms)
        ),
        appeal=None if appeal is None else AppealShown.of(appeal),
        reports=[one.reason for one in records.reports.about(review.post)],
        strikes_in_force=sum(one.counts(now) for one in records.strikes.of(shown.post.account)),
    )
