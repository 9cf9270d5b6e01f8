"""Passwords under Argon2id (RFC 9106), a few at a time: each takes its memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from eikona.domain.errors import OverloadedError

_WAIT_S = 5.0


class ArgonPasswords:
    """Implements ``Passwords``; for any thread."""

    def __init__(self, *, memory_kib: int, rounds: int, at_once: int = 2) -> None:
        """Hash with so much memory, so many rounds.

        Args:
            memory_kib: for each password, in KiB.
            rounds: over that memory.
            at_once: passwords at one time.
        """
        self._hasher = PasswordHasher(
            time_cost=rounds, memory_cost=memory_kib, parallelism=1, type=Type.ID
        )
        self._places = threading.BoundedSemaphore(at_once)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what is kept of a password.

        Raises:
            OverloadedError: too many are being hashed.
        """
        with self._place():
            return self._hasher.hash(password)

    def verify(self, kept: str, password: str) -> bool:
        """Tell whether this is the password; takes as long where ``kept`` is empty.

        Raises:
            OverloadedError: too many are being hashed.
        """
        with self._place():
            try:
                self._hasher.verify(kept or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return bool(kept)

    def is_outdated(self, kept: str) -> bool:
        """Tell whether it should be hashed anew, with what is thought safe now."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=_WAIT_S):
            raise OverloadedError("too many passwords are being checked", retry_after_s=_WAIT_S)
        try:
            yield
        finally:
            self._places.release()
