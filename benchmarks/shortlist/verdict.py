"""From the bytes of a picture to the verdict of a bank: all that a look-up does."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

import eikona
from benchmarks.robustness.photos import Photo, upright
from benchmarks.shortlist.kept import Kept
from benchmarks.shortlist.measure import Row
from eikona.deciding.rules import parse_rule
from eikona.domain.bank import Entry
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.verdict import Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.imaging.alterations.catalogue import ATTACKS
from eikona.matching.shortlist.postings import PostingTable
from eikona.matching.shortlist.probing import SearchedTable
from eikona.services.ports import Block, FeatureBlock, HashKey
from eikona.services.search_bank import search_bank

_HASHES = ("pdq", "dhash256")
_PASSES = 3
_STEP = 7  # attacks between those of one photograph and of the next
_MS = 1000
_WORDS = 4  # of a code


@dataclass(frozen=True, slots=True)
class MemoryBank:
    """A bank in memory: originals of the queries first, then as many others as there are postings.

    Attributes:
        originals: fingerprints with local features.
        others: features that the other entries have, by turns; only shortlisted ones are read.
        postings: of all entries.
        codes: PDQ of all entries, shape (words, entries): drawn by chance for the others.
    """

    originals: Sequence[Fingerprint]
    others: Kept
    postings: PostingTable
    codes: NDArray[np.uint64]

    @classmethod
    def of(cls, photos: Sequence[Photo], others: Kept, postings: PostingTable) -> "MemoryBank":
        """Return a bank whose first entries are these photographs."""
        originals = [_fingerprint(photo.path.read_bytes()) for photo in photos]
        codes = np.random.default_rng(0).integers(
            0, 1 << 64, (_WORDS, postings.pictures), np.uint64, endpoint=False
        )
        for row, one in enumerate(originals):
            codes[:, row] = np.frombuffer(one.hashes["pdq"], "<u8")
        return cls(originals, others, postings, codes)

    def __len__(self) -> int:
        return self.postings.pictures

    def blocks(self, _key: HashKey) -> Sequence[Block]:
        """Return all PDQ codes."""
        return [Block(self.codes, range(len(self)))]

    def feature_blocks(self) -> Sequence[FeatureBlock]:
        """Return all postings."""
        return [FeatureBlock(SearchedTable(self.postings), 0)]

    def are_live(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return that all are."""
        return np.ones(len(rows), np.bool_)

    def entry_at(self, row: int) -> Entry:
        """Return an entry."""
        known = self.originals[row % len(self.originals)]
        if row >= len(self.originals):
            hashes = {"pdq": self.codes[:, row].astype("<u8").tobytes(), "dhash256": bytes(32)}
            features = self.others[row % len(self.others)]
            known = replace(known, hashes=hashes, local_features=features)
        return Entry(name=self.name_at(row), fingerprint=known, created=datetime.now(UTC))

    def name_at(self, row: int) -> str:
        """Return the name of an entry."""
        return str(row)

    def holding(self, _keys: Collection[HashKey]) -> int:
        """Return that all entries have what is asked for."""
        return len(self)


def measure(photos: Sequence[Photo], bank: MemoryBank) -> Row:
    """Return what a look-up of one altered copy of each photograph takes, and what it says.

    Times are of all processors together, the least of some passes.
    """
    rule = parse_rule("eikona", ALGORITHMS)
    attacks = list(ATTACKS.values())
    hashing, searching, outcomes, pixels = [], [], [], []
    for number, photo in enumerate(photos):
        attack = attacks[number * _STEP % len(attacks)]
        copy = attack.copy(upright(photo.path.read_bytes()), photo.digest)
        times = []
        for _ in range(_PASSES):
            begin = time.process_time()
            query = _fingerprint(copy)
            hashed = time.process_time()
            (matches,) = search_bank(bank, [query], rule)
            times.append((hashed - begin, time.process_time() - hashed))
        hashing.append(min(one for one, _ in times) * _MS)
        searching.append(min(one for _, one in times) * _MS)
        pixels.append(query.width * query.height)
        mine = [match.verdict.outcome for match in matches if match.entry.name == str(number)]
        outcomes.append(mine[0] if mine else Outcome.CLEAR)
    whole = np.add(hashing, searching)
    return {
        "queries": len(photos),
        "megapixels": round(float(np.median(pixels)) / 1e6, 3),
        "fingerprint": round(float(np.median(hashing)), 2),
        "search": round(float(np.median(searching)), 2),
        "median": round(float(np.median(whole)), 2),
        "p95": round(float(np.quantile(whole, 0.95)), 2),
        **{str(one): outcomes.count(one) for one in Outcome},
        "unit": "ms of all processors",
    }


def _fingerprint(data: bytes) -> Fingerprint:
    return eikona.fingerprint(data, algorithms=_HASHES, local_features=True)
