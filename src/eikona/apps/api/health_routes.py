"""Whether the server lives, whether it can work, and its numbers."""

import ipaddress

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from eikona.apps.api.access import Here, network_of
from eikona.apps.api.documentation import page
from eikona.apps.api.problems import TYPE, all_problems, responses
from eikona.apps.api.wiring import Server
from eikona.domain.errors import EikonaError, ForbiddenError, NotFoundError

routes = APIRouter(tags=["operation"])


class Alive(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class Readiness(BaseModel):
    """What works."""

    status: str = Field(examples=["ready"])
    parts: dict[str, str] = Field(
        description="By part: ok, or what is wrong.",
        examples=[{"database": "ok", "disk": "ok", "quorum": "ok"}],
    )


class ProblemKind(BaseModel):
    """What a problem's type means."""

    type: str = Field(examples=["/problems/not_found"])
    status: int = Field(examples=[404])
    meaning: str = Field(examples=["Nothing of this name exists."])


@routes.get("/healthz", summary="Tell that the process answers")
def alive() -> Alive:
    """Answer. Nothing is looked at: restart the server if this fails."""
    return Alive(status="alive")


@routes.get(
    "/readyz",
    summary="Tell whether everything works",
    responses={503: {"model": Readiness, "description": "Something does not."}},
)
def ready(server: Here, response: Response) -> Readiness:
    """Look at each part. Send no traffic here while this is not 200."""
    parts = readiness(server)
    is_ready = all(said == "ok" for said in parts.values())
    response.status_code = 200 if is_ready else 503
    return Readiness(status="ready" if is_ready else "not ready", parts=parts)


@routes.get(
    "/metrics",
    summary="Tell the numbers to Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **responses(ForbiddenError),
    },
)
def numbers(request: Request, server: Here) -> Response:
    """Return all metrics, to the networks of the setting ``metrics_networks``."""
    if not _is_in(network_of(request), server.settings.metrics_networks):
        raise ForbiddenError("metrics are not shown to this network: see metrics_networks")
    server.metrics.waiting_writes.set(server.store.waiting())
    return Response(generate_latest(server.metrics.registry), media_type=CONTENT_TYPE_LATEST)


@routes.get("/docs", include_in_schema=False)
def documentation(request: Request) -> HTMLResponse:
    """Return the page that documents the API; it loads nothing from anywhere."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": policy}
    return HTMLResponse(page(request.app.openapi()), headers=headers)


@routes.get("/problems", summary="List all problem types")
def problems() -> list[ProblemKind]:
    """Return every type that a problem document may have."""
    return [
        ProblemKind(type=TYPE + code, status=status, meaning=meaning)
        for code, (status, meaning) in all_problems().items()
    ]


@routes.get(
    "/problems/{code}", summary="Explain a problem type", responses=responses(NotFoundError)
)
def problem(code: str) -> ProblemKind:
    """Return what a type means."""
    found = all_problems().get(code)
    if found is None:
        raise NotFoundError("no problem has this type")
    return ProblemKind(type=TYPE + code, status=found[0], meaning=found[1])


def readiness(server: Server) -> dict[str, str]:
    """Return of each part: ok, or what is wrong."""
    parts = {"database": "ok", "disk": "ok", "quorum": server.quorum_state()}
    try:
        server.store.read(lambda records: records.events.newest())
    except EikonaError as error:
        parts["database"] = error.code
    if server.blobs.free_bytes() < server.settings.disk_bytes_free_least:
        parts["disk"] = "nearly full"
    return parts


def _is_in(network: str, allowed: str) -> bool:
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return False
    named = (one.strip() for one in allowed.split(",") if one.strip())
    return any(address in ipaddress.ip_network(one, strict=False) for one in named)
