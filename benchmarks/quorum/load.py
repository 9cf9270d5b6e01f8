"""Clients that have ids written down, whatever happens to the nodes, and remember what was said."""

import os
import threading
import time
from typing import Self

import numpy as np

from benchmarks.quorum.cluster import Client, Cluster, SilentNodeError

_ASK_S = 4.0
_PAYLOAD_BYTES = 200


class Load:
    """Threads that submit one id after the other, each until it is acknowledged."""

    def __init__(self, cluster: Cluster, *, clients: int, seed: int, pause_s: float = 0.0) -> None:
        self._cluster = cluster
        self._pause_s = pause_s
        self._is_over = threading.Event()
        self.acknowledged: dict[bytes, int] = {}
        self.times: list[tuple[float, float]] = []  # when answered, how long it took, in seconds
        self.tries_again = 0
        self._threads = [
            threading.Thread(target=self._run, args=(np.random.default_rng((seed, number)),))
            for number in range(clients)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int, *, within_s: float) -> None:
        """Return when so many more ids are acknowledged."""
        wanted = len(self.acknowledged) + count
        until = time.monotonic() + within_s
        while len(self.acknowledged) < wanted:
            if time.monotonic() > until:
                raise RuntimeError(f"only {len(self.acknowledged)} of {wanted} in {within_s} s")
            time.sleep(0.01)

    def _run(self, luck: np.random.Generator) -> None:
        names = self._cluster.names
        clients = {name: self._cluster.client(name, timeout_s=_ASK_S) for name in names}
        while not self._is_over.is_set():
            command = os.urandom(16)
            began = time.monotonic()
            place = self._submit(command, clients, luck)
            if place is None:
                break
            now = time.monotonic()
            self.acknowledged[command] = place
            self.times.append((now, now - began))
            if self._pause_s:
                self._is_over.wait(self._pause_s)
        for client in clients.values():
            client.close()

    def _submit(
        self, command: bytes, clients: dict[str, Client], luck: np.random.Generator
    ) -> int | None:
        payload = (command + bytes(_PAYLOAD_BYTES)).hex()
        while not self._is_over.is_set():
            name = self._cluster.names[luck.integers(len(self._cluster.names))]
            try:
                told = clients[name].ask(do="submit", command=payload, timeout_s=_ASK_S / 2)
            except SilentNodeError:
                told = {}
            if "place" in told:
                return told["place"]
            self.tries_again += 1
            self._is_over.wait(0.02)
        return None
