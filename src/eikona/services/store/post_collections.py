"""Collections of posts and of their moderation, as one transaction sees them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from eikona.domain.moderation import Appeal, Decision, Review, Strike
from eikona.domain.post import Block, Post, Report, ShownPost, UploadKey
from eikona.services.store.collections import Collection


class Place(NamedTuple):
    """Where a page of a list ended."""

    at_ms: int
    id: str


class Posts(Collection[Post], Protocol):
    """Posts."""

    def feed(
        self, viewer: str, /, *, before: Place | None, most: int, author: str | None = None
    ) -> list[ShownPost]:
        """Return published posts that an account may see, the newest first.

        Args:
            viewer: who looks; posts of accounts that block it, or that it blocks, are left out.
            before: where the page before ended.
            most: how many.
            author: whose alone.
        """

    def shown(self, name: str, /) -> ShownPost | None:
        """Return one post with its author."""

    def of(self, account: str, /, *, before: Place | None, most: int) -> list[ShownPost]:
        """Return all posts of an account, the newest first."""

    def before_quorum(self) -> list[str]:
        """Return the ids of posts that wait for a ruling, the oldest first."""

    def waiting_of(self, account: str, /) -> int:
        """Return how many posts of an account wait for a ruling."""

    def all_of(self, account: str, /) -> list[Post]:
        """Return all posts of an account."""

    def forget(self, account: str, /) -> None:
        """Delete those of an account."""

    def gone_before(self, at_ms: int, most: int, /) -> list[Post]:
        """Return some posts with pictures that were refused or removed before a time."""

    def blobs_in_use(self, digests: Sequence[str], /) -> set[str]:
        """Return which of these files a post names."""


class UploadKeys(Collection[UploadKey], Protocol):
    """Uploads that may come again."""

    def forget_before(self, at_ms: int, /) -> int:
        """Forget what is older; return how many."""


class Blocks(Collection[Block], Protocol):
    """Who wants to see nothing of whom."""

    def of(self, account: str, /) -> list[Block]:
        """Return whom an account blocks, the newest first."""

    def are_apart(self, one: str, other: str, /) -> bool:
        """Tell whether either blocks the other."""

    def forget(self, account: str, /) -> None:
        """Delete those of an account."""


class Reports(Collection[Report], Protocol):
    """What people say of posts."""

    def about(self, post: str, /) -> list[Report]:
        """Return what was said about a post, in order."""

    def forget(self, account: str, /) -> None:
        """Delete those of an account."""


class Decisions(Collection[Decision], Protocol):
    """Decisions against posts."""

    def of(self, account: str, /) -> list[Decision]:
        """Return those against an account, the newest first."""

    def about(self, post: str, /) -> list[Decision]:
        """Return those against a post, in order."""

    def in_force(self, post: str, /) -> Decision | None:
        """Return the decision against a post that holds."""


class Strikes(Collection[Strike], Protocol):
    """What counts against accounts."""

    def of(self, account: str, /) -> list[Strike]:
        """Return those of an account, in order."""

    def for_decision(self, decision: str, /) -> Strike | None:
        """Return what a decision brought."""


class Appeals(Collection[Appeal], Protocol):
    """Appeals."""

    def of(self, account: str, /) -> list[Appeal]:
        """Return those of an account, the newest first."""

    def against(self, decision: str, /) -> Appeal | None:
        """Return the appeal against a decision."""


class Reviews(Collection[Review], Protocol):
    """What reviewers look at."""

    def waiting(self, *, after: Place | None, most: int) -> list[Review]:
        """Return what is to be looked at, the oldest first."""

    def open_for(self, post: str, /) -> list[Review]:
        """Return what is to be looked at about a post."""
