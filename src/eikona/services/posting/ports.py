"""What use cases on posts need of the world outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from eikona.domain.ruling import HeardBallot, Ruling


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture as it is shown: JPEG, upright, without metadata.

    Attributes:
        picture: at 2048 pixels on the longer side, at most.
        thumbnail: at 480.
        width: of ``picture``, in pixels.
        height: of ``picture``, in pixels.
    """

    picture: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)
    width: int
    height: int


Render = Callable[[bytes], Rendered]
"""Makes a picture anew from an uploaded file.

Raises ``InvalidImageError`` where that does not decode, or asks for too much.
"""

Mark = Callable[[str, Rendered], Rendered]
"""Puts a post's id into what is shown of it."""


def no_mark(post: str, rendered: Rendered) -> Rendered:
    """Leave a picture as it is, until there is a way to mark it."""
    del post
    return rendered


class Quorum(Protocol):
    """Decides whether pictures may be published."""

    def __call__(self, picture: bytes, /, *, heard: Callable[[HeardBallot], None]) -> Ruling:
        """Have a picture ruled on.

        Args:
            picture: the file as it was uploaded.
            heard: told of each ballot that comes in.

        Raises:
            QuorumError: there is no ruling now; it may be asked for again.
        """
