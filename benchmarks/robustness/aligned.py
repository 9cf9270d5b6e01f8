"""Judges by rules that read alignments, for whole grids of pairs at once.

Records hold hashes and local features. Inliers of a grid are sought once and kept on disk, so that
every rule and every bank's size can be tried on them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.odds.inlier_tail import verifier_version
from benchmarks.odds.pairs_kernel import Placed, inliers_before_guards
from benchmarks.robustness import distances
from benchmarks.robustness.hashers.features_hasher import features_in
from benchmarks.robustness.hashers.hasher import Codes
from benchmarks.robustness.store import WORK
from eikona.deciding.rule import Rule
from eikona.domain.alignment import NO_ALIGNMENT, Alignment
from eikona.domain.verdict import Distances, Outcome
from eikona.matching import outline, patchiness
from eikona.matching.local_verification import Verifier

_FEWEST = 4  # inliers, below which no rule cares
_OF_HASHES = ("photo", "hashed", "quality", "pdq", "pdq_orientations", "dhash256")
_OF_FEATURES = ("sides", "count", "codes", "geometry")
_FOLDER = WORK.parent / "alignments"


@dataclass(frozen=True, slots=True)
class Alignments:
    """What aligns in a grid of pairs.

    Attributes:
        places: shape (m, dimensions of the grid): where there are inliers enough to matter.
        inliers: shape (m,).
        reach: shape (m,).
        patchiness: shape (m,).
    """

    places: NDArray[np.int64]
    inliers: NDArray[np.int64]
    reach: NDArray[np.float64]
    patchiness: NDArray[np.float64]


def joined(hashes: Codes, features: Codes) -> Codes:
    """Return records that hold both, of the same photographs in the same order."""
    rows = [(name, hashes.dtype[name]) for name in _OF_HASHES]
    rows += [(name, features.dtype[name]) for name in _OF_FEATURES]
    both = np.zeros(len(hashes), np.dtype(rows))
    for name in _OF_HASHES:
        both[name] = hashes[name]
    for name in _OF_FEATURES:
        both[name] = features[name]
    return both


def matches(
    rule: Rule, a: Codes, b: Codes, *, entries: int, least: Outcome, folder: Path = _FOLDER
) -> NDArray[np.bool_]:
    """Return which pairs of ``a`` and ``b`` the rule judges to be ``least`` or worse.

    Args:
        rule: reads PDQ and alignments.
        a: queries, a column; or as many as ``b``, to be paired one by one.
        b: entries.
        entries: how many pictures the bank has.
        least: ``review`` or ``block``.
        folder: where inliers are kept.
    """
    pdq = distances.nearest_orientation("pdq")(a, b)
    dhash = distances.hamming("dhash256")(a, b)
    quality = distances.lower_quality(a, b)
    features = np.minimum(a["count"], b["count"])
    found = alignments(a, b, folder)
    (bound,) = rule.bounds_at(entries)
    asked = pdq <= bound.distance
    at = {tuple(place): number for number, place in enumerate(found.places.tolist())}
    for place in at:
        asked[place] = True
    taken = np.zeros(asked.shape, np.bool_)
    for place in zip(*(axis.tolist() for axis in np.nonzero(asked)), strict=True):
        number = at.get(place)
        alignment = replace(NO_ALIGNMENT, features=int(features[place]))
        if number is not None:
            alignment = replace(
                alignment,
                inliers=int(found.inliers[number]),
                reach=float(found.reach[number]),
                patchiness=float(found.patchiness[number]),
            )
        by_name = {"pdq": float(pdq[place]), "dhash256": float(dhash[place])}
        seen = Distances(by_name, {}, quality=int(quality[place]), alignment=alignment)
        verdict = rule.decide(seen, entries=entries)
        taken[place] = verdict.match and (
            least is not Outcome.BLOCK or verdict.outcome is Outcome.BLOCK
        )
    return taken


def alignments(a: Codes, b: Codes, folder: Path = _FOLDER) -> Alignments:
    """Return what aligns; from ``folder`` where it has been sought before."""
    path = folder / f"{_digest(a, b)[:24]}.npz"
    if not path.exists():
        rows = list(_by_row(a[:, 0], b) if a.ndim > b.ndim else _one_by_one(a, b))
        folder.mkdir(parents=True, exist_ok=True)
        table = np.array(rows, np.float64).reshape(len(rows), max(a.ndim, b.ndim) + 3)
        part = path.with_suffix(".part.npz")
        np.savez(part, table=table)
        part.rename(path)
    with np.load(path, allow_pickle=False) as stored:
        table = stored["table"]
    places, inliers = table[:, :-3].astype(np.int64), table[:, -3].astype(np.int64)
    return Alignments(places, inliers, table[:, -2], table[:, -1])


def _digest(a: Codes, b: Codes) -> str:
    """Return what tells the alignments of two sets of records apart."""
    sources = (Path(module.__file__ or "").read_bytes() for module in (outline, patchiness))
    digest = hashlib.sha256(b"".join(sources))
    digest.update(f"{verifier_version()} {a.shape} {b.shape}".encode())
    for codes in (a, b):
        for field in _OF_FEATURES:
            digest.update(np.ascontiguousarray(codes[field]).tobytes())
    return digest.hexdigest()


def _by_row(queries: Codes, entries: Codes) -> Iterator[tuple[float, ...]]:
    pictures = [features_in(entry) for entry in entries]
    placed = Placed.of(pictures)
    for row, record in enumerate(queries):
        query = features_in(record)
        before = inliers_before_guards(query, placed, 0, len(pictures))
        near = np.flatnonzero(before >= _FEWEST).tolist()
        verifier = Verifier(query) if near else None
        for column in near:
            alignment = verifier.align(pictures[column])
            if alignment.inliers >= _FEWEST:
                yield row, column, *_told(alignment)


def _one_by_one(queries: Codes, entries: Codes) -> Iterator[tuple[float, ...]]:
    for row, (query, entry) in enumerate(zip(queries, entries, strict=True)):
        alignment = Verifier(features_in(query)).align(features_in(entry))
        if alignment.inliers >= _FEWEST:
            yield row, *_told(alignment)


def _told(alignment: Alignment) -> tuple[float, ...]:
    return alignment.inliers, alignment.reach, alignment.patchiness
