"""PySyncObj with its own journal, dump and connections, as a peer to measure against.

It speaks pickle, so it listens on loopback only, and only for as long as a benchmark lasts.
"""

import threading
from pathlib import Path
from typing import Any

import pysyncobj

from benchmarks.quorum.ledger import Ledger
from eikona.domain.errors import OutcomeUnknownError, QuorumUnavailableError
from eikona.services.replication import EngineStatus


class _Replica(pysyncobj.SyncObj):  # type: ignore[misc]
    def __init__(self, me: str, others: list[str], conf: Any, ledger: Ledger) -> None:
        super().__init__(me, others, conf)
        self.state = ledger.__dict__  # what is dumped and loaded

    @pysyncobj.replicated
    def put(self, command: bytes) -> bytes:
        ledger = Ledger()
        ledger.__dict__ = self.state
        return ledger.apply(command)


class PySyncObjEngine:
    """As much of an engine as the benchmark asks for."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self._replica: Any = None

    def start(self, ledger: Ledger) -> None:
        told = self._told
        folder = Path(told["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        addresses = {name: address for name, address, _ in told["members"]}
        heartbeat, least, most = told["timing"]
        conf = pysyncobj.SyncObjConf(
            journalFile=str(folder / "journal"), fullDumpFile=str(folder / "dump"),
            appendEntriesUseBatch=False, appendEntriesPeriod=heartbeat, raftMinTimeout=least,
            raftMaxTimeout=most, logCompactionMinEntries=told["compact_after"],
            bindAddress=addresses[told["name"]], connectionRetryTime=0.2,
        )  # fmt: skip
        me = addresses.pop(told["name"])
        self._replica = _Replica(me, list(addresses.values()), conf, ledger)
        self._ledger = ledger

    def ledger(self) -> Ledger:
        self._ledger.__dict__ = self._replica.state
        return self._ledger

    def submit(self, command: bytes, *, timeout_s: float) -> bytes:
        answered = threading.Event()
        found: list[tuple[bytes | None, int]] = []

        def answer(result: bytes | None, error: int) -> None:
            found.append((result, error))
            answered.set()

        self._replica.put(command, callback=answer)
        if not answered.wait(timeout_s):
            raise OutcomeUnknownError("no answer in time")
        result, error = found[0]
        if error or result is None:
            raise QuorumUnavailableError(f"reason {error}")
        return result

    def status(self) -> EngineStatus:
        replica = self._replica
        leads = replica._isLeader()  # noqa: SLF001 - its documented name
        return EngineStatus(
            engine="pysyncobj", node=self._told["name"], role="leader" if leads else "follower",
            term=replica.raftCurrentTerm, leader=None, position=replica.raftLastApplied,
            committed=replica.raftCommitIndex, lag=0,
        )  # fmt: skip

    def stop(self) -> None:
        self._replica.destroy()
