"""A picture for people of how one picture lies on another: side by side, and over each other."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from eikona.adapters.laid_over import (
    as_matrix,
    blended,
    corners,
    differing,
    moved,
    scaling,
    warped,
)
from eikona.adapters.report.wording import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eikona.domain.pose import Transform

    Box = tuple[int, int, int, int]

_CELL = 620, 480  # pixels that a picture may take
_NARROWEST = 330  # pixels of a column
_MARGIN, _GAP = 36, 44
_HEAD, _CAPTION = 74, 34
_SHARPER = 2  # lines are drawn so many times as large, then made smaller
_PAPER = (250, 250, 249)
_FRAME = (214, 211, 208)
_OUTLINE, _HALO = (255, 176, 32), (20, 20, 20, 150)
_MOST_LINES = 60  # places that are joined: more hide the pictures
_DOT = 4
_TITLE, _TEXT = (21, (28, 27, 26)), (15, (110, 107, 103))  # size of letters, colour


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the two pictures.

    Attributes:
        image: RGB, at any scale.
        size: width and height of the picture in its own pixels.
        name: what to call it.
    """

    image: Image.Image
    size: tuple[int, int]
    name: str


def draw_match(
    query: Shown,
    entry: Shown,
    *,
    transform: Transform | None,
    places: Sequence[tuple[tuple[float, float], tuple[float, float]]] = (),
    title: str,
    text: str,
) -> Image.Image:
    """Return both pictures with what they have in common.

    Above they stand side by side: each has the outline of the other where that lies in it, and
    places that were found in both are joined. Below, the query lies on the entry: once blended,
    once with colour where they differ.

    Args:
        query: the picture that was asked about.
        entry: what it was compared with.
        transform: from the query's pixels to the entry's; None where nothing is known to match.
        places: pixels of the query and of the entry that show the same.
        title: what was found.
        text: a sentence more.
    """
    left, right = _fitted(query), _fitted(entry)
    sheet = _Sheet.of(left, right, rows=1 if transform is None else 2)
    sheet.write(title, text)
    boxes = sheet.put((left, query.name), (right, entry.name))
    if transform is None:
        return sheet.page
    to_boxes = [
        scaling(image.width / one.size[0], image.height / one.size[1])
        for image, one in ((left, query), (right, entry))
    ]
    motion = as_matrix(transform)
    lines = _Lines(sheet.page)
    lines.outline(moved(to_boxes[1] @ motion, corners(query.size)), boxes[1])
    lines.outline(moved(to_boxes[0] @ np.linalg.inv(motion), corners(entry.size)), boxes[0])
    lines.join(_on_page(places, to_boxes, boxes), left.width)
    lines.draw()
    over, cover = warped(left, to_boxes[1] @ motion @ np.linalg.inv(to_boxes[0]), right.size)
    common = _around([theirs for _, theirs in places], to_boxes[1])
    sheet.put(
        (blended(over, cover, right), "laid over each other"),
        (differing(over, cover, right, common=common), "where they differ"),
    )
    return sheet.page


@dataclass(slots=True)
class _Sheet:
    """A page with two columns, filled from its top.

    Attributes:
        page: what is on it so far.
        column: pixels that a column is wide.
        top: where the next row begins.
    """

    page: Image.Image
    column: int
    top: int = _HEAD

    @classmethod
    def of(cls, left: Image.Image, right: Image.Image, *, rows: int) -> _Sheet:
        """Return an empty page; a second row is as high as the picture on the right."""
        column = max(left.width, right.width, _NARROWEST)
        height = _HEAD + max(left.height, right.height) + _CAPTION + _MARGIN
        if rows > 1:
            height += right.height + _CAPTION + _MARGIN
        size = 2 * column + _GAP + 2 * _MARGIN, height
        return cls(Image.new("RGB", size, _PAPER), column)

    def write(self, title: str, text: str) -> None:
        """Write at the top."""
        pen, width = ImageDraw.Draw(self.page), self.page.width - 2 * _MARGIN
        _write(pen, (_MARGIN, 18), title, _TITLE, width)
        _write(pen, (_MARGIN, 46), text, _TEXT, width)

    def put(self, *row: tuple[Image.Image, str]) -> list[Box]:
        """Put a row of pictures, each with what it is, and return where they are."""
        height = max(image.height for image, _ in row)
        pen, boxes = ImageDraw.Draw(self.page), []
        for number, (image, said) in enumerate(row):
            left = _MARGIN + number * (self.column + _GAP)
            x, y = left + (self.column - image.width) // 2, self.top + (height - image.height) // 2
            boxes.append((x, y, x + image.width, y + image.height))
            self.page.paste(image, (x, y))
            pen.rectangle((x - 1, y - 1, x + image.width, y + image.height), outline=_FRAME)
            below = min(x, left + self.column - _NARROWEST), self.top + height + 8
            _write(pen, below, said, _TEXT, left + self.column - below[0])
        self.top += height + _CAPTION + _MARGIN
        return boxes


