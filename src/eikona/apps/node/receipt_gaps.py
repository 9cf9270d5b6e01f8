"""Fetches receipts that a node lacks from the others: it caught up by a snapshot, without them.

The log of decisions says what each must be, so it matters little whom they come from: a receipt is
kept if the log ends with its decision at that place, and then says what the log was before it.
"""

import logging
import threading
from collections.abc import Callable, Iterator

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.quorum.receipt_archive import ReceiptArchive
from eikona.apps.node.gateway_line import GatewayLine
from eikona.balloting.merkle import Frontier
from eikona.balloting.receipts import (
    TrustedKeys,
    is_newest_of,
    log_before,
    receipt_from,
    verify_receipt,
)
from eikona.balloting.state import State
from eikona.domain.errors import InvalidReceiptError
from eikona.domain.receipt import Receipt
from eikona.services.watched_machine import WatchedMachine

_log = logging.getLogger(__name__)
_LOOK_S = 1.0

Sign = Callable[[Receipt], Receipt]


class ReceiptGaps:
    """One node's; ``run`` it in a thread of its own."""

    def __init__(
        self,
        node: str,
        *,
        administrator: bytes,
        machine: WatchedMachine,
        archive: ReceiptArchive,
        line: GatewayLine,
        sign: Sign,
    ) -> None:
        """Take what it works with; ``sign`` puts the node's own head of the log on a receipt."""
        self._node = node
        self._trusted = TrustedKeys(administrator)
        self._machine = machine
        self._archive = archive
        self._line = line
        self._sign = sign

    def run(self, stopping: threading.Event) -> None:
        """Close gaps until told to stop."""
        had = -1
        while not stopping.wait(_LOOK_S):
            whole, had = had, self._archive.whole
            if whole == had < self._machine.look(lambda state: state.frontier.size):
                self.close_first(stopping)

    def close_first(self, stopping: threading.Event) -> None:
        """Fetch what is missing of the first gap, from one node after the other."""
        for name in self._machine.look(self._others):
            while not stopping.is_set() and self._fetch(name):
                pass

    def _others(self, state: State) -> list[str]:
        keys = {} if state.enrolment is None else state.enrolment.keys
        return [name for name in keys if name != self._node]

    def _fetch(self, name: str) -> bool:
        """Take some receipts of a node; return whether it may have more that are wanted."""
        wanted = self._archive.whole
        log = self._log_after_gap()
        if log.size <= wanted:
            return False
        try:
            answer, body = self._line.ask(do="receipts", node=name, before=log.size)
        except OSError:
            return False
        taken = list(self._proven(log, _parted(answer.get("sizes"), body)))
        if not taken:
            return False
        self._archive.add(taken)
        _log.info("receipts fetched", extra={"node": name, "receipts": len(taken)})
        return True

    def _log_after_gap(self) -> Frontier:
        """Return what the log of decisions was where receipts go on, or is by now."""
        position = self._archive.after_gap
        content = None if position is None else self._archive.at(position)
        if content is None:
            return self._machine.look(lambda state: state.frontier)
        return log_before(receipt_from(content))

    def _proven(self, log: Frontier, contents: Iterator[bytes]) -> Iterator[Receipt]:
        """Yield receipts as far as the log ends with one after the other."""
        for content in contents:
            try:
                receipt = receipt_from(content)
            except InvalidReceiptError:
                return
            if receipt.decision.position < self._archive.whole or not is_newest_of(receipt, log):
                return
            signed = self._sign(receipt)
            if verify_receipt(signed, trusted=self._trusted, verify=verify_signature):
                return
            yield signed
            log = log_before(receipt)


def _parted(sizes: object, body: bytes) -> Iterator[bytes]:
    if not isinstance(sizes, list) or not all(isinstance(size, int) and size > 0 for size in sizes):
        return
    at = 0
    for size in sizes:
        yield body[at : at + size]
        at += size
