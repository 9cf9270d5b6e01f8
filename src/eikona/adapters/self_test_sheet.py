"""Draws a self-test: the picture, every altered copy of it, and what would become of each."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageFont, ImageOps

from eikona.adapters.report.atomic_file import replacing_bytes
from eikona.adapters.report.wording import odds
from eikona.domain.verdict import Outcome
from eikona.imaging.alterations.attack import Group
from eikona.services.self_test import FoundBy, Trial

_ACROSS = 7  # cards in a row
_MARGIN, _GAP = 40, 14  # pixels
_CARD = (218, 236)
_SHOWN = (194, 150)  # of a card, the copy
_HEAD = 232
_SECTION = 62
_BAR = (420, 14)
_MINIATURE = (300, 184)
_ROUND = 10

Colour = str
_PAPER, _SHEET, _INK, _FAINT, _LINE, _MAT = (
    *("#f6f4ef", "#ffffff", "#1d2126", "#6d747c", "#e2ded5", "#efece5"),
)
_TONE: Mapping[Outcome, Colour] = MappingProxyType(
    {Outcome.BLOCK: "#3f8660", Outcome.REVIEW: "#d18b1f", Outcome.CLEAR: "#c04a36"}
)
_WORD: Mapping[Outcome, str] = MappingProxyType(
    {Outcome.BLOCK: "found", Outcome.REVIEW: "review", Outcome.CLEAR: "lost"}
)
_MEANS: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.BLOCK: "found: blocked without a person",
        Outcome.REVIEW: "review: shown to a person",
        Outcome.CLEAR: "lost: passes as another picture",
    }
)
_SECTIONS: Mapping[Group, str] = MappingProxyType(
    {Group.POSTER: "Changes in passing", Group.HARDER: "Changes meant to hide it, and screenshots"}
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet is about.

    Attributes:
        name: of the picture, for people.
        rule: what decided.
        entries: of the bank.
        picture: as it is, RGB.
    """

    name: str
    rule: str
    entries: int
    picture: Image.Image = field(repr=False)


_FORMATS = MappingProxyType({".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"})


