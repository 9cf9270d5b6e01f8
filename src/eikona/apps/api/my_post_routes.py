"""Routes with which people look after what is theirs: posts in every state, whom they block."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from eikona.apps.api.access import Access, Here
from eikona.apps.api.pages import USUAL_LIMIT, After, Limit, Page, place_of, text_of
from eikona.apps.api.post_models import BlockShown, PostShown
from eikona.apps.api.problems import responses
from eikona.apps.api.times import time_of
from eikona.domain.caller import Caller
from eikona.domain.errors import ForbiddenError, NotFoundError
from eikona.services.posting.block_user import block_user, unblock_user

routes = APIRouter(prefix="/users", tags=["users"])
Myself = Annotated[Caller, Depends(Access(unverified=True, banned=True))]
Anybody = Annotated[Caller, Depends(Access())]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["mallory"])]


@routes.get("/me/posts", summary="List my posts")
def mine(
    server: Here, caller: Myself, after: After = None, limit: Limit = USUAL_LIMIT
) -> Page[PostShown]:
    """Return my posts in every state, the newest first."""
    found = server.store.read(
        lambda records: records.posts.of(caller.account.id, before=place_of(after), most=limit)
    )
    items = [PostShown.of(one, server.links, is_insider=True) for one in found]
    last = found[-1].post if len(found) == limit else None
    return Page(items=items, next=None if last is None else text_of(last.created_at_ms, last.id))


@routes.get("/me/blocks", summary="List whom I block")
def blocked(server: Here, caller: Myself) -> list[BlockShown]:
    """Return whose posts I do not see, and who do not see mine."""
    found = server.store.read(
        lambda records: [
            (records.accounts.get(one.blocked).name, one.at_ms)
            for one in records.blocks.of(caller.account.id)
        ]
    )
    return [BlockShown(name=name, since=time_of(at_ms)) for name, at_ms in found]


@routes.put(
    "/me/blocks/{name}",
    status_code=204,
    summary="Block somebody",
    responses=responses(NotFoundError, ForbiddenError),
)
def block(name: Name, server: Here, caller: Anybody) -> None:
    """See nothing of somebody any more, and not be seen."""
    block_user(name, account=caller.account, store=server.store, clock=server.clock)


@routes.delete(
    "/me/blocks/{name}",
    status_code=204,
    summary="Stop blocking somebody",
    responses=responses(NotFoundError),
)
def unblock(name: Name, server: Here, caller: Anybody) -> None:
    """See somebody again."""
    unblock_user(name, account=caller.account, store=server.store)
