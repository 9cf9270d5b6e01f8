"""Eikona's stages one by one, and each hash alone on what it shares with the others."""

import io
from collections.abc import Callable, Iterator

from PIL import Image

from benchmarks.speed.contender import FLOOR, Contender, Difference, Kind
from benchmarks.speed.whole import floors
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.limits import DEFAULT_LIMITS
from eikona.hashing.pdq import pdq_transform
from eikona.hashing.registry import DEFAULT_ALGORITHMS, OWN_ALGORITHMS, compute, resolve
from eikona.hashing.views import Views
from eikona.imaging.decode import decode
from eikona.imaging.luma import luma_of
from eikona.imaging.picture import Picture
from eikona.imaging.plane import plane_of

_DECODE = "limits, decode and luma"
_LUMA = "luma"
_MODES = {"native": DecodeMode.EXACT, "12mp": DecodeMode.AUTO}
DIFFERENCES = (Difference("limits and decode", Kind.STAGE, _DECODE, _LUMA),)


def stages(picture_set: str) -> Iterator[Contender]:
    """Yield the stages as the default mode ``auto`` runs them on the pictures of this set."""
    mode = _MODES[picture_set]

    def decoded(data: bytes) -> Picture:
        return decode(data, mode=mode, limits=DEFAULT_LIMITS)

    def loaded(data: bytes) -> Image.Image:
        image = Image.open(io.BytesIO(data))
        if mode is DecodeMode.AUTO:
            picture = decoded(data)
            image.draft(image.mode, picture.luma.shape[::-1])
        image.load()
        return image

    rows = resolve(None)
    yield next(floor for floor in floors() if floor.what == FLOOR)
    yield Contender(_DECODE, Kind.STAGE, decoded)
    yield Contender(_LUMA, Kind.STAGE, luma_of, loaded)
    yield Contender("plane", Kind.STAGE, lambda p: plane_of(p.luma), decoded)
    yield Contender("PDQ's transform", Kind.STAGE, lambda p: pdq_transform(p.fine_luma), decoded)
    yield Contender(
        f"plane, transform and all {len(rows)} hashes",
        Kind.STAGE,
        lambda picture: compute(picture, rows),
        decoded,
    )


def hashes() -> Iterator[Contender]:
    """Yield each hash alone, with the plane and PDQ's transform at hand."""
    yield next(floor for floor in floors() if floor.what == FLOOR)
    for name, row in OWN_ALGORITHMS.items():
        computes = "asked for by name" if name not in DEFAULT_ALGORITHMS else ""
        yield Contender(name, Kind.HASH, row.compute, _views_for(name), computes)


def _views_for(name: str) -> Callable[[bytes], Views]:
    def views(data: bytes) -> Views:
        made = Views(decode(data, mode=DecodeMode.EXACT, limits=DEFAULT_LIMITS))
        made.is_flat  # noqa: B018  computes the plane
        made.sums  # noqa: B018
        if name == "pdq":
            made.pdq  # noqa: B018
        return made

    return views
