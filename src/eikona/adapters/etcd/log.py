"""A log in etcd: entries in the order of their revisions, and a snapshot in place of old ones.

Keys below ``/eikona/CLUSTER/``: ``log/EPOCH/ID`` is an entry, whose place is the revision at which
etcd took it; ``snapshot`` says up to which revision the snapshot reaches and where its parts are;
``parts/ID/…`` are they; ``id`` tells this log from any other in its place. Each snapshot begins an
epoch. Nobody can add to an epoch that is over, so entries of all epochs before the last one stood
before that began: the next snapshot covers them, and removes them in the same transaction in which
it takes its place.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from eikona.adapters.etcd.client import CompactedError, EtcdClient, NoAnswerError
from eikona.adapters.etcd.requests import (
    Json,
    KeyValue,
    after_prefix,
    delete_range,
    get,
    get_since,
    is_absent,
    put,
    ranges_of,
    stands_at,
)

_PART_BYTES = 524_288  # etcd takes requests of up to 1.5 MiB
_PAGE_LEAST, _PAGE_MOST = 256, 16_384  # entries; etcd sorts all that there are for each page
_PAGE_BYTES = 2_097_152  # about so many are asked for at once


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One place of the log."""

    revision: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """What stands at ``snapshot``.

    Attributes:
        revision: up to where it reaches.
        epoch: the one that it began.
        gone_before: entries of earlier revisions are removed.
        id, parts, sha256: where its bytes are, and what they must be.
        stands_at: the revision at which it took its place; 0 of none.
    """

    revision: int = 0
    epoch: int = 0
    gone_before: int = 0
    id: str = ""
    parts: int = 0
    sha256: str = ""
    stands_at: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What follows a revision.

    Attributes:
        entries: those that come next.
        snapshot: the one that there is.
        revision: up to where these are all entries.
    """

    entries: tuple[LogEntry, ...]
    snapshot: StoredSnapshot
    revision: int
    is_last: bool


class EtcdLog:
    """The log of one cluster; for any thread."""

    def __init__(self, client: EtcdClient, cluster: str) -> None:
        self._client = client
        prefix = f"/eikona/{cluster}/"
        self._log = prefix + "log/"
        self._snapshot = prefix + "snapshot"
        self._parts = prefix + "parts/"
        self._id = prefix + "id"
        self._most = _PAGE_LEAST

    def identify(self) -> str:
        """Return what tells this log from others; made where nothing stands there yet."""
        answer = self._client.ask(
            "/v3/kv/txn",
            {
                "compare": [is_absent(self._id)],
                "success": [put(self._id, secrets.token_hex(16).encode()), get(self._id)],
                "failure": [get(self._id)],
            },
        )
        return ranges_of(answer)[0][0].value.decode()

    def add(self, id_: str, data: bytes, snapshot: StoredSnapshot) -> bool:
        """Add an entry, once; return False where another snapshot stands than this one."""
        key = f"{self._epoch(snapshot.epoch)}{id_}"
        answer = self._client.ask(
            "/v3/kv/txn",
            {
                "compare": [stands_at(self._snapshot, snapshot.stands_at), is_absent(key)],
                "success": [put(key, data)],
                "failure": [get(key)],
            },
        )
        return bool(answer.get("succeeded")) or bool(ranges_of(answer)[0])

    def page(self, after: int) -> Page:
        """Return what follows a revision, as it stands at one moment."""
        most = self._most
        wish = get_since(self._log, after + 1, most=most)
        answer = self._client.ask("/v3/kv/txn", {"success": [get(self._snapshot), wish]})
        snapshot, found = ranges_of(answer)
        entries = tuple(LogEntry(item.revision, item.value) for item in found)
        is_last = len(entries) < most
        size = sum(len(entry.data) for entry in entries)
        self._most = min(
            max(most * 2 if size < _PAGE_BYTES else most // 2, _PAGE_LEAST), _PAGE_MOST
        )
        revision = int(answer["header"]["revision"]) if is_last else entries[-1].revision
        return Page(entries, _read_snapshot(snapshot), revision, is_last)

    def newest_snapshot(self) -> StoredSnapshot:
        """Return the snapshot that there is."""
        answer = self._client.ask("/v3/kv/txn", {"success": [get(self._snapshot)]})
        return _read_snapshot(ranges_of(answer)[0])

    def watch(self, revision: int) -> Iterator[list[LogEntry]]:
        """Yield entries as they are added, from a revision on; see ``EtcdClient.watch``."""
        for found in self._client.watch(self._log, revision):
            yield [LogEntry(item.revision, item.value) for item in found]

    def load(self, snapshot: StoredSnapshot) -> bytes:
        """Return a snapshot's bytes.

        Raises:
            CompactedError: another has taken its place meanwhile.
        """
        parts = []
        for number in range(snapshot.parts):
            wish = {"success": [get(self._part(snapshot.id, number))]}
            (found,) = ranges_of(self._client.ask("/v3/kv/txn", wish))
            if not found:
                raise CompactedError("a newer snapshot has taken this one's place")
            parts.append(found[0].value)
        data = b"".join(parts)
        if hashlib.sha256(data).hexdigest() != snapshot.sha256:
            raise NoAnswerError("the snapshot in etcd is not what was stored")
        return data

    def save(self, revision: int, data: bytes, before: StoredSnapshot) -> bool:
        """Put a snapshot in place of the one before; return whether it was the first to.

        Its parts are stored one by one before; where another node was faster they are removed.

        Args:
            revision: up to where it reaches: not before ``before`` took its place.
            data: the snapshot.
            before: the one that stands, as far as this node knows.
        """
        id_ = secrets.token_hex(8)
        starts = range(0, len(data), _PART_BYTES)
        for number, start in enumerate(starts):
            part = put(self._part(id_, number), data[start : start + _PART_BYTES])
            self._client.ask("/v3/kv/txn", {"success": [part]})
        told = {
            "revision": revision,
            "epoch": before.epoch + 1,
            "gone_before": before.stands_at,
            "id": id_,
            "parts": len(starts),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        own, own_end = f"{self._parts}{id_}/", f"{self._parts}{id_}0"
        answer = self._client.ask(
            "/v3/kv/txn",
            {
                "compare": [stands_at(self._snapshot, before.stands_at)],
                "success": [
                    put(self._snapshot, json.dumps(told).encode()),
                    delete_range(self._log, self._epoch(before.epoch)),
                    delete_range(self._parts, own),
                    delete_range(own_end, after_prefix(self._parts)),
                ],
                "failure": [delete_range(own, own_end)],
            },
        )
        return bool(answer.get("succeeded"))

    def forget_history(self, revision: int) -> None:
        """Let etcd drop what keys were before a revision."""
        self._client.ask("/v3/kv/compaction", {"revision": str(revision)})

    def _epoch(self, epoch: int) -> str:
        return f"{self._log}{epoch:016d}/"

    def _part(self, id_: str, number: int) -> str:
        return f"{self._parts}{id_}/{number:08d}"


def _read_snapshot(found: list[KeyValue]) -> StoredSnapshot:
    if not found:
        return StoredSnapshot()
    told: Json = json.loads(found[0].value)
    return StoredSnapshot(**told, stands_at=found[0].revision)
