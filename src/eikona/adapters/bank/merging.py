"""Decides which segments become one, so that many small additions leave few files.

Segments with the same hashes are sorted into tiers by size, each tier four times the one below.
Four of one tier are merged, so an entry is written anew about once a tier, and a bank has at most
three segments a tier. A segment that is more dead than alive is written anew without its dead.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from eikona.adapters.bank.segment import Segment

_TIER = 4


def to_merge(
    segments: Sequence[Segment], live_rows: Callable[[Segment], int]
) -> tuple[Segment, ...]:
    """Return segments that should be one now, none where all is well.

    Args:
        segments: all of the bank.
        live_rows: how many rows of a segment are not removed.
    """
    tiers = defaultdict(list)
    for segment in segments:
        live = live_rows(segment)
        if 2 * live < segment.rows:
            return (segment,)
        tiers[segment.schema, _tier(live)].append(segment)
    for tier in tiers.values():
        if len(tier) >= _TIER:
            return tuple(tier)
    return ()


def _tier(rows: int) -> int:
    return max(0, rows.bit_length() - 1) // (_TIER.bit_length() - 1)
