"""Becomes another program that ends with the process that started it, even where that is killed.

usage: python -m eikona.apps.gateway.tied_process PROGRAM [ARGUMENT…]
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # Linux: prctl(2)


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == parent:  # else it ended meanwhile
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  what our own caller names


if __name__ == "__main__":
    main()
