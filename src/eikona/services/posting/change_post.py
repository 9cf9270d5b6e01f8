"""Authors change and remove their posts; others report them."""

from collections.abc import Callable
from dataclasses import replace

from eikona.domain.account import Account
from eikona.domain.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    StateConflictError,
)
from eikona.domain.moderation import Review, ReviewKind
from eikona.domain.post import Post, PostState, Report
from eikona.services.audit_log import note
from eikona.services.identifiers import new_id
from eikona.services.posting.captions import checked_caption
from eikona.services.store.records import Records, Store

REASON_MOST = 1000  # characters
_CAN_CHANGE = (PostState.HELD, PostState.PUBLISHED)


def edit_caption(
    name: str, caption: str, *, account: Account, store: Store, clock: Callable[[], int]
) -> Post:
    """Change the text beside one's own picture.

    Raises:
        NotFoundError: there is no such post of this account.
        StateConflictError: it is refused or removed.
        InvalidInputError: the caption cannot be used.
    """
    checked, now = checked_caption(caption), clock()

    def edit(records: Records) -> Post:
        post = own_post(records, name, account.id)
        if post.state not in _CAN_CHANGE:
            raise StateConflictError(f"the post is {post.state}: its caption stays as it is")
        changed = replace(post, caption=checked)
        records.posts.put(changed)
        note(records, at_ms=now, actor=account.id, action="post.edited", subject=name)
        return changed

    return store.write(edit)


def delete_post(name: str, *, account: Account, store: Store, clock: Callable[[], int]) -> None:
    """Delete one's own post.

    A post against which a decision was made is not shown any more, but stays until the decision
    can be judged no more: otherwise an appeal would have nothing to look at.

    Raises:
        NotFoundError: there is no such post of this account.
    """
    now = clock()

    def delete(records: Records) -> None:
        post = own_post(records, name, account.id)
        note(records, at_ms=now, actor=account.id, action="post.deleted", subject=name)
        if records.decisions.about(name):
            records.posts.put(
                replace(
                    post,
                    state=PostState.REMOVED,
                    caption="",
                    removed_at_ms=post.removed_at_ms or now,
                    is_withdrawn=True,
                )
            )
        else:
            records.posts.remove(name)

    store.write(delete)


def report_post(
    name: str, reason: str, *, account: Account, store: Store, clock: Callable[[], int]
) -> None:
    """Have reviewers look at a published post; a second report by the same account adds nothing.

    Raises:
        NotFoundError: there is no such post that the account can see.
        ForbiddenError: it is its own.
        InvalidInputError: the reason cannot be used.
    """
    said, now = reason.strip(), clock()
    if not 1 <= len(said) <= REASON_MOST:
        raise InvalidInputError(f"a reason has 1 to {REASON_MOST} characters")

    def report(records: Records) -> None:
        post = records.posts.find(name)
        if post is None or post.state is not PostState.PUBLISHED:
            raise NotFoundError("there is no such post")
        if post.account == account.id:
            raise ForbiddenError("delete your own post instead")
        made = Report(f"{name}:{account.id}", name, account.id, said, now)
        if records.reports.find(made.id) is not None:
            return
        records.reports.add(made)
        waiting = records.reviews.open_for(name)
        if not any(one.kind is ReviewKind.REPORT for one in waiting):
            records.reviews.add(
                Review(new_id(), ReviewKind.REPORT, name, None, "reported by users", now)
            )
        note(records, at_ms=now, actor=account.id, action="post.reported", subject=name)

    store.write(report)


def own_post(records: Records, name: str, account: str) -> Post:
    """Return a post of an account.

    Raises:
        NotFoundError: there is none of this name, or it is another's.
    """
    post = records.posts.find(name)
    if post is None or post.account != account or post.is_withdrawn:
        raise NotFoundError("there is no such post of yours")
    return post
