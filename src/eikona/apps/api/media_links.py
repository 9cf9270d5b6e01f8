"""Addresses of pictures: signed, for one post, one size and some hours; no cookie is needed.

A link for everybody works while its post is published; one for its author or a reviewer works in
every state, and is given to nobody else.
"""

import hashlib
import hmac
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from eikona.domain.errors import NotFoundError

PATH = "/media"
_STEP_S = 3600  # links of one hour are equal, so that browsers keep what they have
_GOOD_STEPS = 3
_SIGNATURE_HEX = 32  # digits, 128 bits


class Size(StrEnum):
    """What a link shows."""

    PICTURE = "picture"
    THUMBNAIL = "thumbnail"


class Audience(StrEnum):
    """Whom a link is for."""

    EVERYBODY = "e"
    INSIDERS = "i"


class Link(NamedTuple):
    """What a link says."""

    post: str
    size: Size
    audience: Audience
    until_s: int


class MediaLinks:
    """Signs and checks links."""

    def __init__(self, key: bytes, clock: Callable[[], int]) -> None:
        """Sign with a key of this server."""
        self._key = key
        self._clock = clock

    def of(self, post: str, size: Size, audience: Audience) -> str:
        """Return the address of a picture."""
        until = (self._clock() // 1000 // _STEP_S + _GOOD_STEPS) * _STEP_S
        link = Link(post, size, audience, until)
        return f"{PATH}/{post}/{size}/{audience}/{until}-{self._signature(link)}"

    def check(self, link: Link, signature: str) -> None:
        """Check what came with a request.

        Raises:
            NotFoundError: it was not signed here, or is too old.
        """
        is_right = hmac.compare_digest(self._signature(link).encode(), signature.encode())
        if not is_right or self._clock() >= 1000 * link.until_s:
            raise NotFoundError("this link is wrong, or too old: ask for the post again")

    def _signature(self, link: Link) -> str:
        told = "\0".join(map(str, link)).encode()
        return hmac.digest(self._key, told, hashlib.sha256).hex()[:_SIGNATURE_HEX]
