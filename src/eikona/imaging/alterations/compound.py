"""Several attacks one after the other, as pictures suffer that are passed on."""

import numpy as np
from PIL import Image

from eikona.imaging.alterations.geometry import crop, mirror, rotated, scaled
from eikona.imaging.alterations.overlay import meme_bars, screenshot

_ROTATION = 5.0  # degrees
_SCALE = 0.5


def crop_and_mirror(
    image: Image.Image, strength: float, random: np.random.Generator
) -> Image.Image:
    """Cut away ``strength`` of the area and mirror the rest."""
    return mirror(crop(image, strength, random), 1, random)


def screenshot_and_rotation(
    image: Image.Image, strength: float, random: np.random.Generator
) -> Image.Image:
    """Take a screenshot with ``strength`` of its area the picture; rotate that by 5 degrees."""
    return rotated(screenshot(image, strength, random), _ROTATION, random)


def meme_and_resize(
    image: Image.Image, strength: float, random: np.random.Generator
) -> Image.Image:
    """Set meme bars of ``strength`` of the height; halve the whole."""
    return scaled(meme_bars(image, strength, random), _SCALE, random)
