"""Drawn pictures that marks are tried on."""

import functools

import numpy as np
from PIL import Image

from eikona.marking.watermark.canvas import blurred
from eikona.marking.watermark.embedding import embed

KEY = b"a key of the tests"
IDENTITY = 0x0123456789ABCDEF


@functools.cache
def textured(height=300, width=400, seed=1):
    """Return an RGB picture with coarse shapes, fine texture and one plain corner."""
    random = np.random.default_rng(seed)
    layers = []
    for deviation, levels in ((24, 60), (6, 25), (1.2, 14)):
        field = blurred(random.normal(size=(height, width)).astype(np.float32), deviation)
        layers.append(field * (levels / field.std()))
    grey = 128 + sum(layers)
    grey[: height // 4, : width // 4] = 200
    tint = np.array([8, 0, -12], np.float32)
    pixels = np.clip(np.rint(grey[..., None] + tint), 0, 255).astype(np.uint8)
    pixels.setflags(write=False)
    return pixels


@functools.cache
def marked(height=300, width=400):
    """Return that picture marked with ``IDENTITY``."""
    return embed(textured(height, width), IDENTITY, KEY)


def luma(image):
    """Return the luma of a Pillow image."""
    return np.asarray(image.convert("L"))


def marked_image():
    """Return the marked picture as a Pillow image."""
    return Image.fromarray(marked().pixels)
