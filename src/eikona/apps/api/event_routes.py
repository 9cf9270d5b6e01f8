"""The stream of events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import StreamingResponse

from eikona.apps.api.access import Access, Here
from eikona.apps.api.problems import responses
from eikona.domain.caller import Caller
from eikona.domain.errors import EikonaError, InvalidInputError, RateLimitedError

routes = APIRouter(prefix="/events", tags=["events"])

_EXAMPLE = """id: 1042
event: post.published
data: {"about": "9f86d081884c7d659a2f", "at_ms": 1795291200000}

"""


@routes.get(
    "",
    summary="Follow what happens",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"example": _EXAMPLE}}},
        **responses(InvalidInputError, RateLimitedError),
    },
)
async def follow(
    server: Here,
    caller: Annotated[Caller, Depends(Access(unverified=True, banned=True))],
    last_event_id: Annotated[
        str | None,
        Header(
            pattern=r"^[0-9]{1,15}$",
            description="Number of the last event that you have: what came since is sent first.",
            examples=["1042"],
        ),
    ] = None,
) -> StreamingResponse:
    """Return server-sent events, as long as you listen.

    Of posts: `post.held`, `post.ballot` (a node has answered), `post.ruled`, `post.published`,
    `post.in_review`, `post.refused`, `post.removed`. Of accounts: `account.warned`,
    `account.banned`, `account.unbanned`. Of appeals: `appeal.upheld`, `appeal.overturned`. For
    everybody: `feed.new`. Each has `about`, the id of what it is about.
    """
    account = caller.account.id
    server.streams.check_room(account)

    def may_go_on() -> bool:
        try:
            session = server.store.read(lambda records: records.sessions.find(caller.session or ""))
        except EikonaError:
            return False
        return session is not None and session.lasts(server.clock())

    after = None if last_event_id is None else int(last_event_id)
    return StreamingResponse(
        server.streams.follow(account, after, may_go_on=may_go_on),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
