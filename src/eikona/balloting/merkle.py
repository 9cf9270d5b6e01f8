"""A Merkle tree over a log that only grows: roots, and proofs that a little of it shows.

Source: RFC 6962, Certificate Transparency, 2013, section 2.1.
Deviation: a log that keeps no leaves has the roots of its perfect subtrees alone (``Frontier``),
which is all that the proof of its newest leaf needs.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A log without its leaves.

    Attributes:
        size: leaves so far.
        peaks: roots of the perfect subtrees that ``size`` falls into, largest first.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def appended(self, leaf: bytes) -> "Frontier":
        """Return the log with one more leaf, given by its hash."""
        peaks, size, newest = list(self.peaks), self.size, leaf
        while size & 1:
            newest = node_hash(peaks.pop(), newest)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, newest))

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    @property
    def path_of_next(self) -> tuple[bytes, ...]:
        """The path from the leaf that comes next to the root right after it, lowest first.

        The subtrees to the left of that leaf are just the perfect ones there are now.
        """
        return self.peaks[::-1]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over all leaves, given by their hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.appended(leaf)
    return frontier.root


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the path from one leaf to the root over all, lowest first (2.1.1)."""
    if len(leaves) <= 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), root_of(leaves[:split])]


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a path leads to from leaf ``index`` of ``size``.

    None where the path has another length than it must have.
    """
    if not 0 <= index < size:
        return None
    root, last, left = leaf, size - 1, list(path)
    while last:
        if index & 1 or index < last:
            if not left:
                return None
            sibling = left.pop(0)
            root = node_hash(sibling, root) if index & 1 else node_hash(root, sibling)
        index >>= 1
        last >>= 1
    return None if left else root


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """Return what shows that the first ``earlier`` of all leaves are a log before it (2.1.2)."""
    if not 0 < earlier < len(leaves):
        return []
    return _subproof(leaves, earlier, whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    if earlier <= split:
        return [*_subproof(leaves[:split], earlier, whole=whole), root_of(leaves[split:])]
    rest = _subproof(leaves[split:], earlier - split, whole=False)
    return [*rest, root_of(leaves[:split])]


def is_consistent(
    earlier: int, earlier_root: bytes, later: int, later_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether a proof shows that a later log begins with an earlier one."""
    if not 0 <= earlier <= later:
        return False
    if earlier in (0, later):
        return not proof and earlier_root == (EMPTY_ROOT if earlier == 0 else later_root)
    left, index, last = list(proof), earlier - 1, later - 1
    while index & 1:  # the perfect subtree that ends the earlier log begins the proof
        index >>= 1
        last >>= 1
    if index:
        if not left:
            return False
        first = second = left.pop(0)
    else:
        first = second = earlier_root
    while last:
        if index & 1 or index < last:
            if not left:
                return False
            sibling = left.pop(0)
            if index & 1:
                first, second = node_hash(sibling, first), node_hash(sibling, second)
            else:
                second = node_hash(second, sibling)
        index >>= 1
        last >>= 1
    return not left and first == earlier_root and second == later_root


def _split(size: int) -> int:
    """Return the largest power of two below ``size``, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
