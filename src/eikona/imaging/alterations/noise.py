"""Attacks with noise, and on sharpness."""
# ruff: noqa: ARG001  (every attack takes the same arguments)

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

_LEVELS = 255


def colour_noise(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Replace ``strength`` of all pixels by random colours."""
    pixels = np.array(image)
    hit = random.random(pixels.shape[:2]) < strength
    pixels[hit] = random.integers(0, _LEVELS + 1, (int(hit.sum()), 3))
    return Image.fromarray(pixels)


def gaussian_noise(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Add noise of standard deviation ``strength`` levels to every channel."""
    pixels = np.asarray(image, np.float32)
    return _image(pixels + strength * random.standard_normal(pixels.shape, np.float32))


def speckle(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Multiply every value by one plus noise of standard deviation ``strength``."""
    pixels = np.asarray(image, np.float32)
    return _image(pixels * (1 + strength * random.standard_normal(pixels.shape, np.float32)))


def blur(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Blur by a Gaussian of ``strength`` pixels."""
    return image.filter(ImageFilter.GaussianBlur(strength))


def sharpen(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Add ``strength`` times what a slight blur takes away."""
    return ImageEnhance.Sharpness(image).enhance(1 + strength)


def _image(pixels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, _LEVELS).astype(np.uint8))
