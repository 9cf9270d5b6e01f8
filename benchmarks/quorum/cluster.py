"""Nodes as processes on loopback that can be asked, killed, stopped and started again."""

import contextlib
import json
import os
import resource
import signal
import socket
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.quorum import node_process
from eikona.adapters.raft.engine import IDENTITY
from eikona.adapters.raft.identity import own_identity

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

_DUMP_S = 120.0
_NURSERY = get_context("forkserver")
_NURSERY.set_forkserver_preload(["benchmarks.quorum.node_process"])
_FULL_BYTES = 4096  # of a file, where a disk is to look full


class SilentNodeError(Exception):
    """A node does not answer: it is dead, stopped or slow."""


@dataclass(frozen=True)
class Setting:
    """What the nodes of a cluster share.

    Attributes:
        nodes: how many.
        engine: ``raft`` or ``etcd``.
        compact_after: entries between snapshots.
        keep: entries kept in memory for those a little behind.
        file_bytes: of one file of the journal.
        timing: heartbeat, and the bounds of the time-out of elections, in seconds.
        survives_power_cut: whether commits are forced to the disk.
        endpoints: of etcd.
    """

    nodes: int = 3
    engine: str = "raft"
    compact_after: int = 10_000
    keep: int = 1000
    file_bytes: int = 4 * 1024 * 1024
    timing: tuple[float, float, float] = (0.075, 0.5, 1.0)
    survives_power_cut: bool = True
    endpoints: tuple[str, ...] = ()


class Client:
    """One connection to a node's socket, with a time limit; for one thread."""

    def __init__(self, path: Path, *, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._rest = b""

    def ask(self, **what: object) -> dict:
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX)
                self._socket.settimeout(self._timeout_s)
                self._socket.connect(str(self._path))
                self._rest = b""
            self._socket.sendall(json.dumps(what).encode() + b"\n")
            while b"\n" not in self._rest:
                data = self._socket.recv(65_536)
                if not data:
                    raise ConnectionError
                self._rest += data
        except OSError as error:
            self.close()
            raise SilentNodeError from error
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Cluster:
    """Nodes of one setting below one folder. Only processes that it has started are touched."""

    def __init__(self, folder: Path, setting: Setting) -> None:
        self.folder = folder
        self.setting = setting
        self.names = [f"n{number}" for number in range(setting.nodes)]
        self._processes: dict[str, tuple[ForkServerProcess, Connection]] = {}
        self._describe()

    def __enter__(self) -> Self:
        for name in self.names:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for name in self.names:
            self.kill(name)

    def socket_of(self, name: str) -> Path:
        return self.folder / f"{name}.sock"

    def client(self, name: str, *, timeout_s: float = 5.0) -> Client:
        return Client(self.socket_of(name), timeout_s=timeout_s)

    def ask(self, name: str, *, timeout_s: float = 5.0, **what: object) -> dict:
        """Ask a node one thing."""
        client = self.client(name, timeout_s=timeout_s)
        try:
            return client.ask(**what)
        finally:
            client.close()

    def is_alive(self, name: str) -> bool:
        process, _ = self._processes.get(name, (None, None))
        return process is not None and process.is_alive()

    @property
    def alive(self) -> list[str]:
        return [name for name in self.names if self.is_alive(name)]

    def start(self, name: str) -> None:
        """Start a node, and wait until it takes part."""
        log = self.folder / f"{name}.log"
        ours, theirs = _NURSERY.Pipe()
        process = _NURSERY.Process(
            target=node_process.run, args=(str(self._told(name)), str(log), theirs), daemon=True
        )
        process.start()
        theirs.close()
        self._processes[name] = process, ours
        try:
            ours.recv_bytes()
        except EOFError:
            told = log.read_text(encoding="utf-8")
            raise RuntimeError(f"{name} does not start:\n{told[-2000:]}") from None

    def kill(self, name: str) -> None:
        """End a node's process at once, whatever it is doing."""
        process, life = self._processes.pop(name, (None, None))
        if process is not None:
            process.kill()
            process.join()
            process.close()
            life.close()

    def pause(self, name: str) -> None:
        os.kill(self._pid(name), signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        os.kill(self._pid(name), signal.SIGCONT)

    def fill_disk(self, name: str) -> None:
        """Let every write of a node fail that makes a file longer than a little."""
        self._limit_files(name, _FULL_BYTES)

    def clear_disk(self, name: str) -> None:
        self._limit_files(name, resource.RLIM_INFINITY)

    def leader(self, *, within_s: float = 20.0) -> str:
        """Return who leads; for etcd, where nodes do not, any that answers."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            for name in self.alive:
                with contextlib.suppress(SilentNodeError):
                    status = self.ask(name, do="status", timeout_s=2.0)
                    if status["role"] == "leader" or self.setting.engine == "etcd":
                        return name
            time.sleep(0.02)
        raise RuntimeError("nobody leads")

    def ledgers(self) -> dict[str, tuple[int, str]]:
        """Return how many ids each node has written down, and its digest."""
        asked = {name: self.ask(name, do="ledger") for name in self.names}
        return {name: (told["count"], told["digest"]) for name, told in asked.items()}

    def ids(self, name: str) -> list[bytes]:
        """Return the ids that a node has written down, in order."""
        path = self.folder / f"{name}.ids"
        self.ask(name, do="dump", path=str(path), timeout_s=_DUMP_S)
        data = path.read_bytes()
        return [data[at : at + 16] for at in range(0, len(data), 16)]

    def disk_bytes(self, name: str) -> int:
        return sum(
            path.stat().st_size for path in (self.folder / name).rglob("*") if path.is_file()
        )

    def snapshots_of(self, name: str) -> frozenset[tuple[str, int]]:
        """Return what stands for a node's snapshots at this moment, partial ones among them."""
        folder = self.folder / name
        found = set()
        for path in (*folder.glob("snapshots/*"), *folder.glob("dump*")):
            with contextlib.suppress(OSError):
                found.add((path.name, path.stat().st_ino))
        return frozenset(found)

    def _limit_files(self, name: str, limit: int) -> None:
        pid = self._pid(name)
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))

    def _pid(self, name: str) -> int:
        pid = self._processes[name][0].pid
        assert pid is not None
        return pid

    def _told(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _describe(self) -> None:
        ports = free_ports(len(self.names))
        setting = self.setting
        members = []
        if setting.engine != "etcd":
            for name, port in zip(self.names, ports, strict=True):
                identity = own_identity(self.folder / name / IDENTITY, name)
                members.append((name, f"127.0.0.1:{port}", identity.certificate.hex()))
        for name in self.names:
            told = {
                "name": name, "folder": str(self.folder / name), "members": members,
                "socket": str(self.socket_of(name)), "engine": setting.engine,
                "compact_after": setting.compact_after, "keep": setting.keep,
                "file_bytes": setting.file_bytes, "timing": setting.timing,
                "survives_power_cut": setting.survives_power_cut,
                "endpoints": setting.endpoints,
            }  # fmt: skip
            self._told(name).write_text(json.dumps(told), encoding="utf-8")


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [made.getsockname()[1] for made in sockets]
    for made in sockets:
        made.close()
    return ports


def new_id() -> bytes:
    return os.urandom(16)
