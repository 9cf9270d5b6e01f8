"""What a node owes the quorum besides ballots: receipts kept, its bank announced, who is lost."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from eikona.adapters.keys.ed25519 import NodeKey, verify_signature
from eikona.adapters.keys.key_ring import KeyRing
from eikona.adapters.quorum.receipt_archive import ReceiptArchive
from eikona.adapters.quorum.replica import Replica
from eikona.apps.node.docket import Docket
from eikona.apps.node.gateway_line import GatewayLine
from eikona.apps.node.judging import Judging
from eikona.balloting.commands import answer_of, command_of
from eikona.balloting.receipts import root_of
from eikona.balloting.signing import (
    sign_announcement,
    sign_archived,
    sign_head,
    sign_standing,
)
from eikona.balloting.state import State
from eikona.balloting.statements import key_id
from eikona.domain.ballot import Announcement, Archived
from eikona.domain.errors import EikonaError, QuorumError
from eikona.domain.receipt import Head, Receipt
from eikona.domain.roster import Standing
from eikona.services.reference import reference_from
from eikona.services.replication import ReplicationEngine
from eikona.services.watched_machine import WatchedMachine

_log = logging.getLogger(__name__)
_SUBMIT_S = 2.0
_LOOK_S = 0.5
_ARCHIVED_EVERY_S = 5.0  # far sooner than the machine has to let receipts go at its fastest
_WRITE_EVERY_S = 0.25
_REFERENCE_EVERY_S = 1.0
_NO_WAIT_S = 0.001
_BATCH = 256  # receipts that are written at once
_FULL_S = 1.0  # until a disk is tried again that could not be written
_UNWRITTEN_MOST = 4096  # receipts in memory; with more, the node ends, and begins again


class Duties:
    """One node's; each public method runs in a thread of its own until told to stop."""

    def __init__(  # noqa: PLR0913  all that it needs
        self,
        *,
        node: str,
        ring: KeyRing,
        quorum: str,
        administrator: bytes,
        docket: Docket,
        machine: WatchedMachine,
        engine: ReplicationEngine,
        archive: ReceiptArchive,
        replica: Replica,
        lost_after_s: float,
    ) -> None:
        """Take what it works with."""
        self._node = node
        self._ring = ring
        self._quorum = quorum
        self._administrator = administrator
        self._docket = docket
        self._machine = machine
        self._engine = engine
        self._archive = archive
        self._replica = replica
        self._lost_after_s = lost_after_s
        self._silent_since: dict[str, float] = {}
        self._archived_due = 0.0

    def archive_receipts(self, stopping: threading.Event) -> None:
        """Sign the log's head for each ruling, tell of it, and keep its receipt."""
        said, due = -1, 0.0
        unwritten: list[Receipt] = []
        while not stopping.is_set():
            for receipt in self._decided():
                unwritten.append(self.with_head(receipt))
                self._docket.publish_ruling(unwritten[-1])
            now = time.monotonic()
            if unwritten and now >= due:
                due = now + (_WRITE_EVERY_S if self._keep(unwritten) else _FULL_S)
            if self._archive.whole > said and now >= self._archived_due:
                self._archived_due = now + _ARCHIVED_EVERY_S
                with contextlib.suppress(QuorumError):
                    said = self._say_archived()
        self._archive.add(unwritten)

    def _keep(self, unwritten: list[Receipt]) -> bool:
        """Write receipts down and strike them off; a full disk may have room again.

        Raises:
            QuorumError: it has had none for too long.
        """
        try:
            self._archive.add(unwritten)
        except QuorumError as error:
            if len(unwritten) > _UNWRITTEN_MOST:
                raise
            _log.warning("receipts not kept yet", extra={"reason": str(error)})
            return False
        unwritten.clear()
        return True

    def keep_reference(self, stopping: threading.Event, line: GatewayLine, by: Judging) -> None:
        """Become a replica of each new list of reference pictures that the gateway has."""
        while not stopping.is_set():
            try:
                told, content = line.ask(do="reference", newer_than=self._replica.version)
                if content:
                    self._take_reference(content, by)
                elif "error" in told:
                    _log.warning("no reference", extra={"reason": told["error"]})
            except (EikonaError, OSError) as error:
                _log.info("reference not taken", extra={"reason": str(error)})
            stopping.wait(_REFERENCE_EVERY_S)

    def watch_nodes(self, stopping: threading.Event) -> None:
        """Announce the bank, call silent nodes lost, and return after having been lost."""
        while not stopping.wait(_LOOK_S):
            status = self._engine.status()
            if status.leader is None or status.lag:
                self._silent_since.clear()
                continue
            seats = self._machine.look(lambda state: state.seats)
            if self._node not in seats:
                continue
            now = time.monotonic()
            alive = {peer.name for peer in status.peers if peer.is_alive}
            for name in seats:
                if name in alive:
                    self._silent_since.pop(name, None)
                else:
                    self._silent_since.setdefault(name, now)
            with contextlib.suppress(QuorumError):
                self._announce()
                self._speak_of_lost(now)

    @property
    def _key(self) -> NodeKey:
        """The key that the roster names."""
        return self._ring.settle(self._machine.look(lambda state: state.key_of(self._node)))

    def _decided(self) -> Iterator[Receipt]:
        """Yield receipts that are not on the disk, as they come, for a moment."""
        timeout_s = _WRITE_EVERY_S
        with contextlib.suppress(queue.Empty):
            for _ in range(_BATCH):
                receipt = self._docket.decided.get(timeout=timeout_s)
                timeout_s = _NO_WAIT_S
                if receipt.decision.position not in self._archive:
                    yield receipt

    def with_head(self, receipt: Receipt) -> Receipt:
        """Return a receipt with this node's head of the log alone, if it sat in that quorum."""
        root = root_of(receipt)
        if root is None or receipt.enrolment.keys.get(self._node) != self._key.public_key:
            return receipt
        size = receipt.decision.position + 1
        head = Head(self._quorum, self._node, key_id(self._key.public_key), size, root, _now_ms())
        return replace(receipt, heads=(sign_head(head, self._key),))

    def _say_archived(self) -> int:
        whole = self._archive.whole
        key = key_id(self._key.public_key)
        said = sign_archived(Archived(self._quorum, self._node, key, whole, _now_ms()), self._key)
        self._submit(command_of(said))
        return whole

    def _take_reference(self, content: bytes, by: Judging) -> None:
        reference = reference_from(
            content, administrator=self._administrator, verify=verify_signature
        )
        if reference.version <= self._replica.version:
            return
        failed = self._replica.take(reference, by.fingerprint_of)
        _log.info(
            "reference taken", extra={"version": reference.version, "not_decoded": len(failed)}
        )

    def _announce(self) -> None:
        held = self._replica.held()
        known = self._machine.look(lambda state: state.banks.get(self._node))
        if held.version and (known is None or known.version < held.version):
            key = key_id(self._key.public_key)
            said = Announcement(self._quorum, self._node, key, held.version, held.digest, _now_ms())
            self._submit(command_of(sign_announcement(said, self._key)))

    def _speak_of_lost(self, now: float) -> None:
        lost, serial, epoch, seats, unheard = self._machine.look(self._standing)
        if self._node in lost:
            self._say(self._node, lost=False, serial=serial, epoch=epoch)
            return
        for name in seats - lost - {self._node}:
            silent_s = now - self._silent_since.get(name, now)
            if silent_s >= self._lost_after_s or name in unheard:
                self._say(name, lost=True, serial=serial, epoch=epoch)

    def _standing(
        self, state: State
    ) -> tuple[frozenset[str], int, int, frozenset[str], frozenset[str]]:
        """Return who is lost, the roster's serial, the epoch, all seats, who owes a ballot long."""
        seats = state.seats
        serial = 0 if state.enrolment is None else state.enrolment.serial
        late: set[str] = set()
        until = time.monotonic() - self._lost_after_s
        for task in self._docket.waiting():
            opened = state.open.get(task.case.submission.id)
            if opened is not None and self._node in opened.ballots and task.since < until:
                late |= seats - opened.ballots.keys()
        return frozenset(state.lost), serial, state.epoch, seats, frozenset(late)

    def _say(self, name: str, *, lost: bool, serial: int, epoch: int) -> None:
        said = Standing(
            quorum=self._quorum,
            roster=serial,
            epoch=epoch,
            node=name,
            lost=lost,
            by=self._node,
            key=key_id(self._key.public_key),
            at_ms=_now_ms(),
        )
        _log.info("standing", extra={"node": name, "lost": lost})
        self._submit(command_of(sign_standing(said, self._key)))

    def _submit(self, command: bytes) -> None:
        answer_of(self._engine.submit(command, timeout_s=_SUBMIT_S))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
