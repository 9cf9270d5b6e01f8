"""Tells which altered picture was made from which original, and pairs them up for scoring."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from eikona.domain.errors import UnlabelledError


@dataclass(frozen=True, slots=True)
class NamedPair:
    """Two pictures by their paths, and the truth about them."""

    altered: str
    original: str
    is_copy: bool


class Originals:
    """Finds the original whose stem an altered picture's file name carries.

    The stem is the whole name, stands at its beginning or at its end, apart by anything but a
    letter or digit: ``cat.png``, ``cat-cropped.jpg`` and ``bright_cat.jpg`` are of ``cat.jpg``. Of
    several that fit, the longest counts.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_stem: dict[str, list[str]] = {}
        for path in paths:
            self._by_stem.setdefault(PurePath(path).stem, []).append(path)

    def of(self, altered: str) -> str:
        """Return the original's path.

        Raises:
            UnlabelledError: none fits, or several do.
        """
        stem = PurePath(altered).stem
        fitting = [part for part in _parts(stem) if part in self._by_stem]
        longest = max(map(len, fitting), default=0)
        found = {path for part in fitting if len(part) == longest for path in self._by_stem[part]}
        if len(found) == 1:
            return found.pop()
        if not found:
            raise UnlabelledError(
                "no original's name is in this one's: rename it, or name the pair with --labels"
            )
        raise UnlabelledError(
            f"it may be of {' or of '.join(sorted(found)[:2])}: name the pair with --labels"
        )


def pairs(
    original_of: Mapping[str, str], originals: Sequence[str], *, every_pair: bool, seed: int
) -> Iterator[NamedPair]:
    """Yield the pairs to score.

    Args:
        original_of: the original of each altered picture.
        originals: all of them, including those of which nothing was made.
        every_pair: each altered picture with each original, instead of each with its own and with
            one other.
        seed: decides which other.
    """
    draw = np.random.default_rng(seed)
    for altered, own in original_of.items():
        if every_pair:
            yield from (NamedPair(altered, one, one == own) for one in originals)
            continue
        yield NamedPair(altered, own, is_copy=True)
        if len(originals) > 1:
            place = int(draw.integers(len(originals) - 1))
            other = originals[place] if originals[place] != own else originals[-1]
            yield NamedPair(altered, other, is_copy=False)


class Folder:
    """Finds pictures under a folder by what people call them.

    Args:
        path: of the folder.
        pictures: paths that begin with it.
    """

    def __init__(self, path: str, pictures: Iterable[str]) -> None:
        self._path = path
        self._pictures = set(pictures)
        self._by_name: dict[str, list[str]] = {}
        for one in self._pictures:
            self._by_name.setdefault(PurePath(one).name, []).append(one)

    def find(self, named: str) -> str:
        """Return the picture of this path, path within the folder, or name that is its alone.

        Raises:
            UnlabelledError: there is none, or several are called so.
        """
        for exact in (named, str(PurePath(self._path, named))):
            if exact in self._pictures:
                return exact
        found = self._by_name.get(named, [])
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} pictures are" if found else "no picture is"
        raise UnlabelledError(f"{what} called {named!r} under {self._path}: write its path")


def _parts(stem: str) -> Iterator[str]:
    """Yield ``stem``, its beginnings and its ends, where other than letters and digits part it."""
    yield stem
    for place, letter in enumerate(stem):
        if not letter.isalnum():
            yield stem[:place]
            yield stem[place + 1 :]
