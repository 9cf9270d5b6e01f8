"""Decides when kernels are worth having in this process, and has them.

Loading compiled kernels takes about 0.05 s and wins 0.6 ms or more a picture, so that it has paid
for itself after 80 pictures. Compiling them, once on a machine, takes about 20 s, so that a process
does so by itself only for 32,768 pictures, and a worker, whose time for each picture is bounded,
never by counting them; ``./eikona`` does it at set-up. Until then, and wherever something is
missing, NumPy does the work with the same result.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eikona.native.loader import Kernels

LOAD_FOR = 80  # pictures
COMPILE_FOR = 32_768  # pictures


class _Switch:
    """Whether this process has kernels, and how many pictures it has hashed without."""

    def __init__(self) -> None:
        self.kernels: Kernels | None = None
        self.hashed = 0
        self.next_look = LOAD_FOR
        self.gave_up = False
        self.lock = threading.Lock()


_switch = _Switch()


def kernels() -> Kernels | None:
    """Return the kernels if this process has them."""
    return _switch.kernels


def picture_hashed(pictures: int = 1) -> None:
    """Count a picture, and get kernels when as many again would have paid for them.

    Args:
        pictures: how many pictures' hashes the work done without kernels is worth.
    """
    if _switch.kernels is None:
        _switch.hashed += pictures
        if _switch.hashed >= _switch.next_look:
            _switch.next_look *= 2
            prepare(LOAD_FOR if _is_worker() else _switch.hashed)


def _is_worker() -> bool:
    started = sys.modules.get("multiprocessing.process")  # not worth importing to know
    return started is not None and started.parent_process() is not None


def prepare(pictures: int) -> bool:
    """Get kernels if they pay for so many pictures, and tell whether they are there.

    Processes that live long say a large number at their start. Does not wait where another thread
    is at it already, and never fails.
    """
    if _switch.kernels is None and pictures >= LOAD_FOR and not _switch.gave_up:
        if not _switch.lock.acquire(blocking=False):
            return False
        try:
            _switch.kernels = _get(may_compile=pictures >= COMPILE_FOR)
        except Exception:  # noqa: BLE001  a compiler may fail in any way; NumPy is always there
            _switch.gave_up = True
        finally:
            _switch.lock.release()
    return _switch.kernels is not None


@contextlib.contextmanager
def numpy_alone() -> Iterator[None]:
    """Have no kernels for a while, in all threads: for comparing."""
    found, gave_up = _switch.kernels, _switch.gave_up
    _switch.kernels, _switch.gave_up = None, True
    try:
        yield
    finally:
        _switch.kernels, _switch.gave_up = found, gave_up


def _get(*, may_compile: bool) -> Kernels | None:
    if sys.byteorder != "little" or sys.platform == "win32":
        return None
    from eikona.native import object_file  # noqa: PLC0415  only where it pays

    if not may_compile and not object_file.any_stored():
        return None
    from eikona.native.loader import load_kernels  # noqa: PLC0415  slow to import
    from eikona.native.memory import keep_large_blocks  # noqa: PLC0415  imports NumPy

    code = object_file.read_stored()
    if code is None and may_compile:
        from eikona.native.compiler import compile_kernels  # noqa: PLC0415  slow to import

        code = compile_kernels()
        object_file.store(code)
    if code is None:
        return None
    keep_large_blocks()
    return load_kernels(code)
