"""Other ways to bring descriptors of copies together: what they reach, and what it costs.

Measured on pairs of descriptors that verification pairs, of copies and their originals, and on
descriptors of other pictures. What counts is the share of pairs that a way brings together, against
how many others it brings along, which have to be looked at.
"""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.shortlist.collecting import Copies
from eikona.domain.local_features import CODE_BYTES, MARGIN_BYTES, LocalFeatures
from eikona.matching.local_verification import Verifier
from eikona.matching.shortlist.coding import MOST_KEY_BITS, Query, keys_and_codes
from eikona.matching.shortlist.probing import bases_of, probes_plain

Row = dict[str, object]
_KEY_BITS = 16  # for so few descriptors as are compared here
_PROBES = 8  # a descriptor
_LEAST = 4  # inliers of a copy whose pairs count
_OF_A_COPY = 8  # pairs
_WORDS = 1 << _KEY_BITS
_BLOCK = 256  # descriptors that are compared with all words at a time


def rows(known: Copies, others: np.ndarray) -> Iterator[Row]:
    """Yield each way with the share of pairs and of others that it brings together.

    Args:
        known: copies and originals that nothing was learned from.
        others: descriptors of other pictures, shape (n, 16).
    """
    ours, theirs, query = _pairs(known)
    random = np.random.default_rng(31)
    words = others[random.permutation(len(others))[:_WORDS]]
    others = others[: 2 * _WORDS]
    ways = {
        f"its own key of {_KEY_BITS} chosen bits": _probed(query, 1),
        f"{_PROBES} keys, as margins direct": _probed(query, _PROBES),
        f"{_PROBES} keys, without margins": _probed(query, _PROBES, blind=True),
        f"{_PROBES} tables of {_KEY_BITS} random bits": _random_tables(random),
        f"the nearest of {_WORDS:,} words": _by_words(words, 1),
        "the same, a query's four nearest": _by_words(words, 4),
    }
    for place, (what, way) in enumerate(ways.items()):
        reached, along = way(ours, theirs, others)
        yield {
            "set": "shortlist-alternatives",
            "what": what,
            "place": place,
            "pairs": len(ours),
            "reached": round(reached, 4),
            "along": float(f"{along:.3g}"),
        }


Way = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[float, float]]


def _pairs(known: Copies) -> tuple[np.ndarray, np.ndarray, LocalFeatures]:
    """Return codes of copies, of originals, and the former as features with margins."""
    ours, theirs, margins = [], [], []
    for number, copy in enumerate(known.copies):
        original = known.originals[known.original(number)]
        found = Verifier(copy).align(original)
        if found.inliers < _LEAST:
            continue
        random = np.random.default_rng(number)
        a, b = np.array(found.pairs)[random.permutation(found.inliers)[:_OF_A_COPY]].T
        posed = copy.mirrored() if found.mirrored else copy
        ours.append(_codes(posed)[a])
        margins.append(np.frombuffer(posed.margins, np.uint8).reshape(-1, MARGIN_BYTES)[a])
        theirs.append(_codes(original)[b])
    codes = np.concatenate(ours)
    features = LocalFeatures(
        1, 1, codes.tobytes(), bytes(8 * len(codes)), np.concatenate(margins).tobytes()
    )
    return codes, np.concatenate(theirs), features


def _codes(features: LocalFeatures) -> np.ndarray:
    return np.frombuffer(features.codes, np.uint8).reshape(-1, CODE_BYTES)


def _probed(features: LocalFeatures, probes: int, *, blind: bool = False) -> Way:
    def way(ours: np.ndarray, theirs: np.ndarray, others: np.ndarray) -> tuple[float, float]:
        known = LocalFeatures(1, 1, features.codes, features.geometry) if blind else features
        query, count = Query.of(known), len(ours)
        costs, bases = query.costs[:count], bases_of(query, _KEY_BITS)[:count]
        if probes == 1:
            owners, flips = np.arange(count), np.zeros(count, np.int64)
        else:
            owners, flips = probes_plain(costs, bases, _KEY_BITS, probes * count)
        keys, wanted, sizes = (_keys(codes) for codes in (ours, theirs, others))
        probed = keys[owners] ^ flips
        reached = np.zeros(count, np.bool_)
        reached[owners[probed == wanted[owners]]] = True
        along = np.bincount(sizes, minlength=1 << _KEY_BITS)[probed].sum()
        return float(reached.mean()), float(along / count / len(others))

    return way


def _keys(codes: np.ndarray) -> np.ndarray:
    return (keys_and_codes(codes)[0] >> np.uint32(MOST_KEY_BITS - _KEY_BITS)).astype(np.int64)


def _random_tables(random: np.random.Generator) -> Way:
    def way(ours: np.ndarray, theirs: np.ndarray, others: np.ndarray) -> tuple[float, float]:
        reached, along = np.zeros(len(ours), np.bool_), 0.0
        for _ in range(_PROBES):
            bits = random.permutation(MARGIN_BYTES)[:_KEY_BITS]
            mine, wanted, sizes = (
                np.unpackbits(codes, axis=1)[:, bits] @ (1 << np.arange(_KEY_BITS))
                for codes in (ours, theirs, others)
            )
            reached |= mine == wanted
            along += np.bincount(sizes, minlength=1 << _KEY_BITS)[mine].mean() / len(others)
        return float(reached.mean()), along

    return way


def _by_words(words: np.ndarray, nearest: int) -> Way:
    def way(ours: np.ndarray, theirs: np.ndarray, others: np.ndarray) -> tuple[float, float]:
        few = slice(0, 4 * _BLOCK)
        mine = _nearest_words(ours[few], words, nearest)
        wanted = _nearest_words(theirs[few], words, 1)
        sizes = np.bincount(
            _nearest_words(others[: 8 * _BLOCK], words, 1).ravel(), minlength=len(words)
        )
        along = sizes[mine].sum(axis=1).mean() / (8 * _BLOCK)
        return float((mine == wanted).any(axis=1).mean()), float(along)

    return way


def _nearest_words(codes: np.ndarray, words: np.ndarray, count: int) -> np.ndarray:
    low, high = np.ascontiguousarray(words).view("<u8").T
    found = []
    for begin in range(0, len(codes), _BLOCK):
        these = np.ascontiguousarray(codes[begin : begin + _BLOCK]).view("<u8")
        distances = np.bitwise_count(these[:, :1] ^ low).astype(np.int16)
        distances += np.bitwise_count(these[:, 1:] ^ high)
        distances = distances.astype(np.int64) << 32 | np.arange(len(words))  # of equal, the first
        found.append(np.sort(np.partition(distances, count, axis=1)[:, :count]) & 0xFFFFFFFF)
    return np.concatenate(found)
