"""A real etcd on loopback for as long as a benchmark or a test lasts."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.quorum.cluster import free_ports

_START_S = 60.0
_UNTIL_INPUT_ENDS = '"$@" & read -r _; kill -KILL $!'  # so that it outlives nobody who started it


class NoEtcdError(Exception):
    """No etcd is installed here."""


@contextmanager
def etcd_server(folder: Path, *more: str, scheme: str = "http") -> Iterator[str]:
    """Start one server and give its endpoint; it ends with the context.

    Raises:
        NoEtcdError: none is installed.
    """
    program = shutil.which("etcd")
    if program is None:
        raise NoEtcdError("none is installed (Debian: apt install etcd-server)")
    client, peer = free_ports(2)
    endpoint = f"{scheme}://127.0.0.1:{client}"
    command = [
        program, "--data-dir", str(folder / "etcd"), "--listen-client-urls", endpoint,
        "--advertise-client-urls", endpoint, "--listen-peer-urls", f"http://127.0.0.1:{peer}",
        "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
        "--initial-cluster", f"default=http://127.0.0.1:{peer}", *more,
    ]  # fmt: skip
    with (folder / "etcd.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["sh", "-c", _UNTIL_INPUT_ENDS, "sh", *command],
            stdin=subprocess.PIPE, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(folder / "etcd.log")
        yield endpoint
    finally:
        process.communicate()


def _wait(log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if "ready to serve client requests" in log.read_text(encoding="utf-8", errors="replace"):
            return
        time.sleep(0.05)
    raise RuntimeError(f"etcd does not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
