"""Pictures that no query is a copy of, as many as wanted, out of few hundred photographs.

- Photographs that are never queried, as they are.
- Made pictures: warped crops of them, blended two by two, multiplied, or set as mosaics.
- The exact features of each of these mirrored, with its tones inverted, and both: permutations of
  the bits, so that they cost nothing.
- Beyond that mixtures: a slice of the features of each of six such pictures.

All are as hard as pictures: each descriptor is one of a real place, with the frequencies that real
places have.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.shortlist.kept import Kept
from eikona.domain.local_features import CODE_BYTES, MARGIN_BYTES, TURN_STEPS, LocalFeatures
from eikona.hashing.local_features.extraction import local_features

_LONG = 384  # pixels
_SHAPES = ((384, 288), (288, 384), (384, 256), (384, 384), (384, 216))
_SLICES = 6  # pictures that a mixture is of
_BATCH = 4096  # mixtures that share a seed
_ROWS = 1 << 17  # descriptors whose bits are apart at a time
_SAY_EVERY = 100
_TURN = 0.5  # radians, at most, that a crop is turned
_SHEAR = 0.3


def lumas(paths: Sequence[Path]) -> list[Image.Image]:
    """Return photographs in grey, at about the size that features are sought at."""
    found = []
    for path in paths:
        with Image.open(path) as image:
            grey = image.convert("RGB").convert("L")
        grey.thumbnail((512, 512), Image.Resampling.BOX)
        found.append(grey)
    return found


def made(photos: Sequence[Image.Image], number: int) -> np.ndarray:
    """Return made picture ``number``: luma."""
    random = np.random.default_rng([17, number])
    width, height = _SHAPES[random.integers(len(_SHAPES))]
    kind = number % 4
    if kind == 3:
        across, down = (2, 2) if random.uniform() < 0.6 else (3, 2)
        canvas = Image.new("L", (width, height))
        for place in range(across * down):
            tile = _crop(photos, random, width // across + 1, height // down + 1)
            left, top = place % across * (width // across), place // across * (height // down)
            canvas.paste(Image.fromarray(tile.astype(np.uint8)), (left, top))
        return np.asarray(canvas)
    first = _crop(photos, random, width, height)
    if kind == 0:
        return first.astype(np.uint8)
    second = _crop(photos, random, width, height)
    if kind == 1:
        share = random.uniform(0.35, 0.65)
        return np.clip((share * first + (1 - share) * second) * 1.3 - 38, 0, 255).astype(np.uint8)
    return np.sqrt(first * second).astype(np.uint8)


def _crop(
    photos: Sequence[Image.Image], random: np.random.Generator, width: int, height: int
) -> np.ndarray:
    """Return a turned, sheared and scaled piece of a photograph, mirrored half of the times."""
    photo = photos[random.integers(len(photos))]
    share = random.uniform(0.35, 0.9)  # of the photograph's sides
    scale = share * min(photo.width / width, photo.height / height)
    turn = random.uniform(-_TURN, _TURN)
    stretch = np.exp(random.uniform(-_SHEAR, _SHEAR))
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    side = 1 if random.uniform() < 0.5 else -1
    a, b = side * cos * stretch, -sin + random.uniform(-_SHEAR, _SHEAR) * scale
    d, e = side * sin * stretch, cos
    x = photo.width * random.uniform(share / 2, 1 - share / 2)
    y = photo.height * random.uniform(share / 2, 1 - share / 2)
    c, f = x - (a * width + b * height) / 2, y - (d * width + e * height) / 2
    warped = photo.transform(
        (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR
    )
    return np.asarray(warped, np.float32)


def base(paths: Sequence[Path], pictures: int, store: Path, say: Callable[[str], None]) -> Kept:
    """Return the features of photographs and of made pictures, from ``store`` if they are there."""
    if not store.exists():
        photos = lumas(paths)
        found = [_codes_alone(np.asarray(photo)) for photo in photos]
        for number in range(pictures - len(found)):
            found.append(_codes_alone(made(photos, number)))
            if number % _SAY_EVERY == 0:
                say(f"distractors: {number} of {pictures - len(photos)} made")
        Kept.of(found).save(store)
    return Kept.load(store)


def _codes_alone(luma: np.ndarray) -> LocalFeatures:
    return dataclasses.replace(local_features(luma), margins=b"")


def mirrored(pictures: Kept) -> Kept:
    """Return the features that mirrored pictures have, as ``LocalFeatures.mirrored`` does."""
    numbered = LocalFeatures(1, 1, bytes(CODE_BYTES), bytes(8), bytes(range(MARGIN_BYTES)))
    origins = np.frombuffer(numbered.mirrored().margins, np.uint8)
    codes = np.empty_like(pictures.codes)
    for begin in range(0, len(codes), _ROWS):
        bits = np.unpackbits(pictures.codes[begin : begin + _ROWS], axis=1)
        codes[begin : begin + _ROWS] = np.packbits(np.take(bits, origins, axis=1), axis=1)
    geometry = pictures.geometry.copy()
    geometry[:, 0] = 0xFFFF - geometry[:, 0]
    geometry[:, 3] = np.uint16(TURN_STEPS // 2) - geometry[:, 3]
    return dataclasses.replace(pictures, codes=codes, geometry=geometry)


def inverted(pictures: Kept) -> Kept:
    """Return the features that pictures have in negative.

    All gradients turn round, and the frame of a feature with them: cells change places, directions
    in the frame stay.
    """
    geometry = pictures.geometry.copy()
    geometry[:, 3] += np.uint16(TURN_STEPS // 2)
    codes = np.ascontiguousarray(pictures.codes[:, ::-1])
    return dataclasses.replace(pictures, codes=codes, geometry=geometry)


def distractors(pictures: Kept, count: int) -> Iterator[LocalFeatures]:
    """Yield ``count`` pictures' features, always the same ones first."""
    yield from itertools.islice(pictures, count)
    left = count - len(pictures)
    if left <= 0:
        return
    turned = mirrored(pictures)
    poses = [pictures, turned, inverted(pictures), inverted(turned)]
    yield from itertools.islice(itertools.chain(*poses[1:]), left)
    left -= 3 * len(pictures)
    for batch in range(-(-left // _BATCH)):
        yield from _mixtures(poses, batch, min(_BATCH, left - batch * _BATCH))


def _mixtures(poses: Sequence[Kept], batch: int, count: int) -> Iterator[LocalFeatures]:
    """Yield pictures with every sixth feature of six others."""
    random = np.random.default_rng([19, batch])
    shape = (_BATCH, _SLICES)
    chosen = random.integers(len(poses[0]), size=shape)
    turns, phases = random.integers(len(poses), size=shape), random.integers(_SLICES, size=shape)
    begins = np.concatenate([[0], poses[0].ends[:-1]])
    for number in range(count):
        codes, geometry = [], []
        for one, turn, phase in zip(
            chosen[number].tolist(), turns[number].tolist(), phases[number].tolist(), strict=True
        ):
            these = slice(int(begins[one]) + phase, int(poses[0].ends[one]), _SLICES)
            codes.append(poses[turn].codes[these])
            geometry.append(poses[turn].geometry[these])
        yield LocalFeatures(
            _LONG,
            _LONG * 3 // 4,
            np.concatenate(codes).tobytes(),
            np.concatenate(geometry).tobytes(),
        )
