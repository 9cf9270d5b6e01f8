"""The banks that are searched: originals of the queries, then distractors; kept on disk."""

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.shortlist.collecting import STORE
from benchmarks.shortlist.distractors import distractors
from benchmarks.shortlist.kept import Kept
from eikona.domain.local_features import MOST_FEATURES, LocalFeatures
from eikona.matching.shortlist.postings import PostingTable, build_postings

_SECTIONS = ("starts", "codes", "geometry", "rows", "sketches")


@dataclass(frozen=True, slots=True)
class Bank:
    """A table, and how it came about.

    Attributes:
        table: in memory.
        build_s: seconds of one processor to build it, features at hand.
    """

    table: PostingTable
    build_s: float

    @property
    def bytes_a_descriptor(self) -> float:
        """What the table takes, all told."""
        return self.table.nbytes / len(self.table.codes)


def bank(
    pictures: int,
    originals: Kept,
    base: Callable[[], Kept],
    *,
    descriptors: int = MOST_FEATURES,
    folder: Path = STORE,
) -> Bank:
    """Return a bank of so many pictures, the first of them the originals."""
    place = folder / f"bank-{pictures}-{descriptors}"
    if not (place / "facts.json").exists():
        made = distractors(base(), pictures - len(originals))
        built = build(pictures, itertools.chain(originals, made), descriptors)
        place.mkdir(parents=True, exist_ok=True)
        for name in _SECTIONS:
            np.save(place / f"{name}.npy", getattr(built.table, name))
        (place / "facts.json").write_text(json.dumps({"build_s": built.build_s}))
        del built
    facts = json.loads((place / "facts.json").read_text())
    sections = (np.load(place / f"{name}.npy") for name in _SECTIONS)
    return Bank(PostingTable(*sections), facts["build_s"])


def build(
    pictures: int, features: Iterable[LocalFeatures], descriptors: int = MOST_FEATURES
) -> Bank:
    """Build a table, and time it without what makes the features."""
    making = 0.0

    def rows() -> Iterator[tuple[int, LocalFeatures]]:
        nonlocal making
        begin = time.thread_time()
        for row, one in enumerate(features):
            making += time.thread_time() - begin
            yield row, one
            begin = time.thread_time()

    begin = time.thread_time()
    table = build_postings(pictures, rows(), descriptors=descriptors)
    return Bank(table, time.thread_time() - begin - making)
