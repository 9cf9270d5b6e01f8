"""Captions: what may stand beside a picture."""

import unicodedata

from eikona.domain.errors import InvalidInputError

CAPTION_MOST = 2000  # characters
_ALLOWED = "\n"


def checked_caption(given: str) -> str:
    """Return a caption as it is kept.

    Raises:
        InvalidInputError: it is too long, or holds characters that are no text.
    """
    caption = unicodedata.normalize("NFC", given.replace("\r\n", "\n")).strip()
    if len(caption) > CAPTION_MOST:
        raise InvalidInputError(f"a caption has {CAPTION_MOST} characters at most")
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in _ALLOWED for one in caption):
        raise InvalidInputError("a caption holds no control characters")
    return caption
