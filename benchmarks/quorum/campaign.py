"""Kills, stops and starves nodes under load, and counts what was acknowledged and is gone."""

import contextlib
import os
import sys
import time
from dataclasses import dataclass, field

import numpy as np

from benchmarks.quorum.cluster import Cluster, SilentNodeError
from benchmarks.quorum.load import Load

_CALM_S = 90.0
_MOST_S = 900.0  # a machine that others keep busy may need; what it took is told
_RARELY_S = 2.0
_OF_DISKS = frozenset(("fill one disk", "fill all disks", "kill on a full disk"))
_OF_SNAPSHOTS = frozenset(("kill while compacting", "kill all while compacting"))


@dataclass
class Tally:
    """What a campaign did, and what it found.

    Attributes:
        faults: how often each.
        kills: processes killed.
        acknowledged: ids whose writing down was acknowledged.
        lost: of these, those that a node lacked when it had had time to catch up.
        moved: of these, those that stood elsewhere than was said.
        differing: how often nodes had different ids, or one twice.
        slowest_s: the longest from a fault until ids were written down again, in seconds; that
            includes how long a process was stopped and takes to start.
    """

    faults: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    moved: int = 0
    differing: int = 0
    slowest_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.moved or self.differing)


class Campaign:
    """Faults against one cluster."""

    def __init__(self, cluster: Cluster, load: Load, *, seed: int) -> None:
        self._cluster = cluster
        self._load = load
        self._luck = np.random.default_rng(seed)
        self.tally = Tally()
        self._lost: set[bytes] = set()
        self._moved: set[bytes] = set()
        self.faults = {
            "kill the leader": self._kill_leader,
            "kill a follower": self._kill_follower,
            "kill a majority": self._kill_majority,
            "kill all": self._kill_all,
            "kill while compacting": self._kill_compacting,
            "kill all while compacting": self._kill_all_compacting,
            "stop the leader": self._stop_leader,
            "stop a follower": self._stop_follower,
            "fill one disk": self._fill_one,
            "fill all disks": self._fill_all,
            "kill on a full disk": self._kill_full,
        }

    def faults_for(self, engine: str) -> list[str]:
        """Return the faults that mean something: nodes on etcd keep nothing on their own disks."""
        meaningless = {"etcd": _OF_DISKS | _OF_SNAPSHOTS, "pysyncobj": _OF_DISKS}
        return [name for name in self.faults if name not in meaningless.get(engine, ())]

    def one(self, name: str) -> None:
        """Let one fault happen, and wait until ids are written down again."""
        began = time.monotonic()
        self.faults[name]()
        for node in self._cluster.names:
            if not self._cluster.is_alive(node):
                self._cluster.start(node)
        try:
            self._load.wait_for(3, within_s=_CALM_S)
        except RuntimeError:
            self._tell_how_nodes_are(name)
            self._load.wait_for(3, within_s=_MOST_S)
        self.tally.faults[name] = self.tally.faults.get(name, 0) + 1
        self.tally.slowest_s = max(self.tally.slowest_s, time.monotonic() - began)

    def check(self) -> None:
        """Compare all nodes with each other and with what was acknowledged."""
        acknowledged = self._load.acknowledged.copy()
        until = time.monotonic() + _MOST_S
        while time.monotonic() < until:
            with contextlib.suppress(SilentNodeError):
                if len(set(self._cluster.ledgers().values())) == 1:
                    break
            time.sleep(0.1)
        self.tally.acknowledged = len(acknowledged)
        lists = [self._cluster.ids(name) for name in self._cluster.names]
        shortest = min(map(len, lists))
        self.tally.differing += any(ids[:shortest] != lists[0][:shortest] for ids in lists)
        for ids in lists:
            places = {id_: place for place, id_ in enumerate(ids)}
            self.tally.differing += len(places) != len(ids)
            self._lost.update(id_ for id_ in acknowledged if id_ not in places)
            self._moved.update(
                id_ for id_, place in acknowledged.items() if places.get(id_, place) != place
            )
        self.tally.lost, self.tally.moved = len(self._lost), len(self._moved)

    def _tell_how_nodes_are(self, fault: str) -> None:
        """Say what a cluster is at that does not come back soon."""
        load = " ".join(f"{one:.0f}" for one in os.getloadavg())
        sys.stderr.write(f"\nnothing for {_CALM_S:.0f} s after: {fault}; load {load}\n")
        for name in self._cluster.names:
            try:
                sys.stderr.write(f"{name}: {self._cluster.ask(name, do='status')}\n")
            except SilentNodeError:
                sys.stderr.write(f"{name}: no answer\n")

    def _kill(self, *names: str) -> None:
        for name in names:
            self._cluster.kill(name)
            self.tally.kills += 1

    def _followers(self) -> list[str]:
        leader = self._cluster.leader(within_s=_MOST_S)
        followers = [name for name in self._cluster.names if name != leader]
        self._luck.shuffle(followers)
        return followers

    def _any_node(self) -> str:
        names = self._cluster.names
        return names[self._luck.integers(len(names))]

    def _wait_a_moment(self, most_s: float = 0.3) -> None:
        time.sleep(self._luck.random() * most_s)

    def _kill_leader(self) -> None:
        self._kill(self._cluster.leader(within_s=_MOST_S))
        self._wait_a_moment()

    def _kill_follower(self) -> None:
        self._kill(self._followers()[0])
        self._wait_a_moment()

    def _kill_majority(self) -> None:
        names = list(self._cluster.names)
        self._luck.shuffle(names)
        self._kill(*names[: len(names) // 2 + 1])
        self._wait_a_moment()

    def _kill_all(self) -> None:
        self._kill(*self._cluster.names)

    def _kill_compacting(self) -> None:
        self._kill(self._wait_for_snapshot())

    def _kill_all_compacting(self) -> None:
        first = self._wait_for_snapshot()
        self._kill(first, *(name for name in self._cluster.names if name != first))

    def _wait_for_snapshot(self) -> str:
        """Return the node whose snapshots change first; any, where none does soon."""
        before = {name: self._cluster.snapshots_of(name) for name in self._cluster.names}
        until = time.monotonic() + _RARELY_S
        while time.monotonic() < until:
            for name, had in before.items():
                if self._cluster.snapshots_of(name) != had:
                    return name
            time.sleep(0.001)
        return self._any_node()

    def _stop_leader(self) -> None:
        self._stop(self._cluster.leader(within_s=_MOST_S))

    def _stop_follower(self) -> None:
        self._stop(self._followers()[0])

    def _stop(self, name: str) -> None:
        self._cluster.pause(name)
        time.sleep(0.2 + self._luck.random() * 1.3)  # elections begin after 0.5 to 1 s
        self._cluster.go_on(name)

    def _fill_one(self) -> None:
        name = self._any_node()
        self._cluster.fill_disk(name)
        time.sleep(0.2 + self._luck.random() * 0.4)
        self._cluster.clear_disk(name)

    def _fill_all(self) -> None:
        for name in self._cluster.names:
            self._cluster.fill_disk(name)
        time.sleep(0.2 + self._luck.random() * 0.4)
        for name in self._cluster.names:
            self._cluster.clear_disk(name)

    def _kill_full(self) -> None:
        name = self._any_node()
        self._cluster.fill_disk(name)
        self._wait_a_moment(0.5)
        self._kill(name)
