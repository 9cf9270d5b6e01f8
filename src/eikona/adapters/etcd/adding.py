"""Adds what waits to the log, all at once, until it stands there or nobody waits for it."""

import secrets
import threading
from collections.abc import Callable, Sequence

from eikona.adapters.etcd.batch import MAX_BATCH_BYTES, pack_batch
from eikona.adapters.etcd.client import NotSentError
from eikona.adapters.etcd.log import EtcdLog, StoredSnapshot
from eikona.adapters.raft.pending import TOKEN_BYTES, Pending
from eikona.domain.errors import EtcdError


class Adder:
    """For one thread."""

    def __init__(
        self,
        log: EtcdLog,
        pending: Pending,
        *,
        newest: Callable[[], StoredSnapshot],
        outdated: Callable[[], None],
        rest: Callable[[EtcdError], None],
        is_stopping: threading.Event,
    ) -> None:
        """Take what it works with.

        Args:
            log: what is added to.
            pending: what waits.
            newest: the snapshot that stands, as far as this node knows.
            outdated: called where another one stands.
            rest: called with what went wrong, before another try.
            is_stopping: ends it.
        """
        self._log = log
        self._pending = pending
        self._newest = newest
        self._outdated = outdated
        self._rest = rest
        self._is_stopping = is_stopping

    def next_batch(self) -> list[bytes]:
        """Return what waits, as much as goes at once."""
        batch: list[bytes] = []

        def take(command: bytes) -> bool:
            if batch and sum(map(len, batch)) + len(command) > MAX_BATCH_BYTES:
                return False
            batch.append(command)
            return True

        self._pending.send(take)
        return batch

    def add(self, batch: Sequence[bytes]) -> bool:
        """Add a batch, unless nobody waits for it any more; return False if it waits again."""
        tokens = [command[:TOKEN_BYTES] for command in batch]
        id_, data = secrets.token_hex(12), pack_batch(batch)
        was_sent = False
        while not self._is_stopping.is_set() and self._pending.waits_for(tokens):
            try:
                if self._log.add(id_, data, self._newest()):
                    break
                self._outdated()
            except NotSentError as error:
                if not was_sent:
                    self._pending.take_back(tokens)
                self._rest(error)
                if not was_sent:
                    return False
            except EtcdError as error:
                was_sent = True
                self._rest(error)
        return True
