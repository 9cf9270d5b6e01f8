"""Who competes: every hash with a threshold to be set, every rule as it is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.robustness import aligned, distances
from benchmarks.robustness.distances import Distance, Grid
from benchmarks.robustness.hashers.hasher import Codes
from benchmarks.robustness.hashers.peers import IMAGEHASH, PERCEPTION
from benchmarks.robustness.hashers.unihasher import HASHES as UNIHASHER
from eikona.deciding.odds import DHASH_PART
from eikona.deciding.rule import NOT_FLAT, Rule, quality_for
from eikona.deciding.rules import parse_rule
from eikona.domain.fingerprint import Comparison
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS, OWN_ALGORITHMS

Judge = Callable[[Codes, Codes], NDArray[np.bool_]]
RULES = (
    "threshold:pdq=31",
    "forbild",
    "both:phash,dhash=85",
    "majority",
    "unihasher-tree",
)
MILLION = 1_000_000  # entries of the bank that odds are for
_PDQ_QUALITY = quality_for("pdq")
_SETTINGS = (  # as a pair is judged, and as look-ups in a large bank are
    ("", 1, Outcome.REVIEW),
    (", review in 1 M", MILLION, Outcome.REVIEW),
    (", block in 1 M", MILLION, Outcome.BLOCK),
)
_BITS = 256
_SHOWN_ALREADY = ("pdq", "whash", "whash256")  # the wavelet hashes are the median hashes


class Kind(StrEnum):
    """Whose it is, and whether a threshold is set."""

    HASH = "hash"
    RULE = "rule"
    PEER = "peer"
    PEER_RULE = "peer rule"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to tell copies.

    Attributes:
        name: as tables show it; unique.
        kind: Eikona's or a peer's, hash or rule.
        hasher: whose records it reads.
        measure: of a hash, how far pairs are apart; of a rule, which pairs are copies.
        bits: that a distance counts; 0 where it counts none.
    """

    name: str
    kind: Kind
    hasher: str
    measure: Distance | Judge
    bits: int = 0

    @property
    def is_rule(self) -> bool:
        """Whether it judges by itself and needs no threshold."""
        return self.kind in (Kind.RULE, Kind.PEER_RULE)


def contenders(hasher: str) -> list[Contender]:
    """Return all that read the records of ``hasher``."""
    return list(_BY_HASHER[hasher]())


def _aligned() -> Iterator[Contender]:
    rule = parse_rule("eikona", ALGORITHMS)
    for name, entries, least in _SETTINGS:
        judge = partial(aligned.matches, rule, entries=entries, least=least)
        yield Contender(f"eikona{name}", Kind.RULE, "aligned", judge)


def _eikona() -> Iterator[Contender]:
    hashes = parse_rule("eikona-hashes", ALGORITHMS)
    for name, entries, least in _SETTINGS:
        judge = judge_of(hashes, entries=entries, least=least)
        yield Contender(f"eikona-hashes{name}", Kind.RULE, "eikona", judge)
    for rule in RULES:
        yield Contender(rule, Kind.RULE, "eikona", judge_of(parse_rule(rule, ALGORITHMS)))
    yield Contender("pdq ×8", Kind.HASH, "eikona", measure_of("pdq", _PDQ_QUALITY), bits=_BITS)
    yield Contender("pdq ×8 and dhash256", Kind.HASH, "eikona", _together)
    upright = distances.hamming("pdq", _PDQ_QUALITY)
    yield Contender("pdq", Kind.HASH, "eikona", upright, bits=_BITS)
    for name in OWN_ALGORITHMS:
        if name in _SHOWN_ALREADY:
            continue
        in_bits = ALGORITHMS[name].comparison is Comparison.HAMMING
        bits = ALGORITHMS[name].bits if in_bits else 0
        shown = f"{name}, bits" if name in RULES else name
        yield Contender(shown, Kind.HASH, "eikona", measure_of(name, NOT_FLAT), bits=bits)
    yield Contender("forbild, weighted", Kind.HASH, "eikona", distances.forbild_weighted)


def _together(a: Codes, b: Codes) -> Grid:
    """Measure PDQ over eight orientations and a fourth of dHash, as rule eikona-hashes does."""
    dhash = distances.hamming("dhash256")(a, b)
    return measure_of("pdq", _PDQ_QUALITY)(a, b) + dhash / DHASH_PART


def measure_of(name: str, quality: int = 0) -> Distance:
    """Return how Eikona measures the distance that it has under ``name``.

    Args:
        name: a hash algorithm, or ``forbild-weighted``.
        quality: pairs of which one has a lower quality are infinitely far apart.
    """
    if name == "pdq":
        return distances.nearest_orientation(name, quality)
    if name == "forbild-weighted":
        return distances.forbild_weighted
    if ALGORITHMS[name].comparison is Comparison.CORRELATION:
        return distances.correlation(name, quality)
    return distances.hamming(name, quality)


