"""Kills nodes of a whole quorum while it rules, and counts what became of every case taken in."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quorum.measure import Row
from benchmarks.quorum.rulings import RunningQuorum, running, sample_pictures
from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.keys.public_keys import read_public_keys
from eikona.apps.cli.quorum_folder import call_gateway
from eikona.balloting.receipts import receipt_from, verify_receipt

_SILENT_S = 60.0  # the gateway says every second that it is there
_RULING_S = 300.0  # that a ruling may take after a kill, until the next one comes all the same
_PAUSE_S = (0.0, 1.0)  # between a ruling and the next kill
_COMPACTS_S = 5.0  # that a node may take to write its next snapshot
_COUNTS = ("kills", "acknowledged", "lost", "doubled", "proven", "unproven", "not_kept")
_WAYS = {"leader": 0.25, "follower": 0.2, "majority": 0.2, "all": 0.15, "compacting": 0.2}


class Submitter:
    """Threads that ask about one picture after the other, and remember what they were told."""

    def __init__(self, quorum: RunningQuorum, asked: list[bytes], *, clients: int) -> None:
        self._quorum = quorum
        self._asked = asked
        self._is_over = threading.Event()
        self.taken: list[str] = []
        self.ruled: list[tuple[str, int, bytes]] = []
        self.slowest_s = 0.0
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def wait_for_one_more(self) -> None:
        """Wait for the next ruling, so that each kill meets a quorum that rules."""
        before, until = len(self.ruled), time.monotonic() + _RULING_S
        while len(self.ruled) == before and time.monotonic() < until:
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask no more, and wait for every ruling that is due."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        with closing(call_gateway(self._quorum.folder)) as channel:
            while not self._is_over.is_set():
                began = time.monotonic()
                channel.send({"do": "submit"}, self._asked[number % len(self._asked)])
                event, receipt = channel.receive(_SILENT_S)
                while event["event"] != "ruled":
                    if event["event"] == "taken":
                        self.taken.append(event["case"])
                    event, receipt = channel.receive(_SILENT_S)
                self.ruled.append((event["case"], event["position"], receipt))
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                number += 1


def ruling_campaigns(photos: Path, *, clusters: int, kills: int, seed: int, **told: Any) -> Row:
    """Run some campaigns side by side, each against a quorum of its own; return them as one."""
    with ThreadPoolExecutor(clusters) as pool:
        running = [
            pool.submit(
                ruling_campaign, photos, kills=-(-kills // clusters), seed=seed + number, **told
            )
            for number in range(clusters)
        ]
        rows: list[dict[str, Any]] = [one.result() for one in running]
    together = {name: sum(row[name] for row in rows) for name in _COUNTS}
    longest = {name: max(row[name] for row in rows) for name in ("slowest_s", "minutes")}
    same = {name: rows[0][name] for name in ("nodes", "snapshot_every")}
    faults = sum((Counter(row["faults"]) for row in rows), Counter())
    return {**same, "clusters": clusters, "faults": dict(faults), **together, **longest}


def ruling_campaign(
    photos: Path,
    *,
    preset: str,
    nodes: int,
    kills: int,
    seed: int,
    snapshot_every: int,
    minutes: float,
) -> dict[str, Any]:
    """Kill nodes over and over; return what was lost of what was taken in."""
    luck = np.random.default_rng(seed)
    began = time.monotonic()
    options = ("--snapshot-every", str(snapshot_every))
    with tempfile.TemporaryDirectory(prefix="reference-") as folder:
        asked = sample_pictures(photos, Path(folder))
        with running(Path(folder), preset=preset, nodes=nodes, options=options) as quorum:
            submitter = Submitter(quorum, asked, clients=4)
            faults: Counter[str] = Counter()
            until = began + minutes * 60
            while faults.total() < kills and time.monotonic() < until:
                faults += _kill(quorum, luck)
                submitter.wait_for_one_more()
                sys.stderr.write(
                    f"\r\033[K{preset}: {faults.total()} kills, {len(submitter.ruled)} rulings"
                )
                sys.stderr.flush()
                time.sleep(luck.uniform(*_PAUSE_S))
            submitter.stop()
            lacking = _nodes_that_lack_receipts(quorum)
            kept = _kept_receipts(quorum, submitter.taken)
            keys = read_public_keys(quorum.folder / "quorum.keys")
    cases = Counter(case for case, _, _ in submitter.ruled)
    positions = Counter(position for _, position, _ in submitter.ruled)
    contents = [*(content for _, _, content in submitter.ruled), *kept.values()]
    proven = sum(
        not verify_receipt(receipt_from(content), trusted=keys, verify=verify_signature)
        for content in contents
    )
    return {
        "nodes": nodes,
        "snapshot_every": snapshot_every,
        "kills": faults.total(),
        "faults": dict(faults),
        "acknowledged": len(submitter.taken),
        "lost": len(set(submitter.taken) - cases.keys()),
        "doubled": sum(count > 1 for count in (*cases.values(), *positions.values())),
        "proven": proven,
        "unproven": len(contents) - proven,
        "not_kept": len(set(submitter.taken) - kept.keys()) + lacking,
        "slowest_s": round(submitter.slowest_s, 2),
        "minutes": round((time.monotonic() - began) / 60, 1),
    }


def _kept_receipts(quorum: RunningQuorum, cases: list[str]) -> dict[str, bytes]:
    """Return the receipts that the quorum has of cases, asked anew."""
    kept = {}
    with closing(call_gateway(quorum.folder)) as channel:
        for case in cases:
            _, content = channel.ask({"do": "ruling", "case": case}, timeout_s=_SILENT_S)
            if content:
                kept[case] = content
    return kept


def _nodes_that_lack_receipts(quorum: RunningQuorum) -> int:
    """Wait until every node has all receipts on its disk; return how many have not."""
    until = time.monotonic() + _RULING_S
    while True:
        nodes = quorum.wait_ready()["nodes"]
        ruled = max(one["ruled"] for one in nodes)
        lacking = sum(one["archived"] < ruled for one in nodes)
        if not lacking or time.monotonic() > until:
            return lacking
        time.sleep(1.0)


def _kill(quorum: RunningQuorum, luck: np.random.Generator) -> Counter[str]:
    """Kill some nodes at once; return how many in which way."""
    status = quorum.wait_led()
    pids = {one["node"]: one["pid"] for one in status["nodes"] if one["pid"]}
    leader = status["leader"]
    others = [name for name in pids if name != leader]
    luck.shuffle(others)
    way = str(luck.choice(list(_WAYS), p=list(_WAYS.values())))
    if way == "compacting":
        victims = _that_compacts(quorum, list(pids))
    else:
        victims = {
            "leader": [leader],
            "follower": others[:1],
            "majority": others[: len(status["nodes"]) // 2 + 1],
            "all": list(pids),
        }[way]
    killed = 0
    for name in victims:
        if name in pids:
            try:
                os.kill(pids[name], signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed += 1
    return Counter({way: killed})


def _that_compacts(quorum: RunningQuorum, names: list[str]) -> list[str]:
    """Return the node that writes a snapshot at this moment; none, where none does soon."""
    had = {name: _snapshots(quorum, name) for name in names}
    until = time.monotonic() + _COMPACTS_S
    while time.monotonic() < until:
        for name in names:
            if _snapshots(quorum, name) != had[name]:
                return [name]
        time.sleep(0.001)
    return []


def _snapshots(quorum: RunningQuorum, name: str) -> frozenset[str]:
    return frozenset(path.name for path in quorum.folder.glob(f"nodes/{name}/snapshots/*"))
