"""What goes in and out of the routes of posts."""

from typing import Self

from pydantic import BaseModel, Field

from eikona.apps.api.account_models import Body
from eikona.apps.api.media_links import Audience, MediaLinks, Size
from eikona.apps.api.times import Time, known_time, time_of
from eikona.domain.post import PostState, ShownPost
from eikona.services.posting.captions import CAPTION_MOST
from eikona.services.posting.change_post import REASON_MOST


class PostShown(BaseModel):
    """A post."""

    id: str = Field(examples=["9f86d081884c7d659a2f"])
    author: str = Field(examples=["ada"])
    state: PostState = Field(
        description="held: not ruled on yet, or a person looks at it. refused: never shown."
        " removed: shown once, not any more."
    )
    caption: str = Field(examples=["Low tide"])
    picture: str = Field(
        description="Address of the picture, for some hours.",
        examples=["/media/9f86d081884c7d659a2f/picture/e/1795302000-5f2c"],
    )
    thumbnail: str = Field(
        description="Address of a small version, for some hours.",
        examples=["/media/9f86d081884c7d659a2f/thumbnail/e/1795302000-1bd3"],
    )
    width: int = Field(description="Pixels.", examples=[1200])
    height: int = Field(description="Pixels.", examples=[800])
    created_at: Time
    published_at: Time | None
    case: str | None = Field(
        description="Of the quorum; None before its ruling.", examples=["17-3fd0c2a9b1e47d5a6c80"]
    )

    @classmethod
    def of(cls, shown: ShownPost, links: MediaLinks, *, is_insider: bool) -> Self:
        """Return what is shown of a post, to its author and reviewers or to everybody."""
        post = shown.post
        audience = Audience.INSIDERS if is_insider else Audience.EVERYBODY
        return cls(
            id=post.id,
            author=shown.author,
            state=post.state,
            caption=post.caption,
            picture=links.of(post.id, Size.PICTURE, audience),
            thumbnail=links.of(post.id, Size.THUMBNAIL, audience),
            width=post.width,
            height=post.height,
            created_at=time_of(post.created_at_ms),
            published_at=known_time(post.published_at_ms),
            case=post.case,
        )


class CaptionForm(Body):
    """A new text beside a picture."""

    caption: str = Field(max_length=CAPTION_MOST, examples=["Low tide"])


class ReportForm(Body):
    """Why a post should not be there."""

    reason: str = Field(min_length=1, max_length=REASON_MOST, examples=["This is my picture."])


class BlockShown(BaseModel):
    """Somebody who is blocked."""

    name: str = Field(examples=["mallory"])
    since: Time
