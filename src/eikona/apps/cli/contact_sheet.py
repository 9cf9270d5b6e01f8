"""One picture that shows many, each framed and captioned by what was found of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageFont, ImageOps

from eikona.domain.verdict import Outcome

_THUMB = (156, 104)  # pixels
_GAP = 14  # pixels between cells
_CAPTION = 40  # pixels below each thumbnail: two lines
_PAPER = (250, 248, 244)
_INK = (40, 36, 44)
_FAINT = (128, 122, 130)
_NO_FRAME = (214, 208, 202)
_FRAMES: Mapping[Outcome | None, tuple[int, int, int]] = MappingProxyType(
    {
        Outcome.BLOCK: (30, 150, 84),
        Outcome.REVIEW: (226, 158, 32),
        Outcome.CLEAR: _NO_FRAME,
        None: _NO_FRAME,
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One thumbnail of the sheet.

    Attributes:
        path: the picture.
        title: what it is.
        finding: what was found of it.
        outcome: decides on its frame; None for a picture that nothing was asked of.
    """

    path: Path
    title: str
    finding: str
    outcome: Outcome | None = None


def draw_sheet(rows: Sequence[Sequence[Cell]], heading: str) -> Image.Image:
    """Return the sheet: one row of cells below the other, under a heading."""
    step = (_THUMB[0] + _GAP, _THUMB[1] + _CAPTION + _GAP)
    columns = max(map(len, rows))
    size = (_GAP + columns * step[0], 3 * _GAP + 18 + len(rows) * step[1])
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, _GAP), heading, fill=_INK, font=ImageFont.load_default(18))
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            _draw_cell(sheet, draw, cell, (_GAP + x * step[0], 2 * _GAP + 18 + y * step[1]))
    return sheet


def _draw_cell(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, cell: Cell, corner: tuple[int, int]
) -> None:
    left, top = corner
    with Image.open(cell.path) as image:
        thumb = ImageOps.pad(image.convert("RGB"), _THUMB, color=_PAPER)
    sheet.paste(thumb, corner)
    outline = (left - 3, top - 3, left + _THUMB[0] + 2, top + _THUMB[1] + 2)
    draw.rectangle(outline, outline=_FRAMES[cell.outcome], width=3)
    below = top + _THUMB[1] + 5
    draw.text((left, below), cell.title, fill=_INK, font=ImageFont.load_default(13))
    draw.text((left, below + 17), cell.finding, fill=_FAINT, font=ImageFont.load_default(12))
