"""Deletes what is not to be kept any longer, so that retention settings hold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from eikona.domain.moderation import AppealState
from eikona.domain.post import Post
from eikona.services.audit_log import SYSTEM, note
from eikona.services.store.blobs import Blobs
from eikona.services.store.records import Records, Store

_DAY_MS = 24 * 3600 * 1000
_AT_ONCE = 200
KEYS_KEPT_MS = _DAY_MS  # an idempotency key is good for so long
FAILURES_KEPT_MS = _DAY_MS  # as long as wrong passwords count
SESSIONS_KEPT_MS = 30 * _DAY_MS  # after they ended


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept.

    Attributes:
        events_ms: events.
        removed_ms: pictures of refused and removed posts.
    """

    events_ms: int
    removed_ms: int


def sweep(*, store: Store, blobs: Blobs, clock: Callable[[], int], retention: Retention) -> int:
    """Delete what is too old; return how many files went.

    Files that nothing names go too, once they are some time old: those of deleted posts and
    accounts, and those of uploads that came to nothing.
    """
    now = clock()
    store.write(lambda records: _forget(records, now, retention))
    while store.write(lambda records: _strip_some(records, now, retention)):
        pass
    blobs.tidy()
    return _remove_unused(store, blobs)


def _forget(records: Records, now_ms: int, retention: Retention) -> None:
    records.events.forget_before(now_ms - retention.events_ms)
    records.upload_keys.forget_before(now_ms - KEYS_KEPT_MS)
    records.failures.forget_before(now_ms - FAILURES_KEPT_MS)
    records.mailed_tokens.forget_before(now_ms)
    records.sessions.forget_before(now_ms - SESSIONS_KEPT_MS)


def _strip_some(records: Records, now_ms: int, retention: Retention) -> int:
    """Take the pictures from some posts that were refused or removed long ago."""
    gone = records.posts.gone_before(now_ms - retention.removed_ms, _AT_ONCE)
    kept = [post for post in gone if not _is_appealed(records, post)]
    for post in kept:
        records.posts.put(replace(post, picture="", rendition="", thumbnail=""))
        note(records, at_ms=now_ms, actor=SYSTEM, action="post.stripped", subject=post.id)
    return len(kept)


def _is_appealed(records: Records, post: Post) -> bool:
    appeals = (records.appeals.against(one.id) for one in records.decisions.about(post.id))
    return any(one is not None and one.state is AppealState.OPEN for one in appeals)


def _remove_unused(store: Store, blobs: Blobs) -> int:
    count = 0
    for some in _batches(blobs.settled()):
        used = store.read(_users_of(some))
        for digest in set(some) - used:
            blobs.remove(digest)
            count += 1
    return count


def _users_of(digests: list[str]) -> Callable[[Records], set[str]]:
    return lambda records: records.posts.blobs_in_use(digests)


def _batches(digests: Iterable[str]) -> Iterable[list[str]]:
    batch: list[str] = []
    for digest in digests:
        batch.append(digest)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
