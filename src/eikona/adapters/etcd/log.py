"""A log in etcd: entries at numbered keys, added only at the end, and a snapshot before them.

Keys below ``/eikona/CLUSTER/``: ``tail`` counts the entries ever added; ``log/NUMBER`` is one;
``snapshot`` says up to which entry the snapshot reaches and where its parts are; ``parts/ID/…`` are
they. An entry is added, and a snapshot put in place of entries, by one transaction each.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from eikona.adapters.etcd.client import (
    CompactedError,
    EtcdClient,
    Json,
    KeyValue,
    NoAnswerError,
    b64,
    key_value,
)

_PART_BYTES = 524_288  # etcd takes requests of up to 1.5 MiB
_PAGE = 64  # entries asked for at once


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One place of the log."""

    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Added:
    """Whether an entry was added; if not, those that came before it."""

    was_added: bool
    entries: tuple[LogEntry, ...]


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """What stands at ``snapshot``."""

    index: int
    id: str
    parts: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Page:
    """What follows an entry.

    Attributes:
        entries: those that come next.
        tail: the last entry's number.
        snapshot: the one that there is; where it reaches further, entries are gone.
        revision: of etcd when it was asked.
    """

    entries: tuple[LogEntry, ...]
    tail: int
    snapshot: StoredSnapshot | None
    revision: int


class EtcdLog:
    """The log of one cluster; for any thread."""

    def __init__(self, client: EtcdClient, cluster: str) -> None:
        self._client = client
        self._prefix = f"/eikona/{cluster}/"
        self._tail = self._prefix + "tail"
        self._log = self._prefix + "log/"
        self._snapshot = self._prefix + "snapshot"
        self._parts = self._prefix + "parts/"

    def add(self, data: bytes, after: int) -> Added:
        """Add an entry after the last one, if that has this number."""
        tail = str(after + 1).encode()
        answer = self._client.ask(
            "/v3/kv/txn",
            {
                "compare": [self._tail_is(after)],
                "success": [_put(self._tail, tail), _put(self._entry(after + 1), data)],
                "failure": [self._entries_after(after)],
            },
        )
        if answer.get("succeeded"):
            return Added(was_added=True, entries=(LogEntry(after + 1, data),))
        return Added(was_added=False, entries=self._entries_in(_ranges(answer)[0]))

    def page(self, after: int) -> Page:
        """Return what follows an entry, as it stands at one moment."""
        wishes = [_range(self._tail), _range(self._snapshot), self._entries_after(after)]
        answer = self._client.ask("/v3/kv/txn", {"success": wishes})
        tail, snapshot, entries = _ranges(answer)
        return Page(
            self._entries_in(entries),
            int(tail[0].value) if tail else 0,
            _read_snapshot(snapshot),
            int(answer["header"]["revision"]),
        )

    def watch(self, revision: int) -> Iterator[list[LogEntry]]:
        """Yield entries as they are added, from a revision of etcd on; see ``EtcdClient.watch``."""
        first, end = self._log.encode(), _after_prefix(self._log)
        for found in self._client.watch(first, end, revision):
            yield list(self._entries_in(found))

    def load(self, snapshot: StoredSnapshot) -> bytes:
        """Return a snapshot's bytes.

        Raises:
            CompactedError: another has taken its place meanwhile.
        """
        parts = []
        for number in range(snapshot.parts):
            wish = _range(self._part(snapshot.id, number))["requestRange"]
            found = _values(self._client.ask("/v3/kv/range", wish))
            if not found:
                raise CompactedError("a newer snapshot has taken this one's place")
            parts.append(found[0].value)
        data = b"".join(parts)
        if hashlib.sha256(data).hexdigest() != snapshot.sha256:
            raise NoAnswerError("the snapshot in etcd is not what was stored")
        return data

    def save(self, index: int, data: bytes) -> bool:
        """Put a snapshot in place of all entries up to one; return whether it was the first to.

        Its parts are stored one by one before; where another node was faster they are removed.
        """
        before = self.page(index).snapshot
        if before is not None and before.index >= index:
            return False
        id_ = secrets.token_hex(8)
        starts = range(0, len(data), _PART_BYTES)
        for number, start in enumerate(starts):
            wish = _put(self._part(id_, number), data[start : start + _PART_BYTES])["requestPut"]
            self._client.ask("/v3/kv/put", wish)
        told = {
            "index": index,
            "id": id_,
            "parts": len(starts),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        answer = self._client.ask(
            "/v3/kv/txn",
            {
                "compare": [self._snapshot_is(before)],
                "success": [
                    _put(self._snapshot, json.dumps(told).encode()),
                    _delete(self._log, self._entry(index + 1)),
                    _delete(self._parts, self._parts + id_),
                    _delete(self._parts + id_ + "0", _after_prefix(self._parts).decode()),
                ],
                "failure": [_delete(self._parts + id_ + "/", self._parts + id_ + "0")],
            },
        )
        return bool(answer.get("succeeded"))

    def forget_history(self, revision: int) -> None:
        """Let etcd drop what keys were before a revision."""
        self._client.ask("/v3/kv/compaction", {"revision": str(revision)})

    def _entry(self, index: int) -> str:
        return f"{self._log}{index:020d}"

    def _part(self, id_: str, number: int) -> str:
        return f"{self._parts}{id_}/{number:08d}"

    def _tail_is(self, index: int) -> Json:
        if index == 0:
            return {"key": b64(self._tail.encode()), "target": "CREATE", "create_revision": "0"}
        value = b64(str(index).encode())
        return {"key": b64(self._tail.encode()), "target": "VALUE", "value": value}

    def _snapshot_is(self, before: StoredSnapshot | None) -> Json:
        key = b64(self._snapshot.encode())
        if before is None:
            return {"key": key, "target": "CREATE", "create_revision": "0"}
        value = {
            "index": before.index, "id": before.id, "parts": before.parts, "sha256": before.sha256,
        }  # fmt: skip
        return {"key": key, "target": "VALUE", "value": b64(json.dumps(value).encode())}

    def _entries_after(self, index: int) -> Json:
        wish = _range(self._entry(index + 1), _after_prefix(self._log).decode())
        wish["requestRange"]["limit"] = str(_PAGE)
        return wish

    def _entries_in(self, found: list[KeyValue]) -> tuple[LogEntry, ...]:
        start = len(self._log)
        return tuple(LogEntry(int(item.key[start:]), item.value) for item in found)


def _read_snapshot(found: list[KeyValue]) -> StoredSnapshot | None:
    if not found:
        return None
    told = json.loads(found[0].value)
    return StoredSnapshot(told["index"], told["id"], told["parts"], told["sha256"])


def _put(key: str, value: bytes) -> Json:
    return {"requestPut": {"key": b64(key.encode()), "value": b64(value)}}


def _range(key: str, end: str = "") -> Json:
    wish = {"key": b64(key.encode())}
    if end:
        wish["range_end"] = b64(end.encode())
    return {"requestRange": wish}


def _delete(key: str, end: str) -> Json:
    return {"requestDeleteRange": {"key": b64(key.encode()), "range_end": b64(end.encode())}}


def _after_prefix(prefix: str) -> bytes:
    """Return the first key that sorts after all that begin so."""
    data = prefix.encode()
    return data[:-1] + bytes([data[-1] + 1])


def _ranges(answer: Json) -> list[list[KeyValue]]:
    """Return what the ranges of a transaction found."""
    return [
        _values(part["response_range"])
        for part in answer.get("responses", ())
        if "response_range" in part
    ]


def _values(found: Json) -> list[KeyValue]:
    return [key_value(item) for item in found.get("kvs", ())]
