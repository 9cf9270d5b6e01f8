"""A picture of every attack on a few photographs, to look at."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.robustness.photos import Photo, upright
from eikona.imaging.alterations.attack import Attack

_CELL, _GAP, _LINE = 210, 8, 30  # pixels
_ACROSS = 3  # attacks side by side


def draw_contact_sheet(photos: Sequence[Photo], attacks: Iterable[Attack], target: Path) -> None:
    """Write a PNG that shows each attack, as saved, on each of ``photos``."""
    attacks = tuple(attacks)
    block = len(photos) * (_CELL + _GAP) + 2 * _GAP
    rows = -(-(len(attacks) + 1) // _ACROSS)
    sheet = Image.new("RGB", (block * _ACROSS, rows * (_CELL + _LINE + _GAP)), "#8c8f94")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(17)
    for place, attack in enumerate([None, *attacks]):
        left, top = place % _ACROSS * block + _GAP, place // _ACROSS * (_CELL + _LINE + _GAP)
        said = (
            "as it is" if attack is None else f"{attack.label}: {attack.strength:g} {attack.unit}"
        )
        draw.text((left, top + 6), said, "#000000", font)
        for number, photo in enumerate(photos):
            data = photo.path.read_bytes()
            image = upright(data)
            if attack is not None:
                image = Image.open(io.BytesIO(attack.copy(image, photo.digest)))
            scale = min(_CELL / image.width, _CELL / image.height)
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            small = image.resize(size, Image.Resampling.LANCZOS)
            sheet.paste(small, (left + number * (_CELL + _GAP), top + _LINE))
    sheet.save(target)
