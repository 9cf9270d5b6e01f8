"""What is done to marked pictures, each time with chance of its own."""

import hashlib
import io
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

Attack = Callable[[Image.Image, np.random.Generator], Image.Image]
_SAVED_AT = 85  # JPEG quality, where an attack does not name one
_BICUBIC, _LANCZOS = Image.Resampling.BICUBIC, Image.Resampling.LANCZOS


def saved(image: Image.Image, quality: int = _SAVED_AT) -> Image.Image:
    """Save as JPEG and open that."""
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def cut(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """Keep ``share`` of the area, of the same shape, at a random place."""
    width, height = (max(8, round(side * math.sqrt(share))) for side in image.size)
    left = int(random.integers(0, image.width - width + 1))
    top = int(random.integers(0, image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


def half(image: Image.Image) -> Image.Image:
    """Halve both sides."""
    return image.resize((image.width // 2, image.height // 2), _LANCZOS)


def _stretched(image: Image.Image, across: float) -> Image.Image:
    return image.resize((round(image.width * across), image.height), _LANCZOS)


def _bordered(image: Image.Image, share: float, colour: str) -> Image.Image:
    return ImageOps.expand(image, round(share * min(image.size)), colour)


def _gamma(image: Image.Image, power: float) -> Image.Image:
    return image.point([round(255 * (level / 255) ** power) for level in range(256)] * 3)


def _all(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return saved(half(ImageOps.mirror(cut(image, 0.75, random))), 50)


def _turned_and_cut(image: Image.Image, random: np.random.Generator) -> Image.Image:
    angle = float(random.uniform(-15, 15))
    return saved(cut(image.rotate(angle, _BICUBIC), 0.75, random), 75)


def _noise(image: Image.Image, random: np.random.Generator) -> Image.Image:
    noisy = np.asarray(image, np.float32) + random.normal(0, 8, (*image.size[::-1], 1))
    return Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))


PROMISED = (
    "JPEG, quality 50",
    "half size",
    "cut to 75 % of the area",
    "mirrored",
    "cut, mirrored, half size, quality 50",
    "turned by 5°, corners black",
    "turned by -15°, corners black",
    "turned by 15°, size kept",
    "stretched by 10 %",
    "squeezed by 10 %",
    "black border of 10 %",
    "white border of 20 %",
    "cut to a quarter of the area",
)
ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "JPEG, quality 50": lambda image, _: saved(image, 50),
        "half size": lambda image, _: saved(half(image)),
        "cut to 75 % of the area": lambda image, random: saved(cut(image, 0.75, random)),
        "mirrored": lambda image, _: saved(ImageOps.mirror(image)),
        "cut, mirrored, half size, quality 50": _all,
        "turned by 5°, corners black": lambda image, _: saved(
            image.rotate(5, _BICUBIC, expand=True)
        ),
        "turned by -15°, corners black": lambda image, _: saved(
            image.rotate(-15, _BICUBIC, expand=True)
        ),
        "turned by 15°, size kept": lambda image, _: saved(image.rotate(15, _BICUBIC)),
        "stretched by 10 %": lambda image, _: saved(_stretched(image, 1.1)),
        "squeezed by 10 %": lambda image, _: saved(_stretched(image, 0.9)),
        "black border of 10 %": lambda image, _: saved(_bordered(image, 0.1, "black")),
        "white border of 20 %": lambda image, _: saved(_bordered(image, 0.2, "white")),
        "cut to a quarter of the area": lambda image, random: saved(cut(image, 0.25, random)),
        "turned up to 15°, cut to 75 %, quality 75": _turned_and_cut,
        "JPEG, quality 30": lambda image, _: saved(image, 30),
        "gamma 0.6": lambda image, _: saved(_gamma(image, 0.6)),
        "gamma 1.6": lambda image, _: saved(_gamma(image, 1.6)),
        "grey": lambda image, _: saved(ImageOps.grayscale(image).convert("RGB")),
        "colours twice as strong": lambda image, _: saved(ImageEnhance.Color(image).enhance(2)),
        "contrast 1.5": lambda image, _: saved(ImageEnhance.Contrast(image).enhance(1.5)),
        "noise of 8 levels": lambda image, random: saved(_noise(image, random)),
        "blurred by 1 pixel": lambda image, _: saved(image.filter(ImageFilter.GaussianBlur(1))),
        "a third of the size": lambda image, _: saved(
            image.resize((image.width // 3, image.height // 3), _LANCZOS)
        ),
    }
)


def attacked(image: Image.Image, attack: str, name: str) -> Image.Image:
    """Return the copy of the picture called ``name`` that ``attack`` makes, the same each time."""
    digest = hashlib.sha256(f"{attack} {name}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    return ATTACKS[attack](image, random)
