"""Short turns of the interpreter, while a thread works beside others that must not wait for it."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TURN_S = 0.0001  # seconds after which a thread hands the interpreter to one that waits for it

_lock = threading.Lock()
_asking = 0
_before = 0.0


@contextmanager
def short_turns() -> Iterator[None]:
    """Let no thread hold the interpreter for longer than ``TURN_S`` while another waits.

    Python's own turns are fifty times as long, so that a change of a bank, which gives the
    interpreter away whenever it writes, would wait for that long each time. The length is the
    whole process's: it is put back when the last one who asked is done, and never made longer.
    """
    global _asking, _before  # noqa: PLW0603  it is one for the process, as is what it sets
    with _lock:
        if not _asking:
            _before = sys.getswitchinterval()
            sys.setswitchinterval(min(_before, TURN_S))
        _asking += 1
    try:
        yield
    finally:
        with _lock:
            _asking -= 1
            if not _asking:
                sys.setswitchinterval(_before)
