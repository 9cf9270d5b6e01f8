"""Attacks on brightness, contrast and colour."""
# ruff: noqa: ARG001  (every attack takes the same arguments)

import colorsys

import numpy as np
from PIL import Image, ImageEnhance, ImageOps


def brightness(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Multiply every level by ``strength``: above 1 bright, below 1 dark; what is over clips."""
    return ImageEnhance.Brightness(image).enhance(strength)


def black_and_white(
    image: Image.Image, strength: float, random: np.random.Generator
) -> Image.Image:
    """Keep luma only; ``strength`` is the contrast that is then added, 0 for none."""
    grey = ImageOps.grayscale(image).convert("RGB")
    return ImageEnhance.Contrast(grey).enhance(1 + strength)


def saturation(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Multiply colourfulness by ``strength``: 0 grey, 1 as it was, above 1 gaudy."""
    return ImageEnhance.Color(image).enhance(strength)


def faded(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Lay a veil over the picture that hides ``strength`` of it, as old prints have."""
    return Image.blend(image, Image.new("RGB", image.size, (236, 226, 208)), strength)


def colour_filter(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Tint like an app's filter: ``strength`` of it is one hue, and shadows are lifted."""
    hue = colorsys.hsv_to_rgb(random.uniform(), 0.75, 1.0)
    light = tuple(round(255 * part) for part in hue)
    dark = tuple(round(70 * (1 - part)) for part in hue)
    toned = ImageOps.colorize(ImageOps.grayscale(image), dark, light)
    return Image.blend(image, toned, strength)
