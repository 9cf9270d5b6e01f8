"""Pictures with much to find in them, as luma, and what is done to them."""

import functools

import numpy as np
from PIL import Image

from eikona.apps.cli.sample_pictures import SCENES
from tests.unit.hashing import pictures


@functools.cache
def scene(name, seed=5):
    """Return a painted picture, 720 x 480."""
    luma = np.asarray(SCENES[name](seed).convert("L"))
    luma.flags.writeable = False
    return luma


def stones():
    """Return soft spots of all greys, 384 x 256, from whole numbers alone."""
    coarse = pictures.noise(48, 32, 9).astype(np.int64)
    wide = np.pad(np.kron(coarse, np.ones((8, 8), np.int64)), 8, mode="edge")
    steps = range(2, 15, 3)
    total = sum(wide[down : down + 256, right : right + 384] for down in steps for right in steps)
    return (total // 25).astype(np.uint8)


def resized(luma, width, height):
    return np.asarray(Image.fromarray(luma).resize((width, height), Image.Resampling.LANCZOS))


def warped(luma, motion, width, height):
    """Return a picture of this size; ``motion`` (2, 3) takes its pixels to those of ``luma``."""
    image = Image.fromarray(luma)
    numbers = [float(number) for number in np.ravel(motion)]
    return np.asarray(
        image.transform((width, height), Image.Transform.AFFINE, numbers, Image.Resampling.BICUBIC)
    )


def numbers(features):
    """Return x and y in pixels, size in fitted pixels, angle in turns: shape (n, 4)."""
    table = np.frombuffer(features.geometry, "<u2").reshape(-1, 4).astype(float)
    table[:, 0] = (table[:, 0] + 0.5) / 65536 * features.width
    table[:, 1] = (table[:, 1] + 0.5) / 65536 * features.height
    table[:, 2] = 2 ** (table[:, 2] / 4096 - 2)
    table[:, 3] /= 65536
    return table


def bits(features):
    return np.unpackbits(np.frombuffer(features.codes, np.uint8).reshape(-1, 16), axis=1)
