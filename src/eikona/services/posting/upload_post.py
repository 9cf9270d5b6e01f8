"""Somebody uploads a picture: it is made anew, kept, and held until the quorum has ruled."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from eikona.domain.account import Account
from eikona.domain.errors import (
    EmptySourceError,
    IdempotencyConflictError,
    InvalidInputError,
    StateConflictError,
)
from eikona.domain.post import Post, PostState, UploadKey
from eikona.services.audit_log import note
from eikona.services.identifiers import new_id
from eikona.services.posting.captions import checked_caption
from eikona.services.posting.ports import Mark, Render, no_mark
from eikona.services.store.blobs import Blobs
from eikona.services.store.records import Records, Store

KEY_MOST = 128  # characters of an idempotency key
HELD_MOST = 20  # posts of one account that wait for a ruling


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody uploads.

    Attributes:
        account: who.
        picture: SHA-256 of the file, which is kept already.
        caption: text beside it.
        key: idempotency key; None where the upload is not meant to be repeated.
    """

    account: Account = field(repr=False)
    picture: str
    caption: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What came of an upload.

    Attributes:
        post: the post.
        is_repeated: whether it was uploaded before, with the same key.
    """

    post: Post
    is_repeated: bool


def upload_post(
    command: Upload,
    *,
    store: Store,
    blobs: Blobs,
    render: Render,
    clock: Callable[[], int],
    mark: Mark = no_mark,
) -> Uploaded:
    """Keep an upload as a post that is held; whatever ends afterwards, it will be ruled on.

    Raises:
        InvalidImageError: the file is no picture that can be shown.
        InvalidInputError: caption or key cannot be used.
        IdempotencyConflictError: the key was used for another upload.
        StateConflictError: too many posts of the account wait already.
    """
    caption = checked_caption(command.caption)
    request = hashlib.sha256(f"{command.picture}\0{caption}".encode()).hexdigest()
    key = _key(command)
    before = store.read(lambda records: _before(records, key, request))
    if before is not None:
        return Uploaded(before, is_repeated=True)
    content = blobs.read(command.picture)
    if not content:
        raise EmptySourceError("the file has no bytes")
    name = new_id()
    rendered = mark(name, render(content))
    now = clock()
    post = Post(
        id=name,
        account=command.account.id,
        state=PostState.HELD,
        caption=caption,
        picture=command.picture,
        rendition=blobs.put(rendered.picture),
        thumbnail=blobs.put(rendered.thumbnail),
        width=rendered.width,
        height=rendered.height,
        created_at_ms=now,
    )

    def keep(records: Records) -> Uploaded:
        if (earlier := _before(records, key, request)) is not None:  # it came twice at one time
            return Uploaded(earlier, is_repeated=True)
        if records.posts.waiting_of(post.account) >= HELD_MOST:
            raise StateConflictError(f"{HELD_MOST} posts wait already: wait for their rulings")
        records.posts.add(post)
        if key is not None:
            records.upload_keys.add(UploadKey(key, post.account, request, post.id, now))
        note(records, at_ms=now, actor=post.account, action="post.held", subject=post.id)
        records.events.tell(post.account, "post.held", post.id, {}, now)
        return Uploaded(post, is_repeated=False)

    return store.write(keep)


def _key(command: Upload) -> str | None:
    if command.key is None:
        return None
    if not 1 <= len(command.key) <= KEY_MOST or not command.key.isprintable():
        raise InvalidInputError(f"an idempotency key has 1 to {KEY_MOST} printable characters")
    return hashlib.sha256(f"{command.account.id}\0{command.key}".encode()).hexdigest()


def _before(records: Records, key: str | None, request: str) -> Post | None:
    found = None if key is None else records.upload_keys.find(key)
    if found is None:
        return None
    if found.request != request:
        raise IdempotencyConflictError("this key was used for another upload: make a new one")
    return records.posts.get(found.post)
