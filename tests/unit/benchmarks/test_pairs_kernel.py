"""The benchmark's aligner of many pairs against the verifier."""

import numpy as np

from benchmarks.odds.aligned_pool import CROP, TILE, WHOLE, AlignedPool
from benchmarks.odds.alignment_run import read, run
from benchmarks.odds.pairs_kernel import Placed, inliers_before_guards
from eikona.domain.local_features import LocalFeatures
from eikona.matching.local_verification import Verifier


def drawn(count, seed, like=None):
    """Return features of few kinds, some of them where another picture has them."""
    random = np.random.default_rng(seed)
    geometry = random.integers(0, 65536, (count, 4)).astype("<u2")
    geometry[:, 2] = random.integers(12000, 20000, count)
    codes = random.integers(0, 256, (count, 16), np.uint8)
    if like is not None and count:
        part = count // 2
        codes[:part] = np.frombuffer(like.codes, np.uint8).reshape(-1, 16)[:part]
        geometry[:part] = np.frombuffer(like.geometry, "<u2").reshape(-1, 4)[:part]
    return LocalFeatures(400, 300, codes.tobytes(), geometry.tobytes())


def some_pictures():
    first = drawn(60, 0)
    turned = drawn(50, 1, first).mirrored()
    return [first, drawn(40, 2), drawn(0, 3), turned, drawn(7, 4, first), drawn(30, 5, turned)]


def test_as_many_inliers_as_the_verifier_finds():
    pictures = some_pictures()
    entries = Placed.of(pictures)
    seen = set()
    for query in pictures:
        wanted = [Verifier(query, {}).align(entry).inliers for entry in pictures]
        found = inliers_before_guards(query, entries, 0, len(pictures))
        assert np.where(found < 3, 0, found).tolist() == wanted
        part = inliers_before_guards(query, entries, 2, 5)
        assert part.tolist() == found[2:5].tolist()
        seen |= set(wanted)
    assert len(seen) > 4


def pool_of(pictures, kinds, photos):
    return AlignedPool(
        kind=np.array(kinds, np.uint8),
        photo=np.array(photos, np.int32),
        quality=np.full(len(kinds), 100, np.uint8),
        sides=np.array([(one.width, one.height) for one in pictures], np.int32),
        codes=np.zeros((len(kinds), 8, 32), np.uint8),
        dhash=np.zeros((len(kinds), 32), np.uint8),
        offsets=np.cumsum([0, *(len(one) for one in pictures)]),
        words=np.frombuffer(b"".join(p.codes for p in pictures), np.uint8).reshape(-1, 16),
        geometry=np.frombuffer(b"".join(p.geometry for p in pictures), np.uint8).reshape(-1, 8),
    )


def test_a_run_that_was_stopped_goes_on(tmp_path):
    pool = pool_of(some_pictures(), [WHOLE, WHOLE, TILE, TILE, CROP, CROP], [0, 1, 2, 2, 0, 3])
    assert read(pool, tmp_path).pairs == 0
    run(pool, tmp_path)
    whole = read(pool, tmp_path)
    assert whole.pairs == 15 - 2  # two photographs have two pictures each
    found = {frozenset(pair): inliers for *pair, inliers in whole.found.tolist()}
    assert found[frozenset((3, 0))] >= 25
    assert frozenset((4, 0)) not in found  # one photograph
    (file,) = tmp_path.iterdir()
    file.unlink()
    run(pool, tmp_path)
    again = read(pool, tmp_path)
    assert again.found.tolist() == whole.found.tolist()
