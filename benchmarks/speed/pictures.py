"""The picture sets: encoded images in memory, the same wherever the same photographs are."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SCRATCH = Path(__file__).resolve().parent.parent / ".scratch"
PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos"
_SUFFIXES = frozenset({".jpg", ".jpeg"})
_LARGE = (4000, 3000)  # pixels, 12 MP
_LARGE_QUALITY = 90
_GRAIN = 6.0  # levels: with it a JPEG of that quality has 3 to 4 MB, as cameras' files have
_RECIPE = 1  # changes with whatever changes the large pictures


class NoPicturesError(Exception):
    """There is nothing to measure with."""


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Encoded JPEGs.

    Attributes:
        name: as in results.
        pictures: each file's bytes.
        megapixels: mean size.
    """

    name: str
    pictures: Sequence[bytes]
    megapixels: float

    @property
    def kilobytes(self) -> float:
        """Mean length of the files in thousands of bytes."""
        return sum(map(len, self.pictures)) / len(self.pictures) / 1000


def find_photos(folder: Path) -> list[Path]:
    """Return the JPEG files of ``folder``, sorted by name.

    Raises:
        NoPicturesError: there are none.
    """
    found = sorted(
        path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES and path.is_file()
    )
    if not found:
        shown = "../shared/data/photos" if folder == PHOTOS else str(folder)
        raise NoPicturesError(
            f"no JPEG files in {shown}: pass --pictures FOLDER with some hundred photographs of"
            " about 500 x 375 pixels in it, or --quick for a smoke run on drawn pictures"
        )
    return found


def native(photos: Sequence[Path], count: int) -> PictureSet:
    """Return ``count`` of the colour photographs as they are, evenly spaced."""
    colour = [data for path in photos if _is_colour(data := path.read_bytes())]
    return _picture_set("native", _evenly(colour, count))


def large(photos: Sequence[Path], count: int, report: Callable[[str], None]) -> PictureSet:
    """Return ``count`` pictures of 12 megapixels made from ``photos``, kept in a scratch folder."""
    SCRATCH.mkdir(exist_ok=True)
    colour = [data for path in photos if _is_colour(data := path.read_bytes())]
    made = []
    for number, data in enumerate(_evenly(colour, count)):
        digest = hashlib.sha256(data).hexdigest()[:16]
        kept = SCRATCH / f"12mp-{_RECIPE}-{number}-{digest}.jpg"
        if not kept.exists():
            report(f"making 12 MP picture {number + 1} of {count}")
            part = kept.with_suffix(".part")
            part.write_bytes(enlarge(data, _LARGE, seed=number))
            part.replace(kept)
        made.append(kept.read_bytes())
    return _picture_set("12mp", made)


def enlarge(data: bytes, size: tuple[int, int], seed: int) -> bytes:
    """Return a larger JPEG of the same picture, laid across, cut to shape, with fresh grain."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    if image.height > image.width:
        image = image.transpose(Image.Transpose.ROTATE_90)
    width = min(image.width, image.height * size[0] // size[1])
    height = width * size[1] // size[0]
    left, top = (image.width - width) // 2, (image.height - height) // 2
    image = image.crop((left, top, left + width, top + height))
    image = image.resize(size, Image.Resampling.BICUBIC)
    grain = np.random.default_rng(seed).standard_normal((size[1], size[0], 1), np.float32)
    pixels = np.asarray(image, np.float32) + _GRAIN * grain
    return _jpeg(Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8)))


def drawn(count: int, size: tuple[int, int] = (500, 375), name: str = "native") -> PictureSet:
    """Return ``count`` drawn pictures, for smoke runs where there are no photographs."""
    width, height = size
    pictures = []
    for number in range(count):
        draw = np.random.default_rng(number)
        coarse = draw.integers(0, 256, (6, 8, 3), np.uint8)
        image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        grain = draw.standard_normal((height, width, 1), np.float32)
        pixels = np.asarray(image, np.float32) + _GRAIN * grain
        pictures.append(_jpeg(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))))
    return _picture_set(name, pictures)


def _picture_set(name: str, pictures: Sequence[bytes]) -> PictureSet:
    sizes = [Image.open(io.BytesIO(data)).size for data in pictures]
    mean = sum(width * height for width, height in sizes) / len(sizes) / 1e6
    return PictureSet(name, tuple(pictures), mean)


def _evenly(items: Sequence[bytes], count: int) -> list[bytes]:
    """Return up to ``count`` of ``items``, evenly spaced."""
    count = min(count, len(items))
    return [items[(2 * k + 1) * len(items) // (2 * count)] for k in range(count)]


def _is_colour(data: bytes) -> bool:
    """Whether this is a plain colour JPEG; some peers fail on others."""
    return Image.open(io.BytesIO(data)).mode == "RGB"


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_LARGE_QUALITY)
    return out.getvalue()