class _Lines:
    """Outlines and joined places, drawn smoothly over a page."""

    def __init__(self, page: Image.Image) -> None:
        self._page = page
        self._layer = Image.new("RGBA", (_SHARPER * page.width, _SHARPER * page.height))
        self._pen = ImageDraw.Draw(self._layer)

    def outline(self, points: NDArray[np.float64], box: Box) -> None:
        """Draw the outline of a picture as far as it lies in a box."""
        clip = Image.new("RGBA", self._layer.size)
        pen = ImageDraw.Draw(clip)
        ring = [tuple((_SHARPER * (point + box[:2])).tolist()) for point in points]
        ring += ring[:2]
        pen.line(ring, fill=_HALO, width=5 * _SHARPER, joint="curve")
        pen.line(ring, fill=(*_OUTLINE, 255), width=3 * _SHARPER, joint="curve")
        left, top, right, bottom = (_SHARPER * side for side in box)
        self._layer.alpha_composite(clip.crop((left, top, right, bottom)), (left, top))

    def join(
        self, places: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], width: int
    ) -> None:
        """Join places of both pictures, in colours that go from left to right."""
        left = min((float(ours[0]) for ours, _ in places), default=0.0)
        for ours, theirs in places:
            share = (float(ours[0]) - left) / max(1, width)
            red, green, blue = colorsys.hls_to_rgb(0.45 + 0.5 * share, 0.52, 0.85)
            colour = (round(255 * red), round(255 * green), round(255 * blue))
            ends = [tuple((_SHARPER * point).tolist()) for point in (ours, theirs)]
            self._pen.line(ends, fill=(*colour, 120), width=_SHARPER + 1)
            for x, y in ends:
                reach = _DOT * _SHARPER
                dot = (x - reach, y - reach, x + reach, y + reach)
                self._pen.ellipse(dot, fill=(*colour, 235), outline=(255, 255, 255, 255), width=2)

    def draw(self) -> None:
        """Put the lines on the page."""
        layer = self._layer.resize(self._page.size, Image.Resampling.LANCZOS)
        self._page.paste(layer, mask=layer)


def _around(
    places: Sequence[tuple[float, float]], matrix: NDArray[np.float64]
) -> tuple[float, float, float, float] | None:
    """Return the box around places, as a matrix moves them; None where there are none."""
    if not places:
        return None
    on_entry = moved(matrix, np.array(places))
    (left, top), (right, bottom) = on_entry.min(axis=0), on_entry.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _on_page(
    places: Sequence[tuple[tuple[float, float], tuple[float, float]]],
    to_boxes: Sequence[NDArray[np.float64]],
    boxes: Sequence[Box],
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return where places are on the page, not too many, evenly chosen."""
    step = max(1, -(-len(places) // _MOST_LINES))
    found = []
    for pair in places[::step]:
        ours, theirs = (
            moved(matrix, np.array([point]))[0] + np.array(box[:2])
            for point, matrix, box in zip(pair, to_boxes, boxes, strict=True)
        )
        found.append((ours, theirs))
    return found


def _fitted(shown: Shown) -> Image.Image:
    """Return a picture as large as a cell lets it be; small ones up to three times as large."""
    width, height = shown.size
    scale = min(_CELL[0] / width, _CELL[1] / height, 3.0)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return shown.image.resize(size, Image.Resampling.LANCZOS)


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[int, int],
    said: str,
    kind: tuple[int, tuple[int, int, int]],
    width: int,
) -> None:
    """Write one line; what has no room in its middle is left out."""
    size, colour = kind
    letters, said = ImageFont.load_default(size), visible(said)
    short, kept = said, len(said)
    while kept > 8 and pen.textlength(short, letters) > width:
        kept -= 1
        short = f"{said[: (kept + 1) // 2]} … {said[len(said) - kept // 2 :]}"
    pen.text(at, short, fill=colour, font=letters)
