"""Thumbnails of hostile files: decoded in workers, small, upright, in colour, without metadata.

Colour profiles are ignored, as in hashing: colours of a wide gamut look paler than they are.
"""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from PIL import Image

from eikona.adapters.worker_pool import Done, Failed, run_in_workers
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.imaging.decoders import guarded
from eikona.imaging.luma import luma_of
from eikona.imaging.opening import open_encoded
from eikona.imaging.orientation import UPRIGHT
from eikona.imaging.source import read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from eikona.imaging.opening import Encoded, Frame

SIDES_PX = ((100, 480), (1000, 320))  # up to so many rows: longer side in pixels
SMALLEST_SIDE_PX = 160  # for more rows than that
QUALITY = 72  # of WebP, 0 to 100
MAX_TOTAL_BYTES = 64_000_000  # all thumbnails of one report as they stand in the file
MIME = "image/webp"

_METHOD = 3  # of 0 to 6: what WebP's encoder tries; more costs time and saves little
_GAP = 2.0  # Pillow reduces by whole numbers down to so many times the side, then resamples
_TEXT_PER_BYTE = 4 / 3  # of base64
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_OVER_WHITE = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_TO_RGB = frozenset({"L", "1", "P", "CMYK", "YCbCr", "HSV", "RGBX"})
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One small picture.

    Attributes:
        data: WebP, without metadata.
        width: pixels.
        height: pixels.
    """

    data: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NoThumbnail:
    """Why a picture is not shown.

    Attributes:
        reason: one sentence or its beginning, for people.
        left_out: whether it was left out to keep the report small, not because of its file.
    """

    reason: str
    left_out: bool = False


class Runner(Protocol):
    """What ``run_in_workers`` is once its settings are chosen."""

    def __call__(
        self,
        function: Callable[[str], Thumbnail],
        items: Iterable[str | Done[str, Thumbnail] | Failed[str]],
        /,
    ) -> Generator[Done[str, Thumbnail] | Failed[str], None, None]:
        """Yield what ``function`` makes of each item, or what is known of it, in order."""


def _nothing() -> None:
    """Do without a display of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailOptions:
    """How the pictures of a report are shown.

    Attributes:
        side: longer side in pixels; None for one that suits the number of rows.
        quality: of WebP, 0 to 100.
        max_total_bytes: most that all of them may take in the file; those past it are left out.
        limits: what a picture may ask of this machine.
        run: starts workers, such as ``run_in_workers`` with a chosen number of them.
        advance: called once for each distinct picture.
    """

    side: int | None = None
    quality: int = QUALITY
    max_total_bytes: int = MAX_TOTAL_BYTES
    limits: Limits = DEFAULT_LIMITS
    run: Runner = run_in_workers
    advance: Callable[[], None] = _nothing

    def side_for(self, rows: int) -> int:
        """Return the longer side in pixels in a report of so many rows."""
        if self.side is not None:
            return self.side
        return next((side for most, side in SIDES_PX if rows <= most), SMALLEST_SIDE_PX)


@dataclass(frozen=True, slots=True)
class MakeThumbnail:
    """Makes the thumbnail of one file; what workers are given.

    Attributes:
        side: longer side in pixels, at most.
        quality: of WebP, 0 to 100.
        limits: what the file may ask for.
    """

    side: int
    quality: int = QUALITY
    limits: Limits = DEFAULT_LIMITS

    def __call__(self, path: str) -> Thumbnail:
        """Return the thumbnail of the first frame.

        Raises:
            SourceError: the file cannot be read.
            InvalidImageError: it does not decode, or asks for more than ``limits`` allows.
        """
        encoded = open_encoded(read_source(path, self.limits), self.limits)
        frame = encoded.frame(0)
        image = guarded(lambda: self._small(encoded, frame))
        if frame.orientation != UPRIGHT:
            image = image.transpose(_TURNS[frame.orientation])
        out = io.BytesIO()
        # a new image: nothing of the file but its pixels is in it
        image.save(out, "WEBP", quality=self.quality, method=_METHOD, exif=b"", icc_profile=b"")
        return Thumbnail(out.getvalue(), image.width, image.height)

    def _small(self, encoded: Encoded, frame: Frame) -> Image.Image:
        if encoded.name == "jpeg":  # decoded at a reduced scale, never below the side asked for
            frame.image.draft(frame.image.mode, (self.side, self.side))
        image = frame.load()
        if image.mode in _OVER_WHITE or "transparency" in image.info:
            small = self._reduced((image.convert("LA") if image.mode == "La" else image), "RGBA")
            opaque = Image.new("RGB", small.size, _WHITE)
            opaque.paste(small, mask=small)
            return opaque
        if image.mode == "RGB" or image.mode in _TO_RGB:
            return self._reduced(image, "RGB")
        return self._reduced(Image.fromarray(luma_of(image)[0]), "RGB")

    def _reduced(self, image: Image.Image, mode: str) -> Image.Image:
        if image.mode != mode:
            image = image.convert(mode)
        scale = min(1.0, self.side / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)


def make_thumbnails(
    paths: Sequence[str], options: ThumbnailOptions, *, side: int
) -> Mapping[str, Thumbnail | NoThumbnail]:
    """Return a thumbnail of each file, or why there is none.

    Args:
        paths: files, each once, the most important first: where not all have room, the last ones
            are left out.
        options: all but ``side`` are read here.
        side: longer side in pixels.
    """
    made: dict[str, Thumbnail | NoThumbnail] = {}
    room = options.max_total_bytes
    most_mb = options.max_total_bytes / 1e6
    reason = f"not shown: the thumbnails of this report take {most_mb:g} MB already"
    for path, thumbnail in _each(paths, options, side):
        if isinstance(thumbnail, Thumbnail):
            room -= round(len(thumbnail.data) * _TEXT_PER_BYTE)
        if room < 0:
            break
        made[path] = thumbnail
        options.advance()
    for path in paths:
        if path not in made:
            made[path] = NoThumbnail(reason, left_out=True)
            options.advance()
    return made


def _each(
    paths: Sequence[str], options: ThumbnailOptions, side: int
) -> Generator[tuple[str, Thumbnail | NoThumbnail], None, None]:
    """Yield what workers make."""
    make = MakeThumbnail(side, options.quality, options.limits)
    with closing(options.run(make, paths)) as results:
        for result in results:
            if isinstance(result, Failed):
                yield result.item, NoThumbnail(str(result.error))
            else:
                yield result.item, result.value
