"""Progress of set-up on stderr: stdout belongs to the program that is started afterwards."""

import shutil
import sys
import threading
import time

_REDRAW_S = 0.2


def say(text: str) -> None:
    """Write a line for people."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Progress:
    """The step at work: one line, redrawn, on a terminal; one line for each step elsewhere."""

    def __init__(self, steps: int) -> None:
        """Begin to count the time; ``steps`` are to come."""
        self._steps = steps
        self._number = 0
        self._title = ""
        self._detail = ""
        self._began = time.monotonic()
        self._stopped = threading.Event()
        self._live = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._redraw, daemon=True)
        if self._live:
            self._thread.start()

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._number += 1
        self._title, self._detail = title, ""
        if not self._live:
            say(f"[{self._number}/{self._steps}] {title}")

    def detail(self, text: str) -> None:
        """Say how far the step has come."""
        self._detail = text

    def stop(self) -> float:
        """Take the line away and return the seconds since the beginning."""
        self._stopped.set()
        if self._live:
            self._thread.join()
            sys.stderr.write("\r\033[K")
        return time.monotonic() - self._began

    def _redraw(self) -> None:
        while not self._stopped.wait(_REDRAW_S):
            line = f"[{self._number}/{self._steps}] {self._title} {self._detail}"
            elapsed = f"{time.monotonic() - self._began:4.0f} s"
            width = shutil.get_terminal_size().columns - len(elapsed) - 2
            sys.stderr.write(f"\r\033[K{line[:width].rstrip()} {elapsed}")
            sys.stderr.flush()
