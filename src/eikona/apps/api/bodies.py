"""Bounds on bodies: whatever a request claims or sends, no more than this is read."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eikona.apps.api.problems import problem_of
from eikona.domain.errors import TooManyBytesError

FORM_BYTES_MOST = 20_000  # what a form adds to its picture
_DRAINED_MOST = 1_000_000  # bytes that nobody waits for, and that are read all the same
UPLOADS: Collection[tuple[str, str]] = frozenset({("POST", "/api/v1/posts")})
"""Method and path of what reads its own body, bit by bit, once it knows who calls."""


class BoundedBodies:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, most_bytes: int, upload_bytes_most: int) -> None:
        """Bound the bodies that ``app`` reads."""
        self._app = app
        self._most = most_bytes
        self._upload_most = upload_bytes_most + FORM_BYTES_MOST

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = (scope["method"], scope["path"]) in UPLOADS
        most = self._upload_most if is_upload else self._most
        claimed = headers.get("content-length", "0")
        body = _Bounded(receive, most)
        is_long = int(claimed) > _DRAINED_MOST if claimed.isdecimal() else True
        ending = _Ending(send, body) if is_long or "transfer-encoding" in headers else send
        if not claimed.isdecimal() or int(claimed) > most:
            await problem_of(_too_long(most))(scope, receive, ending)
            return
        await self._app(scope, body, ending)


class _Bounded:
    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._left = most
        self.is_whole = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
            if self._left < 0:
                raise HTTPException(413, str(_too_long(self._most)))
        return message


class _Ending:
    """Ends the connection after an answer that did not wait for the whole body.

    Otherwise the rest would be read, and thrown away, to its end.
    """

    def __init__(self, send: Send, body: _Bounded) -> None:
        self._send = send
        self._body = body

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._body.is_whole:
            MutableHeaders(scope=message)["Connection"] = "close"
        await self._send(message)


def _too_long(most: int) -> TooManyBytesError:
    return TooManyBytesError(f"the body is longer than {most} bytes")
