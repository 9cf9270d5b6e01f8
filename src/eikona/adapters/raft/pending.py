"""Commands whose callers wait, from the call to the answer, across every change of leaders."""

import itertools
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TOKEN_BYTES = 16


@dataclass(slots=True)
class _Waiting:
    command: bytes
    answered: threading.Event = field(default_factory=threading.Event)
    result: bytes | None = None
    was_sent: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command: its result, or none in time."""

    result: bytes | None
    was_sent: bool


class Pending:
    """For any thread. Each command gets a token, by which its node knows it again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[bytes, _Waiting] = {}
        self._unsent: dict[bytes, None] = {}  # tokens, the oldest first
        self._prefix = secrets.token_bytes(8)
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._waiting)

    def wait(self, command: bytes, *, timeout_s: float, call: Callable[[], None]) -> Outcome:
        """Wait for a command's result.

        Args:
            command: what is to be sent.
            timeout_s: how long to wait.
            call: tells whoever sends that there is something.
        """
        token = self._prefix + next(self._numbers).to_bytes(8, "big")
        waiting = _Waiting(command)
        with self._lock:
            self._waiting[token] = waiting
            self._unsent[token] = None
        try:
            call()
            waiting.answered.wait(timeout_s)
        finally:
            with self._lock:
                self._waiting.pop(token, None)
                self._unsent.pop(token, None)
        return Outcome(waiting.result, waiting.was_sent)

    def send(self, send: Callable[[bytes], bool]) -> None:
        """Send what is not sent yet, while ``send`` takes it."""
        while self._unsent:
            with self._lock:
                token = next(iter(self._unsent), None)
                waiting = self._waiting.get(token) if token is not None else None
                if token is None or waiting is None:
                    return
                was_sent, waiting.was_sent = waiting.was_sent, True  # before it can be applied
            if not send(token + waiting.command):
                waiting.was_sent = was_sent
                return
            with self._lock:
                self._unsent.pop(token, None)

    def send_again(self) -> None:
        """Take all for unsent, for a leader that has gone may not have passed them on."""
        with self._lock:
            self._unsent = dict.fromkeys(self._waiting)

    def take_back(self, tokens: Sequence[bytes]) -> None:
        """Take commands for unsent that could not be sent after all."""
        with self._lock:
            for token in tokens:
                if token in self._waiting:
                    self._waiting[token].was_sent = False
                    self._unsent[token] = None

    def waits_for(self, tokens: Sequence[bytes]) -> bool:
        """Return whether anyone waits for one of these."""
        return any(token in self._waiting for token in tokens)

    def answer(self, token: bytes, result: bytes) -> None:
        """Give a command's result to whoever waits for it."""
        waiting = self._waiting.get(token)
        if waiting is not None:
            waiting.result = result
            waiting.answered.set()

    def give_up(self) -> None:
        """Let no one wait longer."""
        with self._lock:
            for waiting in self._waiting.values():
                waiting.answered.set()
