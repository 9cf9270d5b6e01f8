"""Thumbnails of hostile files: decoded in workers, small, upright, in colour, without metadata."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from eikona.adapters.worker_pool import Done, Failed, run_in_workers
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.imaging.colour import decode_colour
from eikona.imaging.source import read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

SIDES_PX = ((100, 480), (1000, 320))  # up to so many rows: longer side in pixels
SMALLEST_SIDE_PX = 160  # for more rows than that
QUALITY = 72  # of WebP, 0 to 100
MAX_TOTAL_BYTES = 64_000_000  # all thumbnails of one report as they stand in the file
MIME = "image/webp"
_TEXT_PER_BYTE = 4 / 3  # of base64

_METHOD = 3  # of 0 to 6: what WebP's encoder tries; more costs time and saves little


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

    def __call__(self, source: str | bytes) -> Thumbnail:
        """Return the thumbnail of the first frame of a file, or of encoded bytes.

        Raises:
            SourceError: the file cannot be read.
            InvalidImageError: it does not decode, or asks for more than ``limits`` allows.
        """
        data = read_source(source, self.limits)
        image = decode_colour(data, side=self.side, limits=self.limits)
        out = io.BytesIO()
        # a new image: nothing of the file but its pixels is in it
        image.save(out, "WEBP", quality=self.quality, method=_METHOD, exif=b"", icc_profile=b"")
        return Thumbnail(out.getvalue(), image.width, image.height)


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
