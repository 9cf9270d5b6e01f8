"""Times commits, failovers and restarts of one cluster."""

import os
import statistics
import threading
import time
from collections.abc import Sequence

from benchmarks.quorum.cluster import Cluster, SilentNodeError

Row = dict[str, object]
_PAYLOAD = bytes(400)  # a ballot with its signature has about so many bytes
_ASK_S = 10.0


def commits(cluster: Cluster, *, count: int, clients: int) -> Row:
    """Time commands one by one, on the leader and on a follower, then many at once."""
    leader = cluster.leader()
    follower = next(name for name in cluster.names if name != leader)
    one_by_one = {
        place: _timed(cluster, name, count)
        for place, name in (("leader", leader), ("follower", follower))
    }
    began = time.monotonic()
    threads = [
        threading.Thread(
            target=_timed, args=(cluster, cluster.names[n % len(cluster.names)], count)
        )
        for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "a_second": round(clients * count / (time.monotonic() - began)),
        "clients": clients,
        "commands": count,
        **{f"{place}_ms": quantiles(times) for place, times in one_by_one.items()},
    }


def failovers(cluster: Cluster, *, times: int) -> Row:
    """Kill the leader again and again; time until a command is acknowledged that came after."""
    taken = []
    for _ in range(times):
        leader = cluster.leader()
        follower = next(name for name in cluster.names if name != leader)
        _timed(cluster, follower, 5)
        client = cluster.client(follower, timeout_s=_ASK_S)
        client.ask(do="status")
        cluster.kill(leader)
        began = time.monotonic()
        while "place" not in client.ask(do="submit", command=_command(), timeout_s=_ASK_S):
            pass
        taken.append((time.monotonic() - began) * 1000)
        client.close()
        cluster.start(leader)
        _caught_up(cluster, leader)
    return {"failover_ms": quantiles(taken), "kills": times}


def restart(cluster: Cluster, *, entries: int, clients: int) -> Row:
    """Commit many entries, then time how long a node takes to be back after a kill."""
    threads = [
        threading.Thread(
            target=_timed, args=(cluster, cluster.names[n % len(cluster.names)], entries // clients)
        )
        for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    leader = cluster.leader()
    name = next(name for name in cluster.names if name != leader)
    status = cluster.ask(name, do="status")
    cluster.kill(name)
    disk = cluster.disk_bytes(name)
    began = time.monotonic()
    cluster.start(name)
    _caught_up(cluster, name)
    return {
        "entries": cluster.ask(name, do="ledger")["count"],
        "restart_s": round(time.monotonic() - began, 2),
        "disk_bytes": disk,
        "snapshot_bytes": status["snapshot_bytes"],
    }


def quantiles(times: Sequence[float]) -> dict[str, float]:
    """Return median, 99th percentile and longest of times."""
    ordered = sorted(times)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p99": round(ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)], 2),
        "most": round(ordered[-1], 2),
    }


def _timed(cluster: Cluster, name: str, count: int) -> list[float]:
    client = cluster.client(name, timeout_s=_ASK_S * 2)
    times = []
    for _ in range(count):
        began = time.perf_counter()
        told = client.ask(do="submit", command=_command(), timeout_s=_ASK_S)
        if "place" in told:
            times.append((time.perf_counter() - began) * 1000)
    client.close()
    return times


def _command() -> str:
    return (os.urandom(16) + _PAYLOAD).hex()


def _caught_up(cluster: Cluster, name: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            asked = {other: cluster.ask(other, do="ledger")["count"] for other in cluster.names}
        except SilentNodeError:
            continue
        if asked[name] >= max(asked.values()):
            return
        time.sleep(0.005)
    raise RuntimeError(f"{name} does not catch up")
