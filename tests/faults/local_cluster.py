"""Nodes of the embedded engine as threads of one process, for faults that need no kill."""

import os
import time
from pathlib import Path
from typing import Self

from benchmarks.quorum.cluster import free_ports
from benchmarks.quorum.ledger import Ledger
from eikona.adapters.raft.engine import IDENTITY, RaftEngine
from eikona.adapters.raft.identity import own_identity
from eikona.adapters.raft.messages import Member
from eikona.adapters.raft.settings import Compaction, RaftSettings

OFTEN = Compaction(entries=50, keep=5, file_bytes=8192)


class LocalCluster:
    """Nodes n0, n1, …, each with a folder and a ledger."""

    def __init__(self, folder: Path, count: int, *, compaction: Compaction = OFTEN) -> None:
        self.folder = folder
        self.compaction = compaction
        self.members = tuple(
            self.member(f"n{number}", port) for number, port in enumerate(free_ports(count))
        )
        self.engines: dict[str, RaftEngine] = {}
        self.ledgers: dict[str, Ledger] = {}

    def __enter__(self) -> Self:
        for member in self.members:
            self.start(member.name)
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self.engines.values():
            engine.stop()

    def member(self, name: str, port: int) -> Member:
        identity = own_identity(self.folder / name / IDENTITY, name)
        return Member(name, f"127.0.0.1:{port}", identity.certificate)

    def start(self, name: str, **different: object) -> RaftEngine:
        told = {
            "name": name, "cluster": "test", "folder": self.folder / name,
            "members": self.members, "compaction": self.compaction, "retry_s": 0.1,
        }  # fmt: skip
        engine = RaftEngine(RaftSettings(**(told | different)))
        ledger = Ledger()
        engine.start(ledger)
        self.engines[name], self.ledgers[name] = engine, ledger
        return engine

    def stop(self, name: str) -> None:
        self.engines.pop(name).stop()

    def leader(self) -> str:
        return wait_for(
            lambda: next((n for n, e in self.engines.items() if e.status().role == "leader"), None)
        )

    def fill(self, count: int, name: str | None = None) -> list[bytes]:
        """Have ids written down, one after the other; return them."""
        engine = self.engines[name or self.leader()]
        ids = [os.urandom(16) for _ in range(count)]
        for id_ in ids:
            engine.submit(id_ + bytes(100), timeout_s=10)
        return ids

    def agree(self) -> list[bytes]:
        """Wait until all nodes have written down the same, and return it."""
        wait_for(lambda: len({ledger.digest() for ledger in self.ledgers.values()}) == 1)
        (first, *rest) = (list(ledger.ids) for ledger in self.ledgers.values())
        assert all(ids == first for ids in rest)
        return first


def wait_for(found, within_s=20.0):
    """Return what ``found`` returns as soon as that is something."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if result := found():
            return result
        time.sleep(0.01)
    raise AssertionError("it does not come about")
