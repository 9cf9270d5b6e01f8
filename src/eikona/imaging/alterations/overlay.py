"""Attacks that draw something over or around the picture. Pillow brings the font."""

from typing import cast

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_CAPTIONS = (
    "WHEN YOU SEE IT",
    "NOBODY EXPECTED THIS",
    "MONDAY MORNING",
    "ONE DOES NOT SIMPLY",
    "TELL ME MORE",
    "WAIT FOR IT",
)
_NAMES = ("maria", "jonas.k", "the_daily_view", "ana", "street_corner", "lee")
_MARK = "© stock pictures"
_WIDTH_OF_TEXT = 0.92  # of the picture, at most
_SMALLEST_LETTERS = 6  # pixels

Colour = tuple[int, int, int]
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)


def meme_bars(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Set white bars with captions above and below, each ``strength`` of the picture's height."""
    bar = max(8, round(image.height * strength))
    out = Image.new("RGB", (image.width, image.height + 2 * bar), _WHITE)
    out.paste(image, (0, bar))
    draw = ImageDraw.Draw(out)
    for middle in (bar / 2, bar * 1.5 + image.height):
        caption = str(random.choice(_CAPTIONS))
        font = _fitting(caption, bar * 0.6, image.width * _WIDTH_OF_TEXT)
        draw.text((image.width / 2, middle), caption, _BLACK, font, anchor="mm")
    return out


def text_over(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Write two outlined lines over top and bottom, letters ``strength`` of the height."""
    out = image.copy()
    draw = ImageDraw.Draw(out)
    for share, anchor in ((0.04, "ma"), (0.96, "md")):
        caption = str(random.choice(_CAPTIONS))
        font = _fitting(caption, image.height * strength, image.width * _WIDTH_OF_TEXT)
        at = (image.width / 2, image.height * share)
        stroke = max(1, round(font.size / 12))
        draw.text(at, caption, _WHITE, font, anchor, stroke_width=stroke, stroke_fill=_BLACK)
    return out


def stock_watermark(
    image: Image.Image, strength: float, random: np.random.Generator
) -> Image.Image:
    """Lay a slanting grid of marks and two crossing lines over it, ``strength`` opaque."""
    across = int(np.hypot(*image.size))
    size = max(_SMALLEST_LETTERS, min(image.size) / 12)
    font = _font(size)
    layer = Image.new("L", (across, across))
    draw = ImageDraw.Draw(layer)
    step = font.getlength(_MARK) * 1.4
    shift = random.uniform(0, step)
    for line, y in enumerate(np.arange(0, across, size * 3)):
        for x in np.arange(-step * (1 + line % 2 / 2) - shift, across, step):
            draw.text((x, y), _MARK, 255, font)
    layer = layer.rotate(30, Image.Resampling.BICUBIC)
    left, top = (across - image.width) // 2, (across - image.height) // 2
    layer = layer.crop((left, top, left + image.width, top + image.height))
    draw = ImageDraw.Draw(layer)
    thick = max(1, round(min(image.size) / 150))
    draw.line((0, 0, *image.size), 255, thick)
    draw.line((0, image.height, image.width, 0), 255, thick)
    out = image.copy()
    out.paste(_WHITE, (0, 0), layer.point(lambda level: round(level * strength)))
    return out


def screenshot(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Show the picture in a post on a screen, of whose area it takes ``strength``."""
    dark = bool(random.integers(2))
    paper, ink, faint = (
        ((21, 24, 28), (230, 233, 235), (62, 68, 75))
        if dark
        else (_WHITE, (24, 27, 31), (214, 219, 224))
    )
    width, height = image.size
    # Most of the room is above and below the picture, as on telephones.
    grown = np.sqrt(1 / strength)
    screen_width, screen_height = round(width * grown**0.6), round(height * grown**1.4)
    screen = Image.new("RGB", (screen_width, screen_height), paper)
    left, top = (screen_width - width) // 2, round((screen_height - height) * 0.45)
    draw = ImageDraw.Draw(screen)
    _status_bar(draw, screen.size, top, ink)
    draw.line((0, top * 0.4, screen_width, top * 0.4), fill=faint)
    _author(draw, (left, top), str(random.choice(_NAMES)), ink, random)
    screen.paste(image, (left, top))
    _comments(draw, (left, top + height, width, screen_height), (ink, faint), random)
    return screen


def _status_bar(draw: ImageDraw.ImageDraw, size: tuple[int, int], top: int, ink: Colour) -> None:
    letters = max(_SMALLEST_LETTERS, top * 0.16)
    font = _font(letters)
    draw.text((size[0] * 0.04, top * 0.08), "14:07", ink, font)
    right, upper = size[0] * 0.96, top * 0.1
    draw.rectangle((right - letters * 2, upper, right, upper + letters), outline=ink)
    draw.rectangle((right - letters * 2, upper, right - letters * 0.7, upper + letters), fill=ink)


def _author(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    name: str,
    ink: Colour,
    random: np.random.Generator,
) -> None:
    left, top = at
    radius = top * 0.18
    face = tuple(int(level) for level in random.integers(60, 220, 3))
    middle = top * 0.68
    x = left + radius * 1.3
    draw.ellipse((x - radius, middle - radius, x + radius, middle + radius), fill=face)
    font = _font(max(_SMALLEST_LETTERS, top * 0.2))
    draw.text((x + radius * 1.5, middle), name, ink, font, anchor="lm")


def _comments(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    colours: tuple[Colour, Colour],
    random: np.random.Generator,
) -> None:
    left, top, width, bottom = box
    ink, faint = colours
    room = bottom - top
    font = _font(max(_SMALLEST_LETTERS, room * 0.13))
    likes = f"{int(random.integers(2, 9999))} likes"
    draw.text((left + width * 0.02, top + room * 0.08), likes, ink, font)
    for line in range(4):
        y = top + room * (0.36 + 0.15 * line)
        end = left + width * random.uniform(0.45, 0.95)
        draw.rounded_rectangle(
            (left + width * 0.02, y, end, y + room * 0.07), radius=room * 0.03, fill=faint
        )


def _fitting(text: str, size: float, width: float) -> ImageFont.FreeTypeFont:
    """Return the font at ``size`` pixels, or smaller so that ``text`` fits into ``width``."""
    font = _font(max(_SMALLEST_LETTERS, size))
    wide = font.getlength(text)
    if wide <= width:
        return font
    return _font(max(_SMALLEST_LETTERS, font.size * width / wide))


def _font(size: float) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font, laid out the same way wherever it runs."""
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size))