def draw_sheet(sheet: Sheet, trials: Sequence[Trial], target: Path) -> None:
    """Write a picture of ``trials``; the suffix of ``target`` says of which kind.

    Raises:
        UnwritableError: it cannot be written.
    """
    sections = [
        (title, [trial for trial in trials if trial.attack.group is group])
        for group, title in _SECTIONS.items()
    ]
    sections = [(title, some) for title, some in sections if some]
    rows = sum(-(-len(some) // _ACROSS) for _, some in sections)
    width = 2 * _MARGIN + _ACROSS * _CARD[0] + (_ACROSS - 1) * _GAP
    height = _HEAD + len(sections) * _SECTION + rows * (_CARD[1] + _GAP) + 2 * _MARGIN
    image = Image.new("RGB", (width, height), _PAPER)
    _draw_head(image, sheet, trials)
    top = _MARGIN + _HEAD
    for title, some in sections:
        ImageDraw.Draw(image).text((_MARGIN, top + 26), title, _INK, _font(21), anchor="lm")
        top += _SECTION
        for place, trial in enumerate(some):
            row, column = divmod(place, _ACROSS)
            left = _MARGIN + column * (_CARD[0] + _GAP)
            _draw_card(image, trial, (left, top + row * (_CARD[1] + _GAP)))
        top += -(-len(some) // _ACROSS) * (_CARD[1] + _GAP)
    with replacing_bytes(target) as file:
        image.save(file, _FORMATS[target.suffix.lower()])


def _draw_head(image: Image.Image, sheet: Sheet, trials: Sequence[Trial]) -> None:
    draw = ImageDraw.Draw(image)
    shown = _framed(sheet.picture, _MINIATURE)
    image.paste(shown, (_MARGIN, _MARGIN))
    left = _MARGIN + shown.width + 34
    number = Counter(trial.verdict.outcome for trial in trials)
    found = f"{number[Outcome.BLOCK]} of {len(trials)} altered copies would be found"
    draw.text((left, _MARGIN + 18), _fitting(sheet.name, 22, 900), _FAINT, _font(22), anchor="lm")
    draw.text((left, _MARGIN + 58), found, _INK, _font(36), anchor="lm")
    where = f"in a bank of {sheet.entries:,} entries, by rule {sheet.rule}"
    draw.text((left, _MARGIN + 96), _fitting(where, 18, 900), _FAINT, _font(18), anchor="lm")
    x, y = float(left), _MARGIN + 124
    for outcome in _TONE:
        part = _BAR[0] * number[outcome] / len(trials)
        if part:
            draw.rectangle((x, y, x + part - 2, y + _BAR[1]), _TONE[outcome])
        x += part
    x = left
    for outcome, means in _MEANS.items():
        draw.ellipse((x, y + 38, x + 12, y + 50), _TONE[outcome])
        said = f"{number[outcome]} {means}"
        draw.text((x + 20, y + 44), said, _INK, _font(16), anchor="lm")
        x += 20 + _font(16).getlength(said) + 34


def _draw_card(image: Image.Image, trial: Trial, at: tuple[int, int]) -> None:
    left, top = at
    tone = _TONE[trial.verdict.outcome]
    draw = ImageDraw.Draw(image)
    corners = (left, top, left + _CARD[0], top + _CARD[1])
    draw.rounded_rectangle(corners, _ROUND, _SHEET, _LINE)
    inset = (_CARD[0] - _SHOWN[0]) // 2
    mat = (left + inset, top + inset, left + inset + _SHOWN[0], top + inset + _SHOWN[1])
    draw.rounded_rectangle(mat, 6, _MAT)
    shown = ImageOps.contain(
        Image.open(io.BytesIO(trial.copy)).convert("RGB"), (_SHOWN[0] - 8, _SHOWN[1] - 8)
    )
    image.paste(
        shown,
        (mat[0] + (_SHOWN[0] - shown.width) // 2, mat[1] + (_SHOWN[1] - shown.height) // 2),
    )
    word = _WORD[trial.verdict.outcome]
    wide = _font(14).getlength(word) + 18
    tag = (mat[2] - wide - 6, mat[1] + 6, mat[2] - 6, mat[1] + 30)
    draw.rounded_rectangle(tag, 12, tone)
    draw.text(((tag[0] + tag[2]) / 2, mat[1] + 18), word, "#ffffff", _font(14), anchor="mm")
    x, y = left + inset, mat[3] + 16
    label = _fitting(trial.attack.label, 16, _SHOWN[0])
    draw.text((x, y), label, _INK, _font(16), anchor="lm")
    draw.text((x, y + 21), _evidence(trial), _FAINT, _font(13), anchor="lm")
    draw.text((x, y + 39), _chance(trial), _FAINT, _font(13), anchor="lm")
    draw.rounded_rectangle((left, top + _CARD[1] - 5, left + _CARD[0], top + _CARD[1]), 3, tone)


def _evidence(trial: Trial) -> str:
    """Return what speaks for the copy."""
    alignment = trial.distances.alignment
    pdq = trial.distances.by_name.get("pdq")
    parts = []
    if alignment is not None:
        parts.append(f"{alignment.inliers} places" if alignment.inliers else "no place")
    if pdq is not None:
        parts.append(f"PDQ {pdq:g} of 256")
    return ", ".join(parts)


def _chance(trial: Trial) -> str:
    """Return how often chance alone would show as much, or what is not enough."""
    if trial.found_by is FoundBy.NOTHING:
        return "not enough to go by"
    said = odds(trial.verdict.expected_false_matches)
    return f"by chance {said}" if said else ""


def _framed(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    shown = ImageOps.contain(picture, (size[0] - 16, size[1] - 16))
    framed = Image.new("RGB", (shown.width + 16, shown.height + 16), _SHEET)
    framed.paste(shown, (8, 8))
    ImageDraw.Draw(framed).rectangle((0, 0, framed.width - 1, framed.height - 1), outline=_LINE)
    return framed


def _fitting(text: str, size: float, width: float) -> str:
    """Return ``text``, cut so that it fits."""
    font = _font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
