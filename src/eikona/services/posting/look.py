"""Who sees which posts."""

from eikona.domain.account import Account, Role
from eikona.domain.errors import NotFoundError
from eikona.domain.post import PostState, ShownPost
from eikona.services.store.post_collections import Place
from eikona.services.store.records import Records, Store


def see_post(name: str, *, viewer: Account, store: Store) -> ShownPost:
    """Return one post.

    Its author sees it in every state, reviewers too; others see it while it is published, and
    neither blocks the other.

    Raises:
        NotFoundError: there is none that this account may know of.
    """

    def see(records: Records) -> ShownPost:
        shown = records.posts.shown(name)
        if shown is None or not _may_see(records, shown, viewer):
            raise NotFoundError("there is no such post")
        return shown

    return store.read(see)


def see_feed(
    *, viewer: Account, store: Store, before: Place | None, most: int, author: str | None
) -> list[ShownPost]:
    """Return a page of published posts, the newest first.

    Raises:
        NotFoundError: nobody is called as ``author``.
    """

    def see(records: Records) -> list[ShownPost]:
        whose = None
        if author is not None:
            found = records.accounts.named(author.lower())
            if found is None:
                raise NotFoundError("nobody is called so")
            whose = found.id
        return records.posts.feed(viewer.id, before=before, most=most, author=whose)

    return store.read(see)


def _may_see(records: Records, shown: ShownPost, viewer: Account) -> bool:
    post = shown.post
    if post.account == viewer.id or viewer.role.includes(Role.REVIEWER):
        return True
    return post.state is PostState.PUBLISHED and not records.blocks.are_apart(
        post.account, viewer.id
    )
