"""What the server does besides answering: it sends mail, and deletes what is old."""

import threading
from collections.abc import Callable

import structlog

from eikona.apps.api.wiring import Server
from eikona.domain.errors import EikonaError
from eikona.services.send_mail import send_mail
from eikona.services.sweep import Retention, sweep

_MAIL_EVERY_S = 1.0
_SWEEP_EVERY_S = 1800.0
_log = structlog.get_logger(__name__)


class Background:
    """Threads that end with the server."""

    def __init__(self, server: Server) -> None:
        """Begin."""
        self._stopping = threading.Event()
        self._threads = [
            self._started("mail", _MAIL_EVERY_S, lambda: _mail(server)),
            self._started("sweep", _SWEEP_EVERY_S, lambda: _sweep(server)),
        ]

    def close(self) -> None:
        """Finish what is under way."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _started(self, name: str, every_s: float, work: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(
            target=self._repeat, args=(name, every_s, work), name=name, daemon=True
        )
        thread.start()
        return thread

    def _repeat(self, name: str, every_s: float, work: Callable[[], object]) -> None:
        while not self._stopping.wait(every_s):
            try:
                work()
            except EikonaError as error:
                _log.error("background work failed", work=name, code=error.code, reason=str(error))
            except Exception:  # noqa: BLE001  it is tried again all the same
                _log.exception("background work has a fault", work=name)


def _mail(server: Server) -> None:
    sent, failed = send_mail(store=server.store, postman=server.postman, clock=server.clock)
    if sent or failed:
        _log.info("mail", sent=sent, failed=failed)


def _sweep(server: Server) -> None:
    settings = server.settings
    retention = Retention(1000 * settings.events_kept_s, 1000 * settings.removed_kept_s)
    files = sweep(store=server.store, blobs=server.blobs, clock=server.clock, retention=retention)
    _log.info("sweep", files=files)
