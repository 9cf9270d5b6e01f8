"""Pictures that are shown: made anew by this server, and sent so that no browser runs them."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from eikona.apps.api.access import Here
from eikona.apps.api.account_models import Id
from eikona.apps.api.media_links import PATH, Audience, Link, Size
from eikona.apps.api.problems import responses
from eikona.domain.errors import NotFoundError
from eikona.domain.post import PostState

routes = APIRouter(prefix=PATH, tags=["posts"])

_MEDIA_TYPE = "image/jpeg"  # what the server makes of every upload
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=300",
}


@routes.get(
    "/{post}/{size}/{audience}/{proof}",
    summary="Show a picture",
    response_class=FileResponse,
    responses={
        200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        **responses(NotFoundError),
    },
)
def show(
    post: Id,
    size: Size,
    audience: Audience,
    proof: Annotated[str, Path(pattern=r"^[0-9]{1,12}-[0-9a-f]{32}$")],
    server: Here,
) -> FileResponse:
    """Return the file behind an address that a post named."""
    until, _, signature = proof.partition("-")
    server.links.check(Link(post, size, audience, int(until)), signature)
    found = server.store.read(lambda records: records.posts.find(post))
    is_public = audience is Audience.EVERYBODY
    if found is None or (is_public and found.state is not PostState.PUBLISHED):
        raise NotFoundError("there is no such picture any more")
    digest = found.rendition if size is Size.PICTURE else found.thumbnail
    return FileResponse(
        server.blobs.path(digest),
        media_type=_MEDIA_TYPE,
        headers=_HEADERS,
        filename=f"{post}.jpg",
        content_disposition_type="inline",
    )
