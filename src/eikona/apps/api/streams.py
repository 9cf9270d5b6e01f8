"""Streams of events: whoever listens is told what the store holds for it, as it comes."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from eikona.domain.errors import RateLimitedError
from eikona.domain.record import Event
from eikona.services.store.records import Store

LISTENERS_MOST = 1000
_OF_ONE_MOST = 10  # listeners of one account
_AT_ONCE = 200  # events
_ALIVE_EVERY_S = 15.0  # a line that keeps proxies from ending a silent connection


class Streams:
    """Lives on the event loop; ``ring`` is for any thread."""

    def __init__(self, store: Store) -> None:
        """Begin without listeners."""
        self._store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: set[asyncio.Event] = set()
        self._listeners: Counter[str] = Counter()
        self._is_closing = False

    def ring(self) -> None:
        """Let listeners look whether there is something new."""
        loop = self._loop
        if loop is not None and self._bells:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """End all streams; clients come back by themselves, and miss nothing."""
        self._is_closing = True
        self.ring()

    def check_room(self, account: str) -> None:
        """Check that one more may listen.

        Raises:
            RateLimitedError: too many do already.
        """
        too_many = sum(self._listeners.values()) >= LISTENERS_MOST
        if too_many or self._listeners[account] >= _OF_ONE_MOST:
            raise RateLimitedError("too many listeners", retry_after_s=5)

    async def follow(
        self, account: str, after: int | None, *, may_go_on: Callable[[], bool]
    ) -> AsyncIterator[str]:
        """Yield events of an account, in the form of server-sent events.

        Args:
            account: who listens.
            after: number of the last event that it has; None for only what is new.
            may_go_on: asked now and then whether it may still listen.
        """
        self._loop = asyncio.get_running_loop()
        bell = asyncio.Event()
        self._bells.add(bell)
        self._listeners[account] += 1
        try:
            number = await self._newest() if after is None else after
            yield f": listening\nretry: 2000\nid: {number}\n\n"
            while not self._is_closing:
                bell.clear()
                for event in await self._after(number, account):
                    number = event.number
                    yield as_text(event)
                if not await self._rang(bell):
                    if not await run_in_threadpool(may_go_on):
                        return
                    yield ": still here\n\n"
        finally:
            self._bells.discard(bell)
            self._listeners[account] -= 1

    async def _rang(self, bell: asyncio.Event) -> bool:
        try:
            await asyncio.wait_for(bell.wait(), _ALIVE_EVERY_S)
        except TimeoutError:
            return False
        return True

    async def _newest(self) -> int:
        return await run_in_threadpool(self._store.read, lambda records: records.events.newest())

    async def _after(self, number: int, account: str) -> list[Event]:
        return await run_in_threadpool(
            self._store.read, lambda records: records.events.after(number, account, _AT_ONCE)
        )

    def _wake(self) -> None:
        for bell in self._bells:
            bell.set()


def as_text(event: Event) -> str:
    """Return an event in the form of server-sent events."""
    told = {"about": event.about, "at_ms": event.at_ms, **event.facts}
    data = json.dumps(told, sort_keys=True)
    return f"id: {event.number}\nevent: {event.kind}\ndata: {data}\n\n"
