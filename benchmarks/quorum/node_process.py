"""One node in a process of its own: an engine with a ledger, asked over a Unix socket.

It is forked from a process that has everything loaded (``multiprocessing``'s fork server), since
campaigns start thousands. It ends with whoever started it.
"""

import contextlib
import json
import logging
import os
import socket
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.quorum.ledger import Ledger
from eikona.adapters.etcd.engine import EtcdEngine
from eikona.adapters.etcd.settings import EtcdSettings
from eikona.adapters.raft.engine import RaftEngine
from eikona.adapters.raft.messages import Member
from eikona.adapters.raft.settings import Compaction, RaftSettings
from eikona.adapters.raft.state import Timing
from eikona.domain.errors import QuorumError

Engine = Any  # RaftEngine, EtcdEngine, or a peer's


def engine_of(told: dict) -> Engine:
    """Return the engine that a node's description wants."""
    folder = Path(told["folder"])
    if told["engine"] == "etcd":
        return EtcdEngine(
            EtcdSettings(
                name=told["name"], endpoints=tuple(told["endpoints"]), cluster="campaign",
                compact_after=told["compact_after"], folder=folder / "copy",
            )
        )  # fmt: skip
    if told["engine"] == "pysyncobj":
        from benchmarks.quorum.pysyncobj_engine import PySyncObjEngine  # noqa: PLC0415

        return PySyncObjEngine(told)
    members = tuple(Member(n, a, bytes.fromhex(c)) for n, a, c in told["members"])
    return RaftEngine(
        RaftSettings(
            name=told["name"], cluster="campaign", folder=folder, members=members,
            timing=Timing(*told["timing"]), retry_s=0.2,
            survives_power_cut=told["survives_power_cut"],
            compaction=Compaction(
                entries=told["compact_after"], keep=told["keep"], file_bytes=told["file_bytes"]
            ),
        )
    )  # fmt: skip


def answer(engine: Engine, ledger: Ledger, asked: dict) -> dict:
    """Do what is asked, and say what came of it."""
    match asked["do"]:
        case "submit":
            try:
                place = engine.submit(bytes.fromhex(asked["command"]), timeout_s=asked["timeout_s"])
            except QuorumError as error:
                return {"error": error.code}
            return {"place": int.from_bytes(place, "big")}
        case "status":
            status = engine.status()
            return {
                "role": status.role, "leader": status.leader, "term": status.term,
                "position": status.position, "committed": status.committed,
                "trouble": status.trouble, "alive": sum(peer.is_alive for peer in status.peers),
                "journal_bytes": status.journal_bytes, "snapshot_bytes": status.snapshot_bytes,
            }  # fmt: skip
        case "ledger":
            ledger = getattr(engine, "ledger", lambda: ledger)()
            return {"count": len(ledger.ids), "digest": ledger.digest().hex()}
        case "dump":
            ledger = getattr(engine, "ledger", lambda: ledger)()
            Path(asked["path"]).write_bytes(b"".join(list(ledger.ids)))
            return {}
        case other:
            return {"error": f"what is {other}?"}


def serve(engine: Engine, ledger: Ledger, connection: socket.socket) -> None:
    """Answer one client until it leaves."""
    with connection, connection.makefile("rwb") as file:
        for line in file:
            file.write(json.dumps(answer(engine, ledger, json.loads(line))).encode() + b"\n")
            file.flush()


def accept(engine: Engine, ledger: Ledger, listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(engine, ledger, connection), daemon=True).start()


def run(described: str, log: str, life: Connection) -> None:
    """Be a node until whoever holds the other end of ``life`` ends; say there once it runs."""
    for number in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    told = json.loads(Path(described).read_text(encoding="utf-8"))
    ledger = Ledger()
    engine = engine_of(told)
    path = Path(told["socket"])
    path.unlink(missing_ok=True)
    engine.start(ledger)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        threading.Thread(target=accept, args=(engine, ledger, listener), daemon=True).start()
        life.send_bytes(b"started")
        with contextlib.suppress(EOFError, OSError):
            life.recv_bytes()
        engine.stop()
    os._exit(0)
