"""The photographs: which there are, which half each belongs to, and their pixels."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from eikona.apps.cli.sample_pictures import SCENES

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos"
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_SMALLER = 3  # times, that drawn pictures are for speed
_QUALITY = 90  # of their JPEGs


class NoPhotosError(Exception):
    """There is nothing to measure with."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph on disk.

    Attributes:
        path: where it lies.
        digest: SHA-256 of the file, which settles its half and all chance in its attacks.
    """

    path: Path
    digest: bytes

    @property
    def is_even(self) -> bool:
        """Whether it belongs to the half that thresholds are set on, whatever else is there."""
        return self.digest[0] % 2 == 0


def find_photos(folder: Path, sample: int | None = None) -> list[Photo]:
    """Return the photographs of ``folder``, sorted by name, each content once.

    Args:
        folder: not searched below its first level.
        sample: this many of them, evenly spaced; None for all.

    Raises:
        NoPhotosError: there are none.
    """
    paths = sorted(
        path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES and path.is_file()
    )
    found: dict[bytes, Path] = {}
    for path in paths:
        found.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
    photos = [Photo(path, digest) for digest, path in found.items()]
    if not photos:
        shown = "../shared/data/photos" if folder == PHOTOS else str(folder)
        raise NoPhotosError(
            f"no pictures in {shown}: pass --photos FOLDER with some hundred photographs in it,"
            " or --quick for a smoke run on drawn pictures"
        )
    return photos if sample is None else evenly(photos, sample)


def evenly(photos: Sequence[Photo], count: int) -> list[Photo]:
    """Return up to ``count`` of ``photos``, evenly spaced."""
    count = min(count, len(photos))
    return [photos[(2 * k + 1) * len(photos) // (2 * count)] for k in range(count)]


def upright(data: bytes) -> Image.Image:
    """Return the picture in RGB as it is meant to be seen: what an attack begins with."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")


def draw_photos(folder: Path, count: int) -> None:
    """Draw ``count`` pictures into ``folder``, for smoke runs where there are no photographs."""
    folder.mkdir(parents=True, exist_ok=True)
    scenes = tuple(SCENES.items())
    for number in range(count):
        name, draw = scenes[number % len(scenes)]
        image = draw(number).reduce(_SMALLER)
        image.save(folder / f"{number:03}-{name}.jpg", quality=_QUALITY)
