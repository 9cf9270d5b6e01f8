"""Routes with which people see what was decided against them, and object."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from eikona.apps.api.access import Access, Here
from eikona.apps.api.account_models import Id
from eikona.apps.api.moderation_models import (
    AppealForm,
    AppealShown,
    DecisionShown,
    RecordShown,
    StrikeShown,
)
from eikona.apps.api.problems import responses
from eikona.domain.account import Role
from eikona.domain.caller import Caller
from eikona.domain.errors import InvalidInputError, NotFoundError, StateConflictError
from eikona.services.moderation.appeal import make_appeal

routes = APIRouter(tags=["moderation"])
Myself = Annotated[Caller, Depends(Access(unverified=True, banned=True))]


@routes.get("/users/me/record", summary="Show what was decided against me")
def my_record(server: Here, caller: Myself) -> RecordShown:
    """Return my strikes, and every decision against my posts with its reasons."""
    name, now = caller.account.id, server.clock()
    strikes, decisions = server.store.read(
        lambda records: (records.strikes.of(name), records.decisions.of(name))
    )
    return RecordShown(
        standing=caller.account.standing,
        strikes_in_force=sum(one.counts(now) for one in strikes),
        strikes_to_ban=server.policy.strikes_to_ban,
        strikes=[StrikeShown.of(one, now) for one in strikes],
        decisions=[DecisionShown.of(one, server.policy.appeal_ms) for one in decisions],
    )


@routes.get("/appeals", summary="List my appeals")
def my_appeals(server: Here, caller: Myself) -> list[AppealShown]:
    """Return my appeals, the newest first."""
    found = server.store.read(lambda records: records.appeals.of(caller.account.id))
    return [AppealShown.of(one) for one in found]


@routes.post(
    "/appeals",
    status_code=201,
    summary="Appeal",
    responses=responses(NotFoundError, StateConflictError, InvalidInputError),
)
def appeal(form: AppealForm, server: Here, caller: Myself) -> AppealShown:
    """Object to a decision against me; a person will look at it. Once for each decision."""
    server.limits.take("appeals", caller.account.id, burst=20, per_s=3600.0)
    made = make_appeal(
        form.decision,
        form.text,
        account=caller.account,
        store=server.store,
        clock=server.clock,
        policy=server.policy,
    )
    return AppealShown.of(made)


@routes.get(
    "/posts/{post}/receipt",
    summary="Get the quorum's receipt",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}},
        **responses(NotFoundError),
    },
)
def receipt(post: Id, server: Here, caller: Myself) -> Response:
    """Return what proves the ruling on one's own post: `eikona receipt verify FILE` checks it."""
    found = server.store.read(lambda records: records.posts.find(post))
    is_reviewer = caller.account.role.includes(Role.REVIEWER)
    if found is None or not (is_reviewer or found.account == caller.account.id):
        raise NotFoundError("there is no such post")
    if found.receipt is None:
        raise NotFoundError("the quorum has not ruled yet")
    return Response(server.blobs.read(found.receipt), media_type="application/json")
