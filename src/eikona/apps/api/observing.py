"""Around every request: an id, a line in the log, the metrics, and headers that browsers heed."""

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eikona.apps.api.metrics import Metrics
from eikona.apps.api.problems import problem_of
from eikona.domain.errors import OverloadedError

REQUEST_ID = "X-Request-ID"
_GOOD_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ALWAYS_ANSWERED = frozenset({"/healthz", "/readyz", "/metrics"})
_QUIET = _ALWAYS_ANSWERED
API = "/api/v1"  # of routers, whose routes do not name it
_LISTENERS = "/api/v1/events"

_log = structlog.get_logger("eikona.requests")


class Observing:
    """ASGI middleware; the outermost."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, requests_most: int) -> None:
        """Stand around ``app``."""
        self._app = app
        self._metrics = metrics
        self._most = requests_most
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        name = given if _GOOD_ID.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        seen = _Seen(send, name)
        began = time.perf_counter()
        self._metrics.under_way.inc()
        counts = scope["path"] != _LISTENERS  # which are bounded by themselves
        self._under_way += counts
        try:
            if self._under_way > self._most and scope["path"] not in _ALWAYS_ANSWERED:
                await problem_of(OverloadedError("too many requests at one time"))(
                    scope, receive, seen
                )
            else:
                await self._app(scope, receive, seen)
        finally:
            self._under_way -= counts
            self._metrics.under_way.dec()
            self._record(scope, seen, time.perf_counter() - began)

    def _record(self, scope: Scope, seen: "_Seen", took_s: float) -> None:
        prefix = API if scope["path"].startswith(f"{API}/") else ""
        route = prefix + getattr(scope.get("route"), "path", "none")
        method = scope["method"]
        self._metrics.requests.labels(method, route, str(seen.status)).inc()
        self._metrics.seconds.labels(method, route).observe(took_s)
        if scope["path"] not in _QUIET:
            _log.info(
                "answered",
                method=method,
                route=route,
                status=seen.status,
                took_ms=round(took_s * 1000, 1),
            )


class _Seen:
    """Passes an answer on, with headers added, and remembers its status."""

    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self._name = name
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self._name
            for key, value in _HEADERS.items():
                headers.setdefault(key, value)
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)
