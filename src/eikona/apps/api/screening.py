"""Has posts ruled on: those uploaded now, and those that were held when the server ended."""

import queue
import threading
import time

import structlog

from eikona.adapters.blobs.folder import BlobFolder
from eikona.adapters.database.database import Database
from eikona.apps.api.metrics import Metrics
from eikona.domain.errors import EikonaError, NotFoundError, QuorumError
from eikona.domain.post import Post, PostState
from eikona.services.accounts.ports import Clock
from eikona.services.moderation.policy import ModerationPolicy
from eikona.services.posting.apply_ruling import apply_ruling, tell_ballot
from eikona.services.posting.ports import Quorum

_AGAIN_S = 2.0  # after the quorum could not be asked

_log = structlog.get_logger(__name__)


class Screening:
    """Threads that put one post each before the quorum; what they are at is in the store."""

    def __init__(
        self,
        quorum: Quorum,
        *,
        store: Database,
        blobs: BlobFolder,
        clock: Clock,
        policy: ModerationPolicy,
        metrics: Metrics,
        at_once: int,
    ) -> None:
        """Go on with what is held, in the order in which it came."""
        self._quorum = quorum
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._policy = policy
        self._metrics = metrics
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        for name in store.read(lambda records: records.posts.before_quorum()):
            self.submit(name)
        self._threads = [
            threading.Thread(target=self._run, name=f"screening {number}", daemon=True)
            for number in range(at_once)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, name: str) -> None:
        """Have a held post ruled on; one that is under way already is left to that."""
        with self._lock:
            if name in self._known:
                return
            self._known.add(name)
        self._metrics.held_posts.set(len(self._known))
        self._waiting.put(name)

    def close(self) -> None:
        """Take no further post; those that are before the quorum are asked about anew later."""
        self._stopping.set()
        for _ in self._threads:
            self._waiting.put(None)

    def join(self) -> None:
        """Wait until nothing is under way; the quorum's connections must be ended before."""
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            name = self._waiting.get()
            if name is None:
                return
            if self._is_done(name):
                with self._lock:
                    self._known.discard(name)
                self._metrics.held_posts.set(len(self._known))
            else:
                self._waiting.put(name)
                self._stopping.wait(_AGAIN_S)

    def _is_done(self, name: str) -> bool:
        """Have one post ruled on; return whether nothing is left to do with it."""
        try:
            post = self._store.read(lambda records: records.posts.find(name))
            if post is None or post.state is not PostState.HELD or post.ruled_at_ms is not None:
                return True
            self._rule(post)
        except QuorumError as error:
            if not self._stopping.is_set():
                _log.warning("no ruling yet", post=name, code=error.code, reason=str(error))
            return False
        except NotFoundError:
            _log.exception("the picture of a post is gone", post=name)
            return True
        except EikonaError as error:
            _log.warning("no ruling yet", post=name, code=error.code, reason=str(error))
            return False
        except Exception:  # noqa: BLE001  the post waits on, whatever it was
            _log.exception("a fault while a post was screened", post=name)
            return False
        return True

    def _rule(self, post: Post) -> None:
        began = time.perf_counter()
        ruling = self._quorum(
            self._blobs.read(post.picture),
            heard=lambda ballot: tell_ballot(post, ballot, store=self._store, clock=self._clock),
        )
        self._metrics.stage_seconds.labels("ruling").observe(time.perf_counter() - began)
        self._metrics.outcomes.labels("quorum", str(ruling.outcome)).inc()
        apply_ruling(
            post.id,
            ruling,
            store=self._store,
            blobs=self._blobs,
            clock=self._clock,
            policy=self._policy,
        )
        self._metrics.stage_seconds.labels("held").observe(
            max(self._clock() - post.created_at_ms, 0) / 1000
        )