def judge_of(rule: Rule, *, entries: int = 1, least: Outcome = Outcome.REVIEW) -> Judge:
    """Return which pairs of a grid ``rule`` takes for copies.

    Its bounds hold every pair that it can match, so it is asked about those only.

    Args:
        rule: reads hashes.
        entries: how many pictures the bank has.
        least: ``block`` where pairs that a person is asked about are none.
    """
    bounds = rule.bounds_at(entries)
    names = rule.reads

    def judge(a: Codes, b: Codes) -> NDArray[np.bool_]:
        found = {name: measure_of(name)(a, b) for name in names}
        quality = distances.lower_quality(a, b)
        within = [found[bound.algorithm] <= bound.distance for bound in bounds]
        matches = np.logical_or.reduce(within)
        for place in zip(*np.nonzero(matches), strict=True):
            pair = {name: float(grid[place]) for name, grid in found.items()}
            seen = _distances(pair, int(quality[place]))
            verdict = rule.decide(seen, entries=entries)
            blocks = verdict.outcome is Outcome.BLOCK
            matches[place] = verdict.match and (blocks or least is not Outcome.BLOCK)
        return matches

    return judge


def _distances(by_name: Mapping[str, float], quality: int) -> Distances:
    similarity = {
        name: 100 * (1 - distance / ALGORITHMS[name].bits)
        if ALGORITHMS[name].comparison is Comparison.HAMMING
        else 100 * max(0.0, 1 - distance)
        for name, distance in by_name.items()
        if name in ALGORITHMS
    }
    said = {name: distance for name, distance in by_name.items() if np.isfinite(distance)}
    return Distances(said, similarity, quality=quality)


def _imagehash() -> Iterator[Contender]:
    for name, bits in IMAGEHASH.items():
        yield _peer(f"imagehash {name}", "imagehash", distances.hamming(name), bits)


def _pdqhash() -> Iterator[Contender]:
    turned = distances.nearest_orientation("pdq", _PDQ_QUALITY)
    yield _peer("pdqhash ×8", "pdqhash", turned, _BITS)
    yield _peer("pdqhash", "pdqhash", distances.hamming("pdq", _PDQ_QUALITY), _BITS)


def _perception() -> Iterator[Contender]:
    for name, bits in PERCEPTION.items():
        yield _peer(f"perception {name}", "perception", distances.hamming(name), bits)
    yield _peer("perception ColorMoment", "perception", distances.euclidean("ColorMoment"), 0)


def _unihasher() -> Iterator[Contender]:
    yield Contender("unihasher's tree", Kind.PEER_RULE, "unihasher", _tree)
    yield Contender("unihasher's majority", Kind.PEER_RULE, "unihasher", _majority)
    for name in (*UNIHASHER, "nmf"):
        bound = _SINGLE[name]
        label = f"unihasher {name}, {'>' if name == 'nmf' else '<'} {bound:g}"
        yield Contender(label, Kind.PEER_RULE, "unihasher", _single(name, bound))
    for name, bits in UNIHASHER.items():
        yield _peer(f"unihasher {name}", "unihasher", distances.hamming(name), bits)
    yield _peer("unihasher nmf", "unihasher", distances.correlation("nmf"), 0)


# Unihasher 0.1.3, unihasher.py: the thresholds it starts with, fractions and a correlation.
_SINGLE = {"dhash": 0.334, "phash": 0.348, "whash": 0.191, "nmf": 0.952}


def _single(name: str, bound: float) -> Judge:
    def judge(a: Codes, b: Codes) -> NDArray[np.bool_]:
        value = _unihasher_value(name, a, b)
        return value > bound if name == "nmf" else value < bound

    return judge


def _majority(a: Codes, b: Codes) -> NDArray[np.bool_]:
    """Judge as its code does: three of four must match, a tie is no match."""
    value = {name: _unihasher_value(name, a, b) for name in _SINGLE}
    votes = sum((value[name] <= _SINGLE[name]).astype(int) for name in UNIHASHER)
    return votes + (value["nmf"] >= _SINGLE["nmf"]) > 2


def _tree(a: Codes, b: Codes) -> NDArray[np.bool_]:
    """Judge by its published decision tree."""
    value = {name: _unihasher_value(name, a, b) for name in _SINGLE}
    near = (value["whash"] <= 0.277) | (value["nmf"] > 0.829)
    far = (value["nmf"] > 0.976) | (value["phash"] <= 0.347)
    return np.where(value["dhash"] <= 0.334, near, far)


def _unihasher_value(name: str, a: Codes, b: Codes) -> Grid:
    if name == "nmf":
        return 1 - distances.correlation("nmf")(a, b)
    return distances.hamming(name)(a, b) / UNIHASHER[name]


def _peer(name: str, hasher: str, distance: Distance, bits: int) -> Contender:
    return Contender(name, Kind.PEER, hasher, distance, bits=bits)


_BY_HASHER: Mapping[str, Callable[[], Iterator[Contender]]] = {
    "aligned": _aligned,
    "eikona": _eikona,
    "imagehash": _imagehash,
    "pdqhash": _pdqhash,
    "perception": _perception,
    "unihasher": _unihasher,
}
