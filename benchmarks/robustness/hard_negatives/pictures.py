"""Different pictures that look alike in places: what must not be taken for copies.

Every class is drawn from seeds. Two pictures of a class share what the class is named for, and
nothing else.
"""
# ruff: noqa: ARG001  (every class takes the same arguments)

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from benchmarks.robustness.hard_negatives.documents import DOCUMENTS, Draw
from benchmarks.robustness.hard_negatives.words import word
from eikona.apps.cli.sample_pictures import SCENES

PICTURES = 120  # of a class: a bank finds common what 50 have
_SIZE = (480, 640)
_INK = (30, 30, 34)


def text_page(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """A page of made-up words, always in one font and layout."""
    image = Image.new("RGB", _SIZE, "#ffffff")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for line in range(28):
        words = []
        while draw.textlength(" ".join(words), font) < 400:
            words.append(word(random))
        draw.text((34, 30 + 21 * line), " ".join(words[:-1]), _INK, font)
    return image


def chat(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """A screenshot of one chat program, with other messages and another photograph."""
    image = Image.new("RGB", (450, 800), "#e9e4dc")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(17)
    draw.rectangle((0, 0, 450, 64), "#0b6b5d")
    draw.ellipse((52, 10, 96, 54), "#d7dcdf", "#ffffff", 3)
    draw.line((30, 20, 16, 32, 30, 44), "#ffffff", 4)
    draw.text((110, 20), "Family group", "#ffffff", ImageFont.load_default(22))
    for x in (350, 400):
        draw.ellipse((x, 22, x + 22, 44), outline="#ffffff", width=4)
    draw.rounded_rectangle((10, 744, 388, 792), 24, "#ffffff")
    draw.ellipse((396, 744, 444, 792), "#0b8f7a")
    draw.polygon([(412, 756), (412, 780), (434, 768)], "#ffffff")
    draw.text((30, 756), "Type a message", "#8a8a8a", font)
    y = 80
    picture = ImageOps.fit(photo, (280, 200))
    image.paste(picture, (20, y))
    y += 216
    while y < 690:
        words = " ".join(word(random) for _ in range(int(random.integers(2, 7))))[:32]
        wide = int(draw.textlength(words, font)) + 26
        left = 450 - wide - 14 if random.uniform() < 0.5 else 14
        draw.rounded_rectangle((left, y, left + wide, y + 40), 14, "#ffffff")
        draw.text((left + 13, y + 9), words, _INK, font)
        y += int(random.integers(48, 62))
    return image


def letter_box(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another photograph between black bars, the channel's name in the lower one."""
    image = Image.new("RGB", (640, 480), "#000000")
    image.paste(ImageOps.fit(photo, (640, 340)), (0, 70))
    ImageDraw.Draw(image).text((20, 428), "CINEMA CLASSICS", "#c8c8c8", ImageFont.load_default(28))
    return image


def logo(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another photograph with one logo in its corner."""
    image = ImageOps.fit(photo, (600, 450))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((470, 370, 584, 434), 12, "#d22630", "#ffffff", 3)
    draw.polygon([(484, 420), (504, 382), (524, 420)], "#ffffff")
    draw.text((530, 384), "TV7", "#ffffff", ImageFont.load_default(24))
    return image


def watermark(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another photograph under one agency's repeated watermark."""
    image = ImageOps.fit(photo, (600, 450))
    veil = Image.new("L", (900, 900), 0)
    draw, font = ImageDraw.Draw(veil), ImageFont.load_default(34)
    for row in range(0, 900, 110):
        for column in range(-60 + row % 220, 900, 250):
            draw.text((column, row), "stockpix", 110, font)
    veil = veil.rotate(30).crop((150, 200, 750, 650))
    return Image.composite(Image.new("RGB", image.size, "#ffffff"), image, veil)


def bricks(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another wall of bricks of one size."""
    image = Image.new("RGB", (600, 450), "#b9b2a6")
    draw = ImageDraw.Draw(image)
    left, top = random.integers(0, 60), random.integers(0, 24)
    for row in range(-1, 20):
        for column in range(-1, 12):
            x, y = 60 * column + 30 * (row % 2) - left, 24 * row - top
            shade = random.integers(-26, 27)
            colour = tuple(int(c + shade) for c in (168, 84, 60))
            draw.rectangle((x + 2, y + 2, x + 57, y + 21), colour)
    return _grain(image, random, 8)


def table(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another sheet of numbers in one program's window."""
    image = Image.new("RGB", (640, 480), "#ffffff")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    draw.rectangle((0, 0, 640, 34), "#217346")
    draw.text((14, 8), "Workbook   File   Edit   View   Insert   Format", "#ffffff", font)
    for row in range(18):
        y = 40 + 24 * row
        draw.line((0, y, 640, y), "#d0d0d0")
        for column in range(8):
            x = 80 * column
            draw.line((x, 40, x, 480), "#d0d0d0")
            number = "ABCDEFGH"[column] if row == 0 else f"{random.uniform(1, 999):.1f}"
            draw.text((x + 14, y + 4), number, _INK, font)
    return image


def tiles(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another cut from one endless pattern of tiles, each with a stain of its own."""
    side = 56
    image = Image.new("RGB", (600, 450), "#f2efe6")
    draw = ImageDraw.Draw(image)
    left, top = random.integers(0, side, 2)
    for row in range(-1, 10):
        for column in range(-1, 13):
            x, y = side * column - left, side * row - top
            draw.rectangle((x, y, x + side, y + side), outline="#9aa0a6", width=2)
            draw.ellipse((x + 12, y + 12, x + 44, y + 44), "#2b5d8a")
            draw.polygon([(x + 28, y + 16), (x + 40, y + 34), (x + 16, y + 34)], "#f0c24b")
            spot = random.integers(4, side - 8, 2)
            draw.ellipse((x + spot[0], y + spot[1], x + spot[0] + 5, y + spot[1] + 4), "#6b4d38")
    return _grain(image, random, 6)


def painted(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another scene by the painter of the sample pictures."""
    name = sorted(SCENES)[int(random.integers(len(SCENES)))]
    return SCENES[name](int(random.integers(1 << 30)))


def form(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """The same printed form, filled in otherwise."""
    image = Image.new("RGB", _SIZE, "#fdfdf8")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    draw.text((40, 24), "APPLICATION FOR A PERMIT", _INK, ImageFont.load_default(22))
    draw.ellipse((400, 16, 448, 64), outline="#33508a", width=4)
    for row, label in enumerate(_LABELS):
        y = 84 + 36 * row
        draw.rectangle((36, y, 444, y + 32), outline="#777777")
        draw.text((42, y + 2), label, "#555555", ImageFont.load_default(11))
        words = " ".join(word(random) for _ in range(int(random.integers(1, 5))))
        draw.text((150, y + 11), words[:34], "#1b2f6b", font)
    return image


def slide(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """A slide of one template, with other words and another photograph."""
    image = Image.new("RGB", (640, 400), "#ffffff")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(16)
    draw.rectangle((0, 0, 640, 56), "#1d3557")
    draw.text((24, 16), "Quarterly review", "#ffffff", ImageFont.load_default(24))
    draw.polygon([(560, 12), (600, 12), (620, 44), (580, 44)], "#e9c46a")
    draw.rectangle((0, 372, 640, 400), "#e5e5e5")
    draw.text((24, 378), "Confidential - Acme Corporation - 2026", "#666666", font)
    for row in range(8):
        draw.ellipse((28, 86 + 34 * row, 36, 94 + 34 * row), "#1d3557")
        words = " ".join(word(random) for _ in range(5))
        draw.text((46, 80 + 34 * row), words[:30], _INK, font)
    image.paste(ImageOps.fit(photo, (270, 250)), (344, 90))
    return image


def news(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another photograph over one channel's lower third, with another headline."""
    image = ImageOps.fit(photo, (640, 360))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 268, 640, 330), "#b00020")
    draw.rectangle((0, 330, 640, 360), "#101010")
    draw.text((16, 276), "BREAKING NEWS", "#ffffff", ImageFont.load_default(26))
    headline = " ".join(word(random) for _ in range(6))
    draw.text((16, 306), headline[:60], "#ffffff", ImageFont.load_default(16))
    draw.text((16, 336), "WORLD 24   LIVE   www.world24.example", "#f2c94c", _small())
    draw.rectangle((556, 14, 624, 44), "#b00020", "#ffffff", 2)
    draw.text((566, 20), "W24", "#ffffff", ImageFont.load_default(18))
    return image


def post(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """A screenshot of one network's post, with another photograph and other words."""
    image = Image.new("RGB", (450, 640), "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 450, 48), "#ffffff", "#d0d0d0")
    draw.text((16, 10), "Photogram", _INK, ImageFont.load_default(24))
    for x in (330, 372, 414):
        draw.rounded_rectangle((x, 12, x + 24, 36), 6, outline="#303030", width=3)
    draw.ellipse((12, 58, 48, 94), "#8a5cc2")
    draw.text((60, 66), word(random), _INK, _small())
    image.paste(ImageOps.fit(photo, (450, 380)), (0, 104))
    draw.polygon([(18, 500), (30, 518), (42, 500), (36, 494), (30, 499), (24, 494)], "#d22630")
    draw.ellipse((60, 494, 84, 518), outline="#303030", width=3)
    draw.polygon([(102, 494), (126, 500), (108, 518)], outline="#303030", width=3)
    draw.text((16, 530), f"Liked by {random.integers(10, 9999)} others", _INK, _small())
    draw.text((16, 556), " ".join(word(random) for _ in range(5))[:44], _INK, _small())
    draw.rectangle((0, 592, 450, 640), "#fafafa", "#d0d0d0")
    for x in (40, 130, 215, 300, 385):
        draw.rounded_rectangle((x, 602, x + 26, 628), 5, outline="#303030", width=3)
    return image


_LABELS = (
    *("Family name", "Given names", "Date of birth", "Street", "Town", "Telephone"),
    *("Purpose", "From", "To", "Vehicle", "Registration", "Remarks", "Place, date", "Signature"),
)


def _small() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(15)


CLASSES: Mapping[str, Draw] = MappingProxyType(
    {
        "text pages": text_page,
        "tables of numbers": table,
        "brick walls": bricks,
        "tiles": tiles,
        "painted scenes": painted,
        "letter-boxes with a caption": letter_box,
        "a logo in the corner": logo,
        "a watermark all over": watermark,
        "chat screenshots": chat,
        "a form filled in": form,
        "slides of one template": slide,
        "a channel's lower third": news,
        "posts of one network": post,
        **DOCUMENTS,
    }
)
_SEEDS = (*sorted(CLASSES.keys() - DOCUMENTS.keys()), *DOCUMENTS)


def pictures(name: str, photos: Sequence[Image.Image], count: int) -> Iterator[Image.Image]:
    """Yield ``count`` pictures of a class; each photograph is used once at most."""
    for number in range(count):
        random = np.random.default_rng([_SEEDS.index(name), number])
        yield CLASSES[name](random, photos[number])


def _grain(image: Image.Image, random: np.random.Generator, levels: float) -> Image.Image:
    pixels = np.asarray(image, np.float32) + levels * random.standard_normal(
        (image.height, image.width, 1), np.float32
    )
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
