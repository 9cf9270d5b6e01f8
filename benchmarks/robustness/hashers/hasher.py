"""A program that hashes, and the record that is kept of what it says of one picture."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.void]  # records, of any shape


class MissingPeerError(Exception):
    """A program to compare with is not installed."""


@dataclass(frozen=True, slots=True)
class Hasher:
    """All codes that one program gives a picture.

    Attributes:
        name: as on the command line.
        versions: all that decides what comes out.
        fields: NumPy type and shape of each code by its name.
        compute: encoded bytes to a value for each field; None where the program gives no hash.
    """

    name: str
    versions: Mapping[str, str]
    fields: Mapping[str, tuple[str, tuple[int, ...]]]
    compute: Callable[[bytes], Mapping[str, Any] | None]

    @property
    def dtype(self) -> np.dtype[np.void]:
        """Layout of a record: the photograph, whether there is a hash, then the fields."""
        rows = [(name, kind, shape) for name, (kind, shape) in self.fields.items()]
        return np.dtype([("photo", "V32"), ("hashed", "?"), *rows])

    @property
    def key(self) -> str:
        """Tells records of other versions and layouts apart."""
        settled = repr((sorted(self.versions.items()), self.dtype.descr))
        return f"{self.name}-{hashlib.sha256(settled.encode()).hexdigest()[:12]}"

    def record(self, photo: bytes, data: bytes) -> bytes:
        """Return the record of one picture.

        Args:
            photo: digest of the photograph that it was made from.
            data: the encoded picture.
        """
        record = np.zeros((), self.dtype)
        record["photo"] = np.void(photo)
        values = self.compute(data)
        if values is not None:
            record["hashed"] = True
            for name, value in values.items():
                record[name] = value
        return record.tobytes()


def whole_words(code: NDArray[Any]) -> NDArray[np.uint8]:
    """Return bits as bytes, first bit highest, with zeros up to a multiple of 64 bits."""
    bits = np.asarray(code).ravel().astype(bool)
    return np.packbits(np.pad(bits, (0, -bits.size % 64)))
