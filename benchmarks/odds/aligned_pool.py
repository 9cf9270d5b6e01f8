"""Pictures that are no copies of each other, with local features and PDQ codes, kept on disk.

Whole photographs come first, then the cells of the finest grid whose sides are 192 pixels or more,
then random crops. Pictures of one photograph may overlap: no pair is ever made of them.
"""

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import eikona
from benchmarks.odds.pool import Pool, crops, tiles
from benchmarks.robustness.photos import Photo, upright
from eikona.domain.fingerprint import QUALITY_TO_MATCH
from eikona.domain.local_features import LOCAL_FEATURES, LocalFeatures
from eikona.hashing.local_features.extraction import local_features

WHOLE, TILE, CROP = 0, 1, 2
_CROPS = 6  # a photograph
_FIELDS = (
    *("kind", "photo", "quality", "sides", "codes", "dhash"),
    *("offsets", "words", "geometry"),
)


@dataclass(frozen=True, slots=True)
class AlignedPool:
    """Pictures in the order in which they are compared with those before them.

    Attributes:
        kind: shape (n,): WHOLE, TILE or CROP.
        photo: shape (n,): number of the photograph that each was cut from.
        quality: shape (n,), 0 to 100.
        sides: shape (n, 2): width and height.
        codes: shape (n, 8, 32), uint8: PDQ in eight orientations.
        dhash: shape (n, 32), uint8: dHash of 256 bits.
        offsets: shape (n + 1,): where the features of each begin.
        words: shape (features, 16), uint8: codes of all features.
        geometry: shape (features, 8), uint8.
    """

    kind: NDArray[np.uint8]
    photo: NDArray[np.int32]
    quality: NDArray[np.uint8]
    sides: NDArray[np.int32]
    codes: NDArray[np.uint8]
    dhash: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    words: NDArray[np.uint8]
    geometry: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.kind)

    def features(self, number: int) -> LocalFeatures:
        """Return the local features of one picture."""
        part = slice(self.offsets[number], self.offsets[number + 1])
        width, height = self.sides[number].tolist()
        return LocalFeatures(
            width, height, self.words[part].tobytes(), self.geometry[part].tobytes()
        )

    def hashed(self, kinds: Sequence[int]) -> Pool:
        """Return the PDQ codes of pictures of these kinds that are not too plain."""
        kept = np.isin(self.kind, kinds) & (self.quality >= QUALITY_TO_MATCH)
        return Pool(self.codes[kept], self.photo[kept].astype(np.int64), self.dhash[kept])


def pool_of(photos: Sequence[Photo], folder: Path) -> AlignedPool:
    """Return the pool of ``photos``, made on first use and kept in ``folder``."""
    path = folder / f"pool-{LOCAL_FEATURES.version}-{len(photos)}-{_CROPS}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = _gathered(photos)
        part = path.with_suffix(".part.npz")
        np.savez(part, **{name: getattr(made, name) for name in _FIELDS})
        part.rename(path)
    with np.load(path, allow_pickle=False) as stored:
        return AlignedPool(**{name: stored[name] for name in _FIELDS})


def _gathered(photos: Sequence[Photo]) -> AlignedPool:
    cut = crops(seed=1, count=_CROPS)
    rows: list[tuple[int, int, Image.Image]] = []
    found: list[list[tuple[int, int, LocalFeatures, bytes, bytes]]] = [[], [], []]
    for number, photo in enumerate(photos):
        if number % 50 == 0:
            sys.stderr.write(f"photograph {number} of {len(photos)}\n")
        image = upright(photo.path.read_bytes())
        rows = [(WHOLE, number, image)]
        rows += [(TILE, number, tile) for tile in tiles(image)]
        rows += [(CROP, number, crop) for crop in cut(image)]
        for kind, _, picture in rows:
            found[kind].append((number, *_looked_at(picture)))
    kinds = [kind for kind in (WHOLE, TILE, CROP) for _ in found[kind]]
    every = [one for part in found for one in part]
    features = [one[2] for one in every]
    return AlignedPool(
        kind=np.array(kinds, np.uint8),
        photo=np.array([one[0] for one in every], np.int32),
        quality=np.array([one[1] for one in every], np.uint8),
        sides=np.array([(one.width, one.height) for one in features], np.int32),
        codes=np.frombuffer(b"".join(one[3] for one in every), np.uint8).reshape(-1, 8, 32),
        dhash=np.frombuffer(b"".join(one[4] for one in every), np.uint8).reshape(-1, 32),
        offsets=np.cumsum([0, *(len(one) for one in features)]),
        words=np.frombuffer(b"".join(one.codes for one in features), np.uint8).reshape(-1, 16),
        geometry=np.frombuffer(b"".join(one.geometry for one in features), np.uint8).reshape(-1, 8),
    )


def _looked_at(picture: Image.Image) -> tuple[int, LocalFeatures, bytes, bytes]:
    """Return quality, local features, PDQ codes and dHash."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=0)
    found = eikona.fingerprint(out.getvalue(), algorithms=["pdq", "dhash256"], decode="exact")
    features = local_features(np.asarray(picture.convert("RGB").convert("L")))
    codes = b"".join(found.pdq_orientations)
    return found.quality, features, codes, found.hashes["dhash256"]
