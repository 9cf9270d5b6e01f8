"""Routes of posts: uploading, looking, changing, reporting."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from eikona.apps.api.access import Access, Here
from eikona.apps.api.account_models import Id
from eikona.apps.api.multipart import receive_form
from eikona.apps.api.pages import USUAL_LIMIT, After, Limit, Page, place_of, text_of
from eikona.apps.api.post_models import CaptionForm, PostShown, ReportForm
from eikona.apps.api.problems import responses
from eikona.apps.api.wiring import Server
from eikona.domain.account import Role
from eikona.domain.api_key import Scope
from eikona.domain.caller import Caller
from eikona.domain.errors import (
    AccountBannedError,
    EmailUnverifiedError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidImageError,
    InvalidInputError,
    NotFoundError,
    OverloadedError,
    StateConflictError,
    TooManyBytesError,
)
from eikona.domain.post import ShownPost
from eikona.services.posting.change_post import delete_post, edit_caption, report_post
from eikona.services.posting.look import see_feed, see_post
from eikona.services.posting.upload_post import KEY_MOST, Upload, Uploaded, upload_post

routes = APIRouter(prefix="/posts", tags=["posts"])
Reader = Annotated[Caller, Depends(Access(scope=Scope.POSTS_READ))]
Writer = Annotated[Caller, Depends(Access(scope=Scope.POSTS_WRITE))]

_UPLOADS = 60  # of one account
_UPLOADS_PER_S = 600.0
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["picture"],
                    "properties": {
                        "picture": {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG, GIF, WebP, AVIF, TIFF or BMP; the first"
                            " frame is shown.",
                        },
                        "caption": {"type": "string", "maxLength": 2000, "default": ""},
                    },
                }
            }
        },
    }
}


@routes.post(
    "",
    status_code=201,
    summary="Upload a picture",
    openapi_extra=_FORM,
    responses={
        200: {"model": PostShown, "description": "It was uploaded before, with the same key."},
        **responses(
            InvalidImageError,
            InvalidInputError,
            TooManyBytesError,
            IdempotencyConflictError,
            StateConflictError,
            EmailUnverifiedError,
            AccountBannedError,
        ),
    },
)
async def upload(
    request: Request,
    response: Response,
    server: Here,
    caller: Writer,
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=KEY_MOST,
            description="Any text of yours, another for each upload: sent again with it, an upload"
            " is taken once. Good for a day.",
        ),
    ] = None,
) -> PostShown:
    """Keep a picture, and have the quorum rule on it.

    The answer comes as soon as the picture is kept: it is held, and published or refused a moment
    later, which `GET /api/v1/events` tells. What is shown is made anew from the pixels, so that
    neither place nor device nor anything else of the file is in it.
    """
    account = caller.account.id
    server.limits.take("uploads", account, burst=_UPLOADS, per_s=_UPLOADS_PER_S)
    if server.blobs.free_bytes() < server.settings.disk_bytes_free_least:
        raise OverloadedError("the server's disk is nearly full", retry_after_s=60)
    form = await receive_form(
        request,
        file_field="picture",
        blobs=server.blobs,
        most_bytes=server.settings.upload_bytes_most,
    )
    if unknown := set(form.fields) - {"caption"}:
        raise InvalidInputError(f"the form has no field {min(unknown)}")
    command = Upload(caller.account, form.file, form.fields.get("caption", ""), idempotency_key)
    uploaded = await run_in_threadpool(_keep, server, command)
    if uploaded.is_repeated:
        response.status_code = 200
    shown = ShownPost(uploaded.post, caller.account.name)
    return PostShown.of(shown, server.links, is_insider=True)


@routes.get("", summary="Look at the feed", responses=responses(NotFoundError))
def feed(
    server: Here,
    caller: Reader,
    after: After = None,
    limit: Limit = USUAL_LIMIT,
    by: Annotated[str | None, Query(description="Name of one author.", max_length=64)] = None,
) -> Page[PostShown]:
    """Return published posts, the newest first."""
    found = see_feed(
        viewer=caller.account, store=server.store, before=place_of(after), most=limit, author=by
    )
    items = [PostShown.of(one, server.links, is_insider=False) for one in found]
    last = found[-1].post if len(found) == limit else None
    return Page(
        items=items, next=None if last is None else text_of(last.published_at_ms or 0, last.id)
    )


@routes.get("/{post}", summary="Look at one post", responses=responses(NotFoundError))
def look(post: Id, server: Here, caller: Reader) -> PostShown:
    """Return a post: a published one, or one's own in any state."""
    shown = see_post(post, viewer=caller.account, store=server.store)
    return PostShown.of(shown, server.links, is_insider=_is_insider(shown, caller))


@routes.patch(
    "/{post}",
    summary="Change a caption",
    responses=responses(NotFoundError, StateConflictError, InvalidInputError),
)
def edit(post: Id, form: CaptionForm, server: Here, caller: Writer) -> PostShown:
    """Change the text beside one's own picture."""
    changed = edit_caption(
        post, form.caption, account=caller.account, store=server.store, clock=server.clock
    )
    shown = ShownPost(changed, caller.account.name)
    return PostShown.of(shown, server.links, is_insider=True)


@routes.delete(
    "/{post}", status_code=204, summary="Delete a post", responses=responses(NotFoundError)
)
def delete(post: Id, server: Here, caller: Writer) -> None:
    """Delete one's own post; its files go within some hours."""
    delete_post(post, account=caller.account, store=server.store, clock=server.clock)


@routes.post(
    "/{post}/reports",
    status_code=204,
    summary="Report a post",
    responses=responses(NotFoundError, ForbiddenError, InvalidInputError),
)
def report(
    post: Id, form: ReportForm, server: Here, caller: Annotated[Caller, Depends(Access())]
) -> None:
    """Have a person look at somebody else's post; a second report adds nothing."""
    server.limits.take("reports", caller.account.id, burst=30, per_s=3600.0)
    see_post(post, viewer=caller.account, store=server.store)
    report_post(post, form.reason, account=caller.account, store=server.store, clock=server.clock)


def _keep(server: Server, command: Upload) -> Uploaded:
    with server.metrics.stage_seconds.labels("upload").time():
        uploaded = upload_post(
            command,
            store=server.store,
            blobs=server.blobs,
            render=server.render,
            clock=server.clock,
        )
    server.screening.submit(uploaded.post.id)
    return uploaded


def _is_insider(shown: ShownPost, caller: Caller) -> bool:
    is_own = shown.post.account == caller.account.id
    return is_own or caller.account.role.includes(Role.REVIEWER)
