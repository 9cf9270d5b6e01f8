"""A few processes that make renditions; one that a picture kills is replaced."""

import queue
import socket
import subprocess
import sys
from contextlib import suppress

import structlog

from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.domain import errors
from eikona.domain.errors import (
    DecoderCrashedError,
    DecodeTimeoutError,
    EikonaError,
    InvalidImageError,
    OverloadedError,
)
from eikona.services.posting.ports import Rendered

_MODULE = "eikona.adapters.renditions.render_process"
_START_S = 60.0  # that loading may take on a busy machine
_FREE_S = 20.0  # to wait for a process that is free

_log = structlog.get_logger(__name__)


class Renderers:
    """Implements ``Render``; for any thread."""

    def __init__(self, *, count: int, timeout_s: float) -> None:
        """Have so many processes at most; each starts when it is needed first.

        Args:
            count: pictures at one time.
            timeout_s: seconds that one may take.
        """
        self._timeout_s = timeout_s
        self._free: queue.LifoQueue[_Process] = queue.LifoQueue()
        self._all = [_Process() for _ in range(count)]
        for process in self._all:
            self._free.put(process)

    def __call__(self, picture: bytes) -> Rendered:
        """Return a picture as it is shown.

        Raises:
            InvalidImageError: it does not decode, or asks for too much.
            OverloadedError: too many are being rendered.
        """
        try:
            process = self._free.get(timeout=_FREE_S)
        except queue.Empty:
            raise OverloadedError("too many pictures at one time", retry_after_s=5) from None
        try:
            header, body = process.ask(picture, self._timeout_s)
        finally:
            self._free.put(process)
        if "error" in header:
            raise _error(header)
        size = int(str(header["bytes"]))
        width, height = int(str(header["width"])), int(str(header["height"]))
        return Rendered(body[:size], body[size:], width, height)

    def close(self) -> None:
        """End the processes."""
        for process in self._all:
            process.stop()


class _Process:
    """One process, for one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None

    def ask(self, picture: bytes, timeout_s: float) -> tuple[dict[str, object], bytes]:
        try:
            channel = self._channel or self._started()
            return channel.ask({}, picture, timeout_s=timeout_s)
        except BrokenChannelError as error:
            self.stop()
            _log.warning("a picture ended the process that renders")
            if isinstance(error.__cause__, TimeoutError):
                raise DecodeTimeoutError(f"not decoded within {timeout_s:g} s") from error
            raise DecoderCrashedError("the picture ended the process that decoded it") from error

    def stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            with suppress(OSError):
                self._process.kill()
            self._process.wait()
        self._channel = self._process = None

    def _started(self) -> Channel:
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._channel = Channel(ours)
        self._channel.receive(_START_S)
        return self._channel


def _error(header: dict[str, object]) -> EikonaError:
    code, message = str(header["error"]), str(header.get("message"))
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, InvalidImageError) and kind.code == code:
            return kind(message)
    return InvalidImageError(message)
