"""Makes nodes of a quorum odd from outside: Python runs this in each process that finds it.

``ODD_NODES`` names a folder with one folder a node. In that, where they are there:

- ``clock``: seconds by which the node's wall clock is off, read whenever it is looked at;
- ``routes.json``: ports by ports, which the node is led to in their place;
- ``lie``: ``unseen``, to answer clear and name hashes of no picture, or ``two ballots``, to sign a
  second ballot for each case.
"""

import importlib
import json
import os
import socket
import sys
import time
from pathlib import Path


def _shift_clock(file):
    """Put the wall clock forward or back by what a file says at that moment."""
    time_of_day, in_ns = time.time, time.time_ns

    def offset_s():
        try:
            return int(file.read_text())
        except (OSError, ValueError):
            return 0

    time.time = lambda: time_of_day() + offset_s()
    time.time_ns = lambda: in_ns() + offset_s() * 1_000_000_000


def _reroute(file):
    """Have connections to some ports go to others."""
    try:
        routes = {int(port): other for port, other in json.loads(file.read_text()).items()}
    except OSError:
        return
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def rerouted(self, address, original=original):
            if isinstance(address, tuple):
                address = (address[0], routes.get(address[1], address[1]), *address[2:])
            return original(self, address)

        setattr(socket.socket, name, rerouted)


def _become_odd(folder):
    _shift_clock(folder / "clock")
    _reroute(folder / "routes.json")
    lie = folder / "lie"
    if lie.exists():
        importlib.import_module("lying").LIES[lie.read_text()]()


if "ODD_NODES" in os.environ and {"node", "--name"} <= set(sys.orig_argv):
    _become_odd(Path(os.environ["ODD_NODES"]) / sys.orig_argv[sys.orig_argv.index("--name") + 1])
