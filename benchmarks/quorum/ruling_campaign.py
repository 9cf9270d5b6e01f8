"""Kills nodes of a whole quorum while it rules, and counts what became of every case taken in."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

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


def ruling_campaign(photos: Path, *, preset: str, nodes: int, kills: int, seed: int) -> Row:
    """Kill leaders, followers, majorities and all, over and over; return what was lost."""
    luck = np.random.default_rng(seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reference-") as folder:
        asked = sample_pictures(photos, Path(folder))
        with running(Path(folder), preset=preset, nodes=nodes) as quorum:
            submitter = Submitter(quorum, asked, clients=4)
            done = 0
            while done < kills:
                done += _kill(quorum, luck)
                submitter.wait_for_one_more()
                sys.stderr.write(f"\r\033[K{preset}: {done} kills, {len(submitter.ruled)} rulings")
                sys.stderr.flush()
                time.sleep(luck.uniform(*_PAUSE_S))
            submitter.stop()
            keys = read_public_keys(quorum.folder / "quorum.keys")
    cases = Counter(case for case, _, _ in submitter.ruled)
    positions = Counter(position for _, position, _ in submitter.ruled)
    unproven = sum(
        bool(verify_receipt(receipt_from(content), trusted=keys, verify=verify_signature))
        for _, _, content in submitter.ruled
    )
    return {
        "nodes": nodes,
        "kills": done,
        "acknowledged": len(submitter.taken),
        "lost": len(set(submitter.taken) - cases.keys()),
        "doubled": sum(count > 1 for count in (*cases.values(), *positions.values())),
        "unproven": unproven,
        "slowest_s": round(submitter.slowest_s, 2),
        "minutes": round((time.monotonic() - began) / 60, 1),
    }


def _kill(quorum: RunningQuorum, luck: np.random.Generator) -> int:
    """Kill some nodes at once; return how many."""
    status = quorum.wait_led()
    pids = {one["node"]: one["pid"] for one in status["nodes"] if one["pid"]}
    leader = status["leader"]
    others = [name for name in pids if name != leader]
    luck.shuffle(others)
    victims = {
        "leader": [leader],
        "follower": others[:1],
        "majority": others[: len(status["nodes"]) // 2 + 1],
        "all": list(pids),
    }[str(luck.choice(["leader", "follower", "majority", "all"], p=[0.4, 0.4, 0.1, 0.1]))]
    killed = 0
    for name in victims:
        if name in pids:
            try:
                os.kill(pids[name], signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed += 1
    return killed
