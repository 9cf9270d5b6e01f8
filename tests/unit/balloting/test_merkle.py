import hashlib

import pytest

from eikona.balloting.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_path,
    is_consistent,
    leaf_hash,
    node_hash,
    root_from_path,
    root_of,
)

# Leaves and roots of the reference tests of Certificate Transparency (merkle_tree_test).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# Its inclusion path of the sixth leaf of eight, and its consistency proof from six to eight.
PATH_6_OF_8 = (
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
)
PROOF_6_TO_8 = (
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
)
MOST = 40


def hashes(number):
    return [leaf_hash(str(place).encode()) for place in range(number)]


def slow_root(leaves):
    """2.1 as it is written."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(slow_root(leaves[:split]), slow_root(leaves[split:]))


def test_published_roots():
    for size, root in enumerate(ROOTS):
        assert root_of([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == root


def test_published_proofs():
    leaves = [leaf_hash(leaf) for leaf in LEAVES]
    assert tuple(one.hex() for one in inclusion_path(leaves, 5)) == PATH_6_OF_8
    assert tuple(one.hex() for one in consistency_proof(leaves, 6)) == PROOF_6_TO_8


def test_an_empty_log():
    assert Frontier().root == EMPTY_ROOT == slow_root([])


@pytest.mark.parametrize("size", range(1, MOST))
def test_root_and_path_of_the_newest_leaf_without_the_others(size):
    leaves = hashes(size)
    frontier = Frontier()
    for leaf in leaves[:-1]:
        frontier = frontier.appended(leaf)
    assert list(frontier.path_of_next) == inclusion_path(leaves, size - 1)
    assert frontier.appended(leaves[-1]).root == slow_root(leaves)


@pytest.mark.parametrize("size", range(1, MOST))
def test_paths_lead_to_the_root_from_their_own_place_alone(size):
    leaves = hashes(size)
    root = slow_root(leaves)
    for index in range(size):
        path = inclusion_path(leaves, index)
        assert root_from_path(leaves[index], index, size, path) == root
        for other in range(size):
            if other != index:
                assert root_from_path(leaves[index], other, size, path) != root
        assert root_from_path(leaves[index], index, size, [*path, root]) is None
        if path:
            assert root_from_path(leaves[index], index, size, path[:-1]) is None
    assert root_from_path(leaves[0], size, size, []) is None


@pytest.mark.parametrize("later", range(1, MOST))
def test_consistency_of_every_earlier_log(later):
    leaves = hashes(later)
    root = slow_root(leaves)
    for earlier in range(later + 1):
        before = slow_root(leaves[:earlier])
        proof = consistency_proof(leaves, earlier)
        assert is_consistent(earlier, before, later, root, proof)
        assert not is_consistent(earlier, before, later, root, [*proof, root])
        forked = slow_root([*leaves[:-1], leaf_hash(b"forged")])
        if earlier not in (0, later):
            assert not is_consistent(earlier, before, later, forked, proof)
            assert not is_consistent(earlier, leaf_hash(b"forged"), later, root, proof)
            assert not is_consistent(earlier, before, later, root, proof[:-1])
    assert not is_consistent(later, root, later, leaf_hash(b"forged"), [])
    assert not is_consistent(later + 1, root, later, root, [])
