"""Local features of many pictures as arrays, kept in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eikona.domain.local_features import CODE_BYTES, MARGIN_BYTES, LocalFeatures


@dataclass(frozen=True, slots=True)
class Kept:
    """Features of pictures, those of one after those of the other.

    Attributes:
        codes: shape (features, 16), uint8.
        geometry: shape (features, 4), uint16.
        margins: shape (features, 128), uint8; or none, shape (0, 128).
        ends: where the features of each picture end, shape (pictures,).
        sizes: width and height of each picture, shape (pictures, 2).
    """

    codes: NDArray[np.uint8]
    geometry: NDArray[np.uint16]
    margins: NDArray[np.uint8]
    ends: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, pictures: Sequence[LocalFeatures]) -> "Kept":
        """Return the features of pictures."""
        margins = b"".join(one.margins for one in pictures)
        return cls(
            np.frombuffer(b"".join(one.codes for one in pictures), np.uint8).reshape(
                -1, CODE_BYTES
            ),
            np.frombuffer(b"".join(one.geometry for one in pictures), "<u2").reshape(-1, 4),
            np.frombuffer(margins, np.uint8).reshape(-1, MARGIN_BYTES),
            np.cumsum([len(one) for one in pictures], dtype=np.int64),
            np.array([(one.width, one.height) for one in pictures], np.int64),
        )

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> LocalFeatures:
        """Return the features of one picture."""
        begin, end = int(self.ends[number - 1]) if number else 0, int(self.ends[number])
        width, height = self.sizes[number].tolist()
        return LocalFeatures(
            width,
            height,
            self.codes[begin:end].tobytes(),
            self.geometry[begin:end].tobytes(),
            self.margins[begin:end].tobytes(),
        )

    def __iter__(self) -> Iterator[LocalFeatures]:
        return (self[number] for number in range(len(self)))

    def save(self, path: Path) -> None:
        """Write to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, **{field.name: getattr(self, field.name) for field in fields(self)})
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Kept":
        """Read from a file."""
        with np.load(path) as stored:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})
