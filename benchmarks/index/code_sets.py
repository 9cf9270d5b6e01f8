"""The codes that are searched, and what is searched for.

Three kinds of banks of 256-bit codes, rows of four words:

- random: every bit a fair coin.
- clustered: a thousand near-duplicates on average of each of codes / 1000 centres, in random order,
  each bit flipped with probability 1 / 16; then one code in a hundred all zero, and one in ten zero
  in its second half, so that several bands have buckets with a tenth of the bank.
- real: PDQ codes of photographs: random crops of them with 30 to 100 % of the sides, each in all
  eight orientations.

Half of the queries are codes of the bank with 0 to 31 bits flipped; half are others of its kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.speed.pictures import SCRATCH, find_photos
from eikona.hashing.pdq import pdq_orientations, pdq_transform

Rows = NDArray[np.uint64]
KINDS = ("random", "clustered", "real")
_WORDS, _BITS = 4, 256
_CLUSTER = 1000  # codes
_ORIENTATIONS = 8
_SMALLEST_CROP = 0.3  # of a side
_MOST_FLIPS = 31
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_SAY_EVERY = 100  # photographs


@dataclass(frozen=True, slots=True)
class CodeSet:
    """A bank and queries.

    Attributes:
        kind: of ``KINDS``.
        rows: the bank, shape (codes, 4), contiguous.
        queries: shape (queries, 4).
    """

    kind: str
    rows: Rows
    queries: Rows

    @property
    def name(self) -> str:
        """Return the kind and the size."""
        return f"{self.kind}-{len(self.rows)}"


def make(kind: str, codes: int, queries: int, photos: Path, say: Callable[[str], None]) -> CodeSet:
    """Return a bank of ``codes`` codes, the same at every call."""
    random = np.random.default_rng([KINDS.index(kind), codes])
    if kind == "random":
        everything = random.integers(0, 1 << 64, (codes + queries, _WORDS), np.uint64)
    elif kind == "clustered":
        everything = _clustered(random, codes + queries)
    else:
        everything = _real(codes + queries, photos, say)
        everything = everything[random.permutation(len(everything))]
    rows, others = np.ascontiguousarray(everything[:codes]), everything[codes : codes + queries]
    known = rows[random.integers(0, codes, queries)]
    for query in known:
        flip(query, random.choice(_BITS, random.integers(0, _MOST_FLIPS + 1), replace=False))
    is_known = np.arange(queries) % 2 == 0
    return CodeSet(kind, rows, np.where(is_known[:, None], known, others))


def flip(code: Rows, bits: NDArray[np.int64]) -> None:
    """Flip bits of one code, in place."""
    np.bitwise_xor.at(code, bits // 64, np.uint64(1) << (bits % 64).astype(np.uint64))


def _clustered(random: np.random.Generator, codes: int) -> Rows:
    centres = random.integers(0, 1 << 64, (max(1, codes // _CLUSTER), _WORDS), np.uint64)
    rows = centres[random.integers(0, len(centres), codes)]
    noise = random.integers(0, 1 << 64, rows.shape, np.uint64)
    for _ in range(3):
        noise &= random.integers(0, 1 << 64, rows.shape, np.uint64)
    rows ^= noise
    kind = random.random(codes)
    rows[kind < 0.1, _WORDS // 2 :] = 0
    rows[kind < 0.01] = 0
    return rows


def _real(codes: int, photos: Path, say: Callable[[str], None]) -> Rows:
    """Return PDQ codes of crops, from the scratch folder if they were made before."""
    paths = find_photos(photos)
    crops = -(-codes // (_ORIENTATIONS * len(paths)))
    store = SCRATCH / "index" / f"pdq-{len(paths)}-photographs-{crops}-crops.npy"
    if not store.exists():
        store.parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(7)
        made = bytearray()
        for number, path in enumerate(paths):
            if number % _SAY_EVERY == 0:
                say(f"PDQ of {crops} crops of each photograph: {number} of {len(paths)}")
            made += _codes_of_crops(path, crops, random)
        part = store.with_suffix(".part.npy")
        np.save(part, np.frombuffer(made, "<u8").reshape(-1, _WORDS))
        part.replace(store)
    found: Rows = np.load(store)
    return found


def _codes_of_crops(path: Path, crops: int, random: np.random.Generator) -> bytes:
    with Image.open(path) as image:
        luma = np.asarray(image.convert("RGB"), np.float32) @ _LUMA
    height, width = luma.shape
    made = bytearray()
    for share in random.uniform(_SMALLEST_CROP, 1, crops):
        high, wide = int(share * height), int(share * width)
        top, left = random.integers(0, height - high + 1), random.integers(0, width - wide + 1)
        for code in pdq_orientations(pdq_transform(luma[top : top + high, left : left + wide])):
            made += code
    return bytes(made)
