"""The application: routes, middleware, and the page that documents them."""

from fastapi import FastAPI

import eikona
from eikona.apps.api import (
    admin_routes,
    appeal_routes,
    auth_routes,
    event_routes,
    health_routes,
    me_routes,
    media_routes,
    my_post_routes,
    post_routes,
    review_routes,
)
from eikona.apps.api.bodies import BoundedBodies
from eikona.apps.api.observing import API, Observing
from eikona.apps.api.openapi import describe
from eikona.apps.api.problems import add_handlers
from eikona.apps.api.wiring import Server

_PARTS = (
    auth_routes,
    me_routes,
    my_post_routes,
    post_routes,
    event_routes,
    appeal_routes,
    review_routes,
    admin_routes,
)
_ABOUT = """Fingerprints pictures, finds their copies, and lets a quorum decide what is published.

Times are in UTC, as RFC 3339 has them. Lists come in pages: pass `next` of one page as `after`
to get the following one.

Every error is a problem document (RFC 9457), `application/problem+json`. Its `type` stays the same;
what it means stands at that address, and all of them at `/problems`. Where the status is 429,
`Retry-After` says when to come back.

Log in at `/api/v1/auth/login` and send the access token: `Authorization: Bearer TOKEN`. Programs
send an API key in the same way, or as `X-API-Key`.
"""
_TAGS = [
    {"name": "auth", "description": "Registering, logging in, getting back in."},
    {"name": "users", "description": "One's own account: sessions, API keys, export, deletion."},
    {"name": "posts", "description": "Uploading, looking, changing, reporting."},
    {"name": "events", "description": "What happens, as it happens."},
    {"name": "moderation", "description": "Decisions, their reasons, appeals, reviews."},
    {"name": "administration", "description": "Roles and the audit log."},
    {"name": "operation", "description": "Whether the server works."},
]


def create_app(server: Server) -> FastAPI:
    """Return the application; whoever made ``server`` closes it afterwards."""
    app = FastAPI(
        title="Eikona",
        version=eikona.__version__,
        description=_ABOUT,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
    )
    app.state.server = server
    add_handlers(app)
    for part in _PARTS:
        app.include_router(part.routes, prefix=API)
    for part in (media_routes, health_routes):
        app.include_router(part.routes)
    describe(app)
    settings = server.settings
    app.add_middleware(
        BoundedBodies,
        most_bytes=settings.body_bytes_most,
        upload_bytes_most=settings.upload_bytes_most,
    )
    app.add_middleware(Observing, metrics=server.metrics, requests_most=settings.requests_most)
    return app
