"""One way to alter a picture, how strongly, and how the altered copy is saved."""

import dataclasses
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image

Alter = Callable[[Image.Image, float, np.random.Generator], Image.Image]
QUALITY = 85  # of the JPEG that a copy is saved as


class Group(StrEnum):
    """Which list an attack stands in."""

    POSTER = "poster"
    HARDER = "harder"


@dataclass(frozen=True, slots=True)
class Attack:
    """One entry of the catalogue.

    Attributes:
        name: in lower case and hyphens; results and hash tables are kept under it.
        label: for people.
        group: which list it stands in.
        alter: RGB image, strength and a source of chance to RGB image.
        strength: what the function takes it for.
        unit: what the strength counts.
        quality: of the JPEG that the copy is saved as; None for PNG.
        version: changes with what ``alter`` does.
    """

    name: str
    label: str
    group: Group
    alter: Alter
    strength: float
    unit: str
    quality: int | None = QUALITY
    version: int = 1

    @property
    def key(self) -> str:
        """Tells copies of other versions, strengths and formats apart."""
        saved = "png" if self.quality is None else f"q{self.quality}"
        return f"{self.name}-{self.strength:g}-{saved}-v{self.version}"

    def at(self, strength: float) -> "Attack":
        """Return the same attack at another strength."""
        quality = int(strength) if self.alter is unchanged else self.quality
        return dataclasses.replace(self, strength=strength, quality=quality)

    def apply(self, image: Image.Image, seed: bytes) -> Image.Image:
        """Return the altered picture.

        Args:
            image: RGB, upright; left as it is.
            seed: what belongs to this picture; with the attack's name it settles all chance.
        """
        digest = hashlib.sha256(self.name.encode() + b"\0" + seed).digest()
        return self.alter(image, self.strength, np.random.default_rng(list(digest)))

    def copy(self, image: Image.Image, seed: bytes) -> bytes:
        """Return the altered picture as the file that somebody would pass on; see ``apply``."""
        return encoded(self.apply(image, seed), self.quality)


def unchanged(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:  # noqa: ARG001
    """Leave the picture to its compression; ``strength`` is the JPEG's quality, 1 to 95."""
    return image


def encoded(image: Image.Image, quality: int | None) -> bytes:
    """Return a JPEG of this quality, or a PNG for None."""
    out = io.BytesIO()
    if quality is None:
        image.save(out, "PNG", compress_level=1)
    else:
        image.save(out, "JPEG", quality=quality)
    return out.getvalue()
