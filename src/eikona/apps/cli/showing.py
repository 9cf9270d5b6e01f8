"""Draws how two pictures lie on each other into a file."""

import io
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eikona.adapters.worker_pool import Done
from eikona.apps.cli.inputs import Input
from eikona.apps.cli.outputs import check_output
from eikona.apps.cli.workers import Workers
from eikona.domain.errors import UsageError
from eikona.domain.fingerprint import Fingerprint

if TYPE_CHECKING:
    from PIL import Image

    from eikona.adapters.report.thumbnails import MakeThumbnail, Thumbnail
    from eikona.services.compare_pictures import Comparison

_SIDE = 1240  # pixels, longer side of what is drawn: twice what it is shown at
_QUALITY = 95  # of WebP, 0 to 100, on the way from the worker that decodes
_WORDS = {"block": "A copy", "review": "To be looked at", "clear": "No copy"}


def check_picture_file(path: Path, inputs: Sequence[str]) -> None:
    """Make sure that a picture can be written there, and that it is none of those compared.

    Raises:
        UsageError: it has another ending, is an input, or there is no such folder.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(f"--show {path}: name a file that ends in .png")
    check_output("--show", path, inputs=inputs)


def show_match(
    path: Path,
    pictures: Sequence[tuple[Input, Fingerprint]],
    comparison: "Comparison",
    workers: Workers,
) -> None:
    """Draw two pictures and what they share, where a rule takes them for copies.

    Args:
        path: the file to write, whole or not at all.
        pictures: both, with their fingerprints.
        comparison: of the first with the second.
        workers: who decodes them.

    Raises:
        EikonaError: a picture does not decode any more.
        UnwritableError: the file cannot be written.
    """
    from eikona.adapters.match_picture import Shown, draw_match  # noqa: PLC0415  imports Pillow
    from eikona.adapters.report.atomic_file import replacing_bytes  # noqa: PLC0415
    from eikona.adapters.report.wording import odds  # noqa: PLC0415  only needed here
    from eikona.domain.pose import motion_of  # noqa: PLC0415  only needed here

    (a, of_a), (b, of_b) = pictures
    sizes = (of_a.width, of_a.height), (of_b.width, of_b.height)
    verdict, distances = comparison.verdict, comparison.distances
    images = _images([a, b], workers)
    chance = odds(verdict.expected_false_matches) if verdict.match else ""
    page = draw_match(
        *(
            Shown(image, size, one.name)
            for image, size, one in zip(images, sizes, (a, b), strict=True)
        ),
        transform=motion_of(distances, *sizes) if verdict.match else None,
        places=_places(of_a, of_b, comparison) if verdict.match else (),
        title=f"{_WORDS[verdict.outcome]}{chance and f' (odds of chance: {chance})'}",
        text=f"{verdict.reason}.",
    )
    with replacing_bytes(path) as file:
        page.save(file, "PNG", optimize=True)


def _places(
    a: Fingerprint, b: Fingerprint, comparison: "Comparison"
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the places that lie on each other, in pixels of both."""
    ours, theirs = a.local_features, b.local_features
    alignment = comparison.distances.alignment
    if ours is None or theirs is None or alignment is None:
        return []
    return [(ours.place(one), theirs.place(other)) for one, other in alignment.pairs]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What workers do with an input."""

    make: "MakeThumbnail"

    def __call__(self, item: Input) -> "Thumbnail":
        return self.make(item.source)


def _images(items: Sequence[Input], workers: Workers) -> "list[Image.Image]":
    """Return the pictures, decoded by workers.

    Raises:
        EikonaError: one does not decode.
    """
    from PIL import Image  # noqa: PLC0415  only needed here

    from eikona.adapters.report.thumbnails import MakeThumbnail  # noqa: PLC0415  imports Pillow

    make = MakeThumbnail(_SIDE, _QUALITY, workers.limits)
    images = []
    with closing(workers.run(_Drawn(make), items)) as results:
        for result in results:
            if not isinstance(result, Done):
                raise result.error
            images.append(Image.open(io.BytesIO(result.value.data)).convert("RGB"))
    return images
