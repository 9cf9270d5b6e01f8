"""Reduces pictures for a close look, in the processes that decode."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from eikona.domain.fingerprint import DecodeMode
from eikona.domain.limits import Limits
from eikona.imaging.decode import decode
from eikona.imaging.source import read_source
from eikona.matching.same_look import Luma


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at.

    Attributes:
        path: of the picture.
        side: samples of the square that it is reduced to.
    """

    path: str
    side: int


@dataclass(frozen=True, slots=True)
class TakeLook:
    """Makes the square of one picture; what workers are given.

    Attributes:
        limits: what the file may ask for.
    """

    limits: Limits

    def __call__(self, look: Look) -> bytes:
        """Return luma, row by row, of the first frame.

        Raises:
            SourceError: the file cannot be read.
            InvalidImageError: it does not decode, or asks for more than ``limits`` allows.
        """
        data = read_source(look.path, self.limits)
        picture = decode(data, mode=DecodeMode.AUTO, short_side=2 * look.side, limits=self.limits)
        image = Image.fromarray(picture.luma)
        return image.resize((look.side, look.side), Image.Resampling.BOX).tobytes()


def luma_of_look(look: Look, made: bytes) -> Luma:
    """Return what a worker made, as an array of shape (side, side)."""
    return np.frombuffer(made, np.uint8).reshape(look.side, look.side)
