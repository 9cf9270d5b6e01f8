"""Counts calls in memory, as a bucket that refills (generic cell rate algorithm).

What is counted is lost with the process, which is why wrong passwords are counted in the database
as well.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from eikona.domain.errors import RateLimitedError

_KNOWN_MOST = 100_000  # who is forgotten first was seen longest ago


class MemoryRateLimits:
    """Implements ``RateLimits``; for any thread."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody known."""
        self._clock_s = clock_s
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, what: str, who: str, *, burst: int, per_s: float) -> None:
        """Count one call.

        Raises:
            RateLimitedError: there were too many.
        """
        each_s = per_s / burst
        with self._lock:
            now = self._clock_s()
            full_at = max(self._full_at.get((what, who), now), now) + each_s
            if (too_soon := full_at - now - per_s) > 1e-9:
                raise RateLimitedError(
                    f"more than {burst} such calls in {per_s:g} s", retry_after_s=too_soon
                )
            self._full_at[what, who] = full_at
            self._full_at.move_to_end((what, who))
            while len(self._full_at) > _KNOWN_MOST:
                self._full_at.popitem(last=False)
