"""Which photographs are queried, learned from and made distractors of, and their features."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.robustness.photos import Photo, evenly, upright
from benchmarks.shortlist import distractors
from benchmarks.shortlist.kept import Kept
from benchmarks.speed.pictures import SCRATCH
from eikona.domain.local_features import LocalFeatures
from eikona.hashing.local_features.extraction import local_features
from eikona.imaging.alterations.catalogue import ATTACKS

STORE = SCRATCH / "shortlist"
QUERIED, LEARNED = 100, 60  # photographs, of one half and of the other
MADE = 26_000  # pictures that distractors start from

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Copies:
    """Photographs and their altered copies.

    Attributes:
        originals: features of the photographs.
        copies: of all their copies, those of one photograph after those of the other.
    """

    originals: Kept
    copies: Kept

    def original(self, copy: int) -> int:
        """Return the number of a copy's original."""
        return copy // len(ATTACKS)

    def attack(self, copy: int) -> str:
        """Return the name of what was done to it."""
        return list(ATTACKS)[copy % len(ATTACKS)]


def queried(photos: Sequence[Photo], count: int = QUERIED) -> list[Photo]:
    """Return the photographs that are queried: of the half that nothing is learned from."""
    return evenly([photo for photo in photos if not photo.is_even], count)


def learned(photos: Sequence[Photo], count: int = LEARNED) -> list[Photo]:
    """Return the photographs that bits and costs are learned from."""
    return evenly([photo for photo in photos if photo.is_even], count)


def copies(name: str, photos: Sequence[Photo], say: Say, folder: Path = STORE) -> Copies:
    """Return features with margins of photographs and of 43 copies of each; kept on disk."""
    originals, altered = folder / f"{name}-originals.npz", folder / f"{name}-copies.npz"
    if not altered.exists():
        found, every = [], []
        for number, photo in enumerate(photos):
            image = upright(photo.path.read_bytes())
            found.append(local_features(np.asarray(image.convert("L"))))
            every += [_of_copy(attack.copy(image, photo.digest)) for attack in ATTACKS.values()]
            say(f"copies, {name}: {number + 1} of {len(photos)} photographs")
        Kept.of(found).save(originals)
        Kept.of(every).save(altered)
    return Copies(Kept.load(originals), Kept.load(altered))


def _of_copy(data: bytes) -> LocalFeatures:
    return local_features(np.asarray(Image.open(io.BytesIO(data)).convert("RGB").convert("L")))


def base(
    photos: Sequence[Photo],
    asked: Sequence[Photo],
    say: Say,
    count: int = MADE,
    folder: Path = STORE,
) -> Kept:
    """Return features of photographs that are not queried and of pictures made of them."""
    taken = {photo.path for photo in asked}
    paths = [photo.path for photo in photos if photo.path not in taken]
    return distractors.base(paths, count, folder / f"base-{count}.npz", say)
