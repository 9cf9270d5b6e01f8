"""A post: a picture that somebody wants to show, and how that stands."""

from dataclasses import dataclass
from enum import StrEnum


class PostState(StrEnum):
    """How a post stands."""

    HELD = "held"
    PUBLISHED = "published"
    REFUSED = "refused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Post:
    """One post.

    Attributes:
        id: random.
        account: whose.
        state: held until it is ruled on, and while a person has to look at it.
        caption: text beside the picture.
        picture: SHA-256 of the file as it was uploaded; nobody but reviewers sees it.
        rendition: SHA-256 of what is shown: made anew from the pixels alone.
        thumbnail: SHA-256 of that at a small size.
        width: of the rendition, in pixels.
        height: of the rendition, in pixels.
        created_at_ms: when it was uploaded.
        published_at_ms: when it was published first; None before.
        removed_at_ms: when it was refused or removed; None otherwise.
        ruled_at_ms: when the quorum ruled; None before.
        case: id of the quorum's case; None before the ruling.
        receipt: SHA-256 of the receipt's file; None before the ruling.
        is_withdrawn: whether its author deleted it, while a decision against it may be appealed.
    """

    id: str
    account: str
    state: PostState
    caption: str
    picture: str
    rendition: str
    thumbnail: str
    width: int
    height: int
    created_at_ms: int
    published_at_ms: int | None = None
    removed_at_ms: int | None = None
    ruled_at_ms: int | None = None
    case: str | None = None
    receipt: str | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post and what its author is called."""

    post: Post
    author: str


@dataclass(frozen=True, slots=True)
class UploadKey:
    """What makes an upload known again when it comes twice.

    Attributes:
        id: digest of account and idempotency key.
        account: whose.
        request: digest of what was uploaded.
        post: what came of it.
        at_ms: when.
    """

    id: str
    account: str
    request: str
    post: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Block:
    """One account wants to see nothing of another.

    Attributes:
        id: both ids, with a colon between.
        account: who blocks.
        blocked: whom.
        at_ms: when.
    """

    id: str
    account: str
    blocked: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody thinks that a post should not be there.

    Attributes:
        id: post and account, with a colon between: each reports a post once.
        post: which.
        account: who reports.
        reason: in words.
        at_ms: when.
    """

    id: str
    post: str
    account: str
    reason: str
    at_ms: int
