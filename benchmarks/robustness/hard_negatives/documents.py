"""Documents that a program or a printer makes, all alike but for what is told in them."""
# ruff: noqa: ARG001  (every class takes the same arguments)

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.robustness.hard_negatives.words import word

_INK = "#1e1e22"

Draw = Callable[[np.random.Generator, Image.Image], Image.Image]


def invoice(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another invoice of one sender."""
    image = Image.new("RGB", (480, 640), "#ffffff")
    draw, small = ImageDraw.Draw(image), ImageFont.load_default(13)
    draw.polygon([(30, 70), (62, 20), (94, 70)], fill="#1d6f42")
    draw.text((110, 22), "Northern Timber & Sons", _INK, ImageFont.load_default(26))
    draw.text((110, 56), "4 Quay Street, Bergen, telephone 55 01 99", _INK, small)
    draw.text((30, 110), "Invoice", _INK, ImageFont.load_default(30))
    draw.text((320, 120), f"No. {random.integers(10_000, 99_999)}", _INK, small)
    draw.text((30, 160), " ".join(word(random).title() for _ in range(3)), _INK, small)
    for column, name in enumerate(("Goods", "Pieces", "Each", "Sum")):
        draw.text((40 + 110 * column, 210), name, _INK, ImageFont.load_default(16))
    draw.line((30, 234, 450, 234), _INK, 2)
    for line in range(int(random.integers(4, 11))):
        pieces, each = int(random.integers(1, 90)), float(random.uniform(1, 80))
        cells = (word(random).title(), str(pieces), f"{each:.2f}", f"{pieces * each:.2f}")
        for column, cell in enumerate(cells):
            draw.text((40 + 110 * column, 242 + 26 * line), cell, _INK, small)
    draw.line((30, 540, 450, 540), _INK, 2)
    draw.text((30, 556), "To be paid within 14 days. Account 6012 05 48731", _INK, small)
    draw.text((30, 586), "We thank you for your order!", _INK, ImageFont.load_default(18))
    return image


def plot(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another plot by one program, with the same axes."""
    image = Image.new("RGB", (640, 480), "#ffffff")
    draw, small = ImageDraw.Draw(image), ImageFont.load_default(14)
    draw.rectangle((76, 50, 590, 420), outline=_INK)
    for tick in range(7):
        x, y = 76 + 514 * tick / 6, 420 - 370 * tick / 6
        draw.line((x, 420, x, 427), _INK)
        draw.line((69, y, 76, y), _INK)
        draw.text((x - 8, 432), str(10 * tick), _INK, small)
        draw.text((34, y - 8), f"{tick / 2:.1f}", _INK, small)
    draw.text((270, 455), "hours since start", _INK, small)
    draw.text((220, 18), "Load of the station", _INK, ImageFont.load_default(20))
    for colour in ("#b2182b", "#2166ac"):
        steps = 0.5 + np.cumsum(random.normal(0, 0.03, 120)) * 0.4
        heights = 420 - 370 * np.clip(steps, 0, 1)
        draw.line([(76 + 514 * n / 119, y) for n, y in enumerate(heights.tolist())], colour, 2)
    return image


def certificate(random: np.random.Generator, photo: Image.Image) -> Image.Image:
    """Another person's certificate of one school."""
    image = Image.new("RGB", (640, 460), "#f7f1dd")
    draw, middle = ImageDraw.Draw(image), ImageFont.load_default(20)
    for step in range(0, 640, 20):
        for top in (6, 438):
            draw.arc((step, top, step + 16, top + 16), 0, 300, "#8a6a1f", 3)
    for step in range(26, 430, 20):
        for left in (6, 618):
            draw.arc((left, step, left + 16, step + 16), 0, 300, "#8a6a1f", 3)
    draw.text((150, 50), "Certificate of Skill", "#5b3d0c", ImageFont.load_default(40))
    draw.text((190, 120), "the School of Seamanship awards it to", _INK, middle)
    name = f"{word(random)} {word(random)}".title()
    draw.text((180, 170), name, _INK, ImageFont.load_default(44))
    draw.text((170, 260), f"who passed in the year {random.integers(1960, 2026)}", _INK, middle)
    draw.line((90, 390, 260, 390), _INK, 2)
    draw.text((140, 396), "Head of School", _INK, ImageFont.load_default(14))
    draw.ellipse((460, 310, 560, 410), fill="#a11d21")
    return image


DOCUMENTS: Mapping[str, Draw] = MappingProxyType(
    {
        "invoices of one sender": invoice,
        "plots with the same axes": plot,
        "certificates of one school": certificate,
    }
)
