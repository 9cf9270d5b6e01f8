"""Pictures made from nothing but arithmetic, and altered copies of them, to try Eikona on."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

WIDTH, HEIGHT = 720, 480  # pixels

Floats = NDArray[np.float64]
Colour = tuple[int, int, int]


def _grid() -> tuple[Floats, Floats]:
    """Return row and column of each pixel, both from 0 to 1."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return rows / (HEIGHT - 1), columns / (WIDTH - 1)


def _noise(seed: int, cells: int, octaves: int = 5) -> Floats:
    """Return smooth noise from 0 to 1: grids of random values, each twice as fine, half as tall."""
    generator = np.random.default_rng(seed)
    total = np.zeros((HEIGHT, WIDTH))
    for octave in range(octaves):
        side = cells << octave
        grid = Image.fromarray(generator.random((side, side * 3 // 2), dtype=np.float32))
        smooth = grid.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        total += np.asarray(smooth, dtype=np.float64) / (1 << octave)
    low, high = total.min(), total.max()
    return cast("Floats", (total - low) / (high - low))


def _painted(values: Floats, colours: list[Colour]) -> Floats:
    """Return (row, column, RGB) where 0 has the first colour, 1 the last one."""
    stops = np.linspace(0, 1, len(colours))
    channels = [np.interp(values, stops, [c[i] for c in colours]) for i in range(3)]
    return np.stack(channels, axis=-1)


def _image(pixels: Floats) -> Image.Image:
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def dunes(seed: int) -> Image.Image:
    """Return sand hills in an evening light."""
    generator = np.random.default_rng(seed)
    y, x = _grid()
    pixels = _painted(y * 1.6, [(38, 50, 92), (214, 122, 108), (255, 214, 150)])
    sun_x, sun_y = generator.uniform(0.15, 0.85), generator.uniform(0.16, 0.3)
    from_sun = np.hypot((x - sun_x) * WIDTH / HEIGHT, y - sun_y)
    pixels += (from_sun < 0.07)[..., None] * 90 + np.exp(-9 * from_sun)[..., None] * 90
    for layer in range(6):
        phase = generator.uniform(0, 7, size=3)
        crest = np.full_like(x, 0.38 + 0.11 * layer)
        for wave, (pace, height) in enumerate([(3.1, 0.06), (7.3, 0.025), (17.0, 0.006)]):
            crest = crest + height * np.sin(pace * (x + 0.13 * layer) + phase[wave])
        depth = np.clip((y - crest) * 5, 0, 1)
        light = 1 - 0.13 * layer
        sand = _painted(depth, [(246, 190, 120), (186, 96, 62), (92, 44, 52)]) * light
        pixels = np.where((y > crest)[..., None], sand, pixels)
    return _image(pixels + (_noise(seed, 60, 2)[..., None] - 0.5) * 14)


def aurora(seed: int) -> Image.Image:
    """Return northern lights over a dark ridge."""
    generator = np.random.default_rng(seed)
    y, x = _grid()
    pixels = _painted(y, [(6, 8, 28), (16, 28, 66), (34, 70, 92)])
    stars = generator.random((HEIGHT, WIDTH)) > 0.9985
    pixels += stars[..., None] * generator.uniform(60, 220, (HEIGHT, WIDTH, 1))
    folds = _noise(seed + 1, 2, 2)
    for colour, height in [((60, 255, 150), 0.55), ((120, 120, 255), 0.42), ((240, 90, 190), 0.3)]:
        bend = generator.uniform(0, 7)
        foot = height + 0.1 * np.sin(5 * x + bend) + 0.16 * (folds - 0.5)
        above = foot - y
        curtain = np.where(above > 0, np.exp(-above * 5), np.exp(above * 45))
        rays = 0.55 + 0.45 * np.sin(38 * x + 5 * folds + bend) ** 2
        pixels += (curtain * rays)[..., None] * np.array(colour) * 0.75
    ridge = (
        0.82 + 0.05 * np.sin(6 * x + generator.uniform(0, 7)) - 0.12 * (_noise(seed + 2, 5) - 0.5)
    )
    return _image(np.where((y > ridge)[..., None], (7.0, 10.0, 16.0), pixels))


def ripples(seed: int) -> Image.Image:
    """Return rings that meet on water."""
    generator = np.random.default_rng(seed)
    y, x = _grid()
    height = np.zeros_like(y)
    for _ in range(4):
        away = np.hypot((x - generator.uniform(0, 1)) * WIDTH / HEIGHT, y - generator.uniform(0, 1))
        height += np.sin(generator.uniform(45, 75) * away) * np.exp(-2.2 * away)
    slope_y, slope_x = np.gradient(height)
    light = np.asarray(0.5 + 2.4 * (slope_x - slope_y))
    deep = 0.35 * _noise(seed, 3, 4) + 0.65 * y
    pixels = _painted(deep, [(12, 60, 96), (20, 110, 130), (120, 190, 170)])
    return _image(
        pixels * (0.7 + 0.5 * light[..., None]) + np.clip(light - 1, 0, 1)[..., None] * 180
    )


def marble(seed: int) -> Image.Image:
    """Return veined stone."""
    y, x = _grid()
    bend = _noise(seed, 3, 6) + 0.35 * _noise(seed + 1, 9, 4)
    veins = np.abs(np.sin(9 * (x + 0.6 * y) + 11 * bend)) ** 0.6
    tone = 0.75 * veins + 0.25 * _noise(seed + 2, 6)
    colours = [(24, 40, 52), (42, 92, 96), (206, 178, 120), (246, 240, 226)]
    return _image(_painted(tone, colours))


def skyline(seed: int) -> Image.Image:
    """Return a town at dusk with lights in its windows."""
    generator = np.random.default_rng(seed)
    y, _ = _grid()
    image = _image(_painted(y, [(28, 22, 70), (130, 60, 120), (250, 150, 110), (255, 214, 160)]))
    draw = ImageDraw.Draw(image)
    at, radius = int(generator.integers(90, WIDTH - 90)), 34
    draw.ellipse((at - radius, 60, at + radius, 60 + 2 * radius), fill=(255, 244, 214))
    image = image.filter(ImageFilter.GaussianBlur(2))
    draw = ImageDraw.Draw(image)
    for row, shade in enumerate([(92, 56, 110), (58, 38, 84), (26, 20, 48)]):
        left = -20
        while left < WIDTH:
            wide = int(generator.integers(38, 92))
            top = int(generator.integers(150 + 60 * row, 300 + 50 * row))
            draw.rectangle((left, top, left + wide, HEIGHT), fill=shade)
            _light_windows(draw, generator, (left, top, wide), bright=row > 0)
            left += wide + int(generator.integers(2, 14))
    return image


def _light_windows(
    draw: ImageDraw.ImageDraw,
    generator: np.random.Generator,
    house: tuple[int, int, int],
    *,
    bright: bool,
) -> None:
    left, top, wide = house
    for y in range(top + 10, HEIGHT, 16):
        for x in range(left + 7, left + wide - 8, 13):
            if bright and generator.random() < 0.4:
                draw.rectangle((x, y, x + 6, y + 8), fill=(255, 208, 120))


def terrazzo(seed: int) -> Image.Image:
    """Return a floor of stone chips."""
    generator = np.random.default_rng(seed)
    image = Image.new("RGB", (WIDTH, HEIGHT), (236, 226, 208))
    draw = ImageDraw.Draw(image)
    colours = [(198, 92, 70), (58, 88, 104), (226, 168, 82), (120, 140, 104), (66, 54, 60)]
    for _ in range(230):
        centre = generator.uniform((0, 0), (WIDTH, HEIGHT))
        size = generator.gamma(2.2, 9) + 5
        angles = np.sort(generator.uniform(0, 2 * np.pi, int(generator.integers(4, 8))))
        reach = size * generator.uniform(0.6, 1.3, angles.size)
        corners = np.stack([np.cos(angles), np.sin(angles)], axis=1) * reach[:, None] + centre
        draw.polygon([(x, y) for x, y in corners], fill=colours[int(generator.integers(5))])
    grain = (_noise(seed, 80, 2)[..., None] - 0.5) * 22
    return _image(np.asarray(image, dtype=np.float64) + grain)


def _recoloured(image: Image.Image) -> Image.Image:
    grey: Any = ImageOps.grayscale(image)
    return ImageOps.colorize(grey, (40, 16, 60), (255, 236, 190), mid=(170, 90, 110))


SCENES: Mapping[str, Callable[[int], Image.Image]] = MappingProxyType(
    {
        "dunes": dunes,
        "aurora": aurora,
        "ripples": ripples,
        "marble": marble,
        "skyline": skyline,
        "terrazzo": terrazzo,
    }
)

# What was done to a copy, how, and the JPEG quality that it is saved with.
ALTERATIONS: Mapping[str, tuple[Callable[[Image.Image], Image.Image], int]] = MappingProxyType(
    {
        "quality-30": (lambda image: image, 30),
        "half-size": (lambda image: image.reduce(2), 90),
        "mirrored": (ImageOps.mirror, 90),
        "rotated": (lambda image: image.transpose(Image.Transpose.ROTATE_90), 90),
        "recoloured": (_recoloured, 90),
    }
)
