"""How other threads wake one that waits for its connections."""

import selectors
import socket
import threading


class Wakeup:
    """Makes a selector return at once; many calls before it does count as one."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._caller, self._called = socket.socketpair()
        for end in (self._caller, self._called):
            end.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._was_called = threading.Event()
        selector.register(self._called, selectors.EVENT_READ, self._clear)

    def call(self) -> None:
        """Wake the thread; for any thread."""
        if not self._was_called.is_set():
            self._was_called.set()
            try:
                self._caller.send(b"\0")
            except OSError:
                return  # it is full, so it wakes; or closed, so nobody is there

    def close(self) -> None:
        """Wake nobody any more."""
        self._caller.close()
        self._called.close()

    def _clear(self) -> None:
        self._was_called.clear()
        try:
            while self._called.recv(4096):
                pass
        except BlockingIOError:
            return
