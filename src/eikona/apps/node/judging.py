"""Answers the cases that are open, one ballot each, written down before it is sent."""

import logging
import threading
import time
from dataclasses import replace

from eikona.adapters.keys.ballot_book import BallotBook
from eikona.adapters.keys.key_ring import KeyRing
from eikona.adapters.quorum.replica import Replica
from eikona.apps.node.docket import Docket, Task
from eikona.apps.node.gateway_line import GatewayLine
from eikona.balloting.commands import answer_of, command_of
from eikona.balloting.statements import key_id
from eikona.domain.errors import EikonaError, QuorumError, RefusedError, UnknownCaseError
from eikona.domain.fingerprint import Fingerprint
from eikona.services.judge_case import Hash, Voice, judge
from eikona.services.replication import ReplicationEngine
from eikona.services.watched_machine import WatchedMachine

_log = logging.getLogger(__name__)
_IDLE_S = 0.5
_AGAIN_S = 0.2
_SUBMIT_S = 2.0
_LOOK_S = 0.02  # while the log of before is carried out once more
_LAG_MOST = 32  # entries
_KEEP_EVERY = 256  # ballots between two looks at which are still needed


class UnfetchableError(EikonaError):
    """Nobody gave the picture for too long."""

    code = "unfetchable"


class Judging:
    """A node's judgement; ``run`` it in as many threads as there should be cases at a time."""

    def __init__(  # noqa: PLR0913  all that it needs
        self,
        *,
        voice: Voice,
        ring: KeyRing,
        book: BallotBook,
        docket: Docket,
        machine: WatchedMachine,
        engine: ReplicationEngine,
        replica: Replica,
        line: GatewayLine,
        hash_picture: Hash,
        fetch_for_s: float,
    ) -> None:
        """Take what it works with."""
        self._voice = voice
        self._ring = ring
        self._book = book
        self._book_lock = threading.Lock()
        self._docket = docket
        self._machine = machine
        self._engine = engine
        self._replica = replica
        self._line = line
        self._hash_picture = hash_picture
        self._fetch_for_s = fetch_for_s
        self._signed = 0

    def run(self, stopping: threading.Event) -> None:
        """Answer cases until told to stop; what a start brings back was answered before it."""
        while not stopping.is_set() and not self._is_current():
            stopping.wait(_LOOK_S)
        while not stopping.is_set():
            task = self._docket.take(_IDLE_S)
            if task is None:
                continue
            try:
                again_s = self._answer(task)
            except QuorumError as error:
                again_s = None if isinstance(error, UnknownCaseError) else _AGAIN_S
                if isinstance(error, RefusedError):
                    _log.info("ballot refused", extra={"code": error.code})
            except OSError as error:
                _log.info("picture not to be had", extra={"reason": str(error)})
                again_s = _AGAIN_S
            except Exception:  # noqa: BLE001  told; the others' ballots may suffice
                _log.exception("case not judged")
                again_s = _IDLE_S
            self._docket.give_back(task, wait_s=again_s)

    def fetch(self, sha256: bytes) -> bytes:
        """Return the picture that the gateway gives for a digest; it may be another one.

        Raises:
            OSError: it does not answer, or has none.
        """
        answer, body = self._line.ask(do="picture", sha256=sha256.hex())
        if "error" in answer:
            raise OSError(str(answer["error"]))
        return body

    def fingerprint_of(self, sha256: bytes) -> Fingerprint:
        """Fetch and hash a reference picture.

        Raises:
            OSError: it cannot be had just now, or another one was given.
            EikonaError: it does not decode.
        """
        from hashlib import sha256 as digest_of  # noqa: PLC0415

        picture = self.fetch(sha256)
        if digest_of(picture).digest() != sha256:
            raise OSError("the gateway gave other bytes than the list names")
        return self._hash_picture(picture)

    def _is_current(self) -> bool:
        """Return whether the machine is where the others' are, or nearly."""
        status = self._engine.status()
        return status.leader is not None and status.lag < _LAG_MOST

    def _answer(self, task: Task) -> float | None:
        """Cast a ballot; return after how many seconds to try again, if at all."""
        case = task.case
        bank = self._replica.held()
        if bank.version < max(case.submission.bank_at_least, 1):
            return _AGAIN_S
        name = case.submission.id
        if not self._machine.look(lambda state: name in state.open):
            return None
        node = self._voice.node
        in_force = self._machine.look(lambda state: state.key_of(node))
        if in_force is None:
            return None  # it has no seat; with one, the case is opened anew
        key = self._ring.settle(in_force)

        def fetch(sha256: bytes) -> bytes:
            try:
                return self.fetch(sha256)
            except OSError as error:
                if time.monotonic() - task.since < self._fetch_for_s:
                    raise
                raise UnfetchableError(f"the picture was not to be had: {error}") from error

        ballot = judge(
            case,
            task.digest,
            voice=replace(self._voice, key=key_id(key.public_key)),
            bank=bank,
            fetch=fetch,
            hash_picture=self._hash_picture,
            at_ms=time.time_ns() // 1_000_000,
        )
        with self._book_lock:
            signed = self._book.sign_once(ballot, key)
            self._signed += 1
            if self._signed % _KEEP_EVERY == 0:
                self._book.keep(self._machine.look(lambda state: frozenset(state.open)))
        answer_of(self._engine.submit(command_of(signed), timeout_s=_SUBMIT_S))
        return None
