"""Serves the application over HTTP until it is told to end."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

import uvicorn

from eikona.apps.api.application import create_app
from eikona.apps.api.background import Background
from eikona.apps.api.logs import begin_logging
from eikona.apps.api.quorum import start_quorum
from eikona.apps.api.settings import Settings
from eikona.apps.api.wiring import Server, build
from eikona.domain.errors import UsageError

_BACKLOG = 2048
_END_S = 30  # that requests which are under way have to end


def serve(settings: Settings, *, began: Callable[[str], None]) -> None:
    """Serve until a signal ends it; uploads that are under way end first.

    Args:
        settings: of the server.
        began: told the address once it listens.

    Raises:
        UsageError: the address cannot be listened on.
        EikonaError: a file or folder cannot be used.
    """
    begin_logging(settings.log_level)
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    with ExitStack() as closing, listening:
        quorum, quorum_state = start_quorum(closing, settings)
        server = build(settings, quorum=quorum, quorum_state=quorum_state)
        closing.callback(server.close)
        closing.callback(quorum.close)  # whoever waits for a ruling waits no more
        closing.callback(server.screening.close)
        closing.callback(Background(server).close)
        config = uvicorn.Config(
            create_app(server),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or "",
            timeout_graceful_shutdown=_END_S,
            timeout_keep_alive=30,
            h11_max_incomplete_event_size=65_536,
            lifespan="on",
        )
        began(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        _Uvicorn(config, server).run(sockets=[listening])


class _Uvicorn(uvicorn.Server):
    """Ends streams of events when it is told to end: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, server: Server) -> None:
        super().__init__(config)
        self._server = server

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._server.streams.close()
        super().handle_exit(sig, frame)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): give another"
            " --port, or end what listens there"
        ) from error
    listening.listen(_BACKLOG)
    return listening
