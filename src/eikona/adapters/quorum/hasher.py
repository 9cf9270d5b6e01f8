"""Hashes pictures in a process of its own, which a picture may kill without harm to the node."""

import logging
import socket
import subprocess
import sys
import threading

from eikona.adapters.fingerprint_codec import decode
from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.domain import errors
from eikona.domain.errors import (
    DecoderCrashedError,
    DecodeTimeoutError,
    EikonaError,
    InvalidImageError,
)
from eikona.domain.fingerprint import Fingerprint

_log = logging.getLogger(__name__)
_START_S = 60.0  # that loading may take on a busy machine
_MODULE = "eikona.adapters.quorum.hasher_process"


class Hasher:
    """Fingerprints encoded pictures one at a time; for any thread."""

    def __init__(
        self, *, algorithms: tuple[str, ...], local_features: bool, timeout_s: float = 60.0
    ) -> None:
        """Start the process.

        Args:
            algorithms: names of hashes.
            local_features: whether to take these too.
            timeout_s: seconds that one picture may take.

        Raises:
            OSError: the system starts no more processes.
        """
        self._told = {"algorithms": list(algorithms), "local_features": local_features}
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._is_new = True
        self._start()

    def __call__(self, picture: bytes) -> Fingerprint:
        """Return the fingerprint of encoded bytes.

        Raises:
            EikonaError: there is none; the picture may have killed the process.
            OSError: the system starts no more processes.
        """
        with self._lock:
            if self._channel is None:
                self._start()
            try:
                answer, body = self._ask(picture)
            except BrokenChannelError as error:
                raise self._ended(error) from error
        if "error" in answer:
            raise _error(answer)
        return decode(body)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _ask(self, picture: bytes) -> tuple[dict[str, object], bytes]:
        channel = self._channel
        if channel is None:
            raise BrokenChannelError("the process has ended")
        if self._is_new:
            channel.receive(_START_S)
            self._is_new = False
        return channel.ask({}, picture, timeout_s=self._timeout_s)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._channel, self._is_new = Channel(ours), True
        self._channel.send(self._told)

    def _ended(self, error: BrokenChannelError) -> EikonaError:
        status = None if self._process is None else self._process.poll()
        self._stop()
        _log.warning("a picture ended the process that decodes", extra={"status": status})
        if isinstance(error.__cause__, TimeoutError):
            return DecodeTimeoutError(f"not decoded within {self._timeout_s:g} s")
        return DecoderCrashedError("the picture ended the process that decoded it")

    def _stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._channel = self._process = None


def _error(answer: dict[str, object]) -> EikonaError:
    code, message = str(answer["error"]), str(answer.get("message"))
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, EikonaError) and kind.code == code:
            return kind(message)
    return InvalidImageError(message)
