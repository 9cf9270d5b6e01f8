"""Which nodes are there, and which of them leads, by keys that etcd drops when a node falls silent.

The node leads whose key has been there longest. All that hangs on it is who tells the gateway: the
order of commands is etcd's.

Source: etcd's API reference v3.4, "Lease" and the recipe for elections.
"""

import contextlib
import threading
import time
from dataclasses import dataclass

from eikona.adapters.etcd.client import EtcdClient
from eikona.adapters.etcd.requests import get_all, put, ranges_of
from eikona.domain.errors import EtcdError

_TTL_S = 2  # the shortest that etcd grants with its usual election time-out
_BEAT_S = 0.5
_STALE_S = 3.0  # after which what was seen says nothing


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen last.

    Attributes:
        names: nodes that are there, the one that leads first.
        term: since which revision that one is there.
        at: when, on the monotonic clock.
    """

    names: tuple[str, ...] = ()
    term: int = 0
    at: float = float("-inf")


class Presence:
    """One node's; ``run`` it in a thread of its own."""

    def __init__(self, client: EtcdClient, cluster: str, name: str) -> None:
        self._client = client
        self._prefix = f"/eikona/{cluster}/present/"
        self._name = name
        self._lease = ""
        self._seen = Seen()

    @property
    def seen(self) -> Seen:
        """Return what was seen lately; nothing where that was too long ago."""
        seen = self._seen
        return seen if time.monotonic() - seen.at < _STALE_S else Seen()

    def run(self, stopping: threading.Event) -> None:
        """Be there until told to stop."""
        while not stopping.is_set():
            with contextlib.suppress(EtcdError):
                self._beat()
            stopping.wait(_BEAT_S)
        if self._lease:
            with contextlib.suppress(EtcdError):
                self._client.ask("/v3/lease/revoke", {"ID": self._lease})

    def _beat(self) -> None:
        if not self._is_alive():
            self._lease = str(self._client.ask("/v3/lease/grant", {"TTL": str(_TTL_S)})["ID"])
            key = put(self._prefix + self._name, b"", lease=self._lease)
            self._client.ask("/v3/kv/txn", {"success": [key]})
        answer = self._client.ask("/v3/kv/txn", {"success": [get_all(self._prefix)]})
        found = sorted(ranges_of(answer)[0], key=lambda item: item.created)
        names = tuple(item.key.decode().removeprefix(self._prefix) for item in found)
        self._seen = Seen(names, found[0].created if found else 0, time.monotonic())

    def _is_alive(self) -> bool:
        """Make the lease last; return whether there still was one."""
        if not self._lease:
            return False
        answer = self._client.ask("/v3/lease/keepalive", {"ID": self._lease})
        return int(answer.get("result", {}).get("TTL", 0)) > 0
