"""Judging grids of pairs by rules that read alignments, against judging pair by pair."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.robustness import aligned
from benchmarks.robustness.hashers.features_hasher import features_hasher, features_in
from eikona.deciding.rules import parse_rule
from eikona.domain.alignment import NO_ALIGNMENT
from eikona.domain.local_features import LocalFeatures
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.distances import hamming
from eikona.matching.local_verification import verify

_HASHES = np.dtype(
    [
        *(("photo", "V32"), ("hashed", "?"), ("quality", "u1")),
        *(("pdq", "u1", (32,)), ("pdq_orientations", "u1", (8, 32))),
        ("dhash256", "u1", (32,)),
    ]
)


@pytest.fixture(scope="module")
def records():
    """Five pictures: the second is part of the first, the third one's hash is near the fourth's."""
    random = np.random.default_rng(4)
    hashes = np.zeros(5, _HASHES)
    hashes["hashed"], hashes["quality"] = True, [100, 90, 80, 100, 20]
    hashes["pdq_orientations"] = random.integers(0, 256, (5, 8, 32))
    hashes["pdq_orientations"][3, 5] = hashes["pdq_orientations"][2, 0] ^ 1
    hashes["pdq"] = hashes["pdq_orientations"][:, 0]
    hashes["dhash256"] = random.integers(0, 256, (5, 32))
    hashes["dhash256"][3] = hashes["dhash256"][2] ^ 8
    features = np.zeros(5, features_hasher().dtype)
    for row, count in zip(features, (200, 90, 50, 0, 70), strict=True):
        row["sides"], row["count"] = (400, 300), count
        row["codes"][: 16 * count] = random.integers(0, 256, 16 * count)
        row["geometry"][: 8 * count] = random.integers(0, 256, 8 * count)
    for field, size in (("codes", 16), ("geometry", 8)):
        features[field][1, : 60 * size] = features[field][0, : 60 * size]
    return aligned.joined(hashes, features)


def one_by_one(rule, a, b, entries, least):
    pdq = min(hamming(code.tobytes(), b["pdq"].tobytes()) for code in a["pdq_orientations"])
    alignment = verify(features_in(a), features_in(b))
    if alignment.inliers < 4:
        alignment = replace(NO_ALIGNMENT, features=alignment.features)
    quality = int(min(a["quality"], b["quality"]))
    dhash = hamming(a["dhash256"].tobytes(), b["dhash256"].tobytes())
    by_name = {"pdq": float(pdq), "dhash256": float(dhash)}
    seen = Distances(by_name, {}, quality=quality, alignment=alignment)
    verdict = rule.decide(seen, entries=entries)
    return verdict.match and (least is Outcome.REVIEW or verdict.outcome is least)


@pytest.mark.parametrize("entries", [1, 1_000_000])
@pytest.mark.parametrize("least", [Outcome.REVIEW, Outcome.BLOCK])
def test_grids_are_judged_as_their_pairs_are(records, tmp_path, entries, least):
    rule = parse_rule("eikona", ALGORITHMS)
    wanted = [[one_by_one(rule, a, b, entries, least) for b in records] for a in records]
    asked = {"entries": entries, "least": least, "folder": tmp_path}
    for _ in ("sought", "kept"):
        found = aligned.matches(rule, records[:, None], records, **asked)
        assert found.tolist() == wanted
    pairs = aligned.matches(rule, records[[0, 1, 3]], records[[1, 4, 2]], **asked)
    assert pairs.tolist() == [wanted[0][1], wanted[1][4], wanted[3][2]]
    assert wanted[0][1]
    assert not wanted[0][2]


def test_features_go_through_records_unchanged():
    random = np.random.default_rng(1)
    features = LocalFeatures(640, 480, random.bytes(16 * 7), random.bytes(8 * 7))
    hasher = features_hasher()
    record = np.zeros((), hasher.dtype)
    record["sides"], record["count"] = (640, 480), 7
    record["codes"][: 16 * 7] = np.frombuffer(features.codes, np.uint8)
    record["geometry"][: 8 * 7] = np.frombuffer(features.geometry, np.uint8)
    assert features_in(record) == features
