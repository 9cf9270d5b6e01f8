"""What use cases need of the store of files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Files that are named by the SHA-256 of their content, in hex."""

    def put(self, content: bytes, /) -> str:
        """Keep bytes, and return their name once they are on disk.

        Raises:
            StoreError: they cannot be written.
        """

    def path(self, digest: str, /) -> Path:
        """Return the file of a blob.

        Raises:
            NotFoundError: there is none.
        """

    def read(self, digest: str, /) -> bytes:
        """Return a blob's bytes.

        Raises:
            NotFoundError: there is none.
        """

    def remove(self, digest: str, /) -> None:
        """Remove a blob, if there is any.

        Raises:
            StoreError: it cannot be removed.
        """

    def digests(self) -> Iterator[str]:
        """Yield the names of all blobs."""

    def settled(self) -> Iterator[str]:
        """Yield the names of blobs that were not put there just now."""

    def tidy(self) -> None:
        """Remove what was begun and given up."""
