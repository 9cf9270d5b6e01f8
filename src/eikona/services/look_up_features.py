"""What local features bring to a search: entries a shortlist names, and proof of how they lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eikona.domain.fingerprint import Fingerprint
from eikona.matching.guards import guards_of_bank
from eikona.matching.local_verification import Verifier
from eikona.matching.parts import do_parts, threads_for
from eikona.matching.shortlist.searching import Shortlist
from eikona.native.switch import kernels
from eikona.services.ports import SearchableBank

LISTED = 20  # entries of a shortlist
_LISTED_TO_FILTER = 100  # where some of them may be left out afterwards
_WORK = 25_000_000  # comparisons of two codes that one query takes as long as, some 5 ms


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What local features say of one query.

    Attributes:
        rows: numbers of entries that may show the same, the likeliest first.
        verifier: tells whether an entry does. It distrusts what much of the bank shows.
    """

    rows: NDArray[np.int64]
    verifier: Verifier


def look_up_features(
    bank: SearchableBank, queries: Sequence[Fingerprint], *, filtered: bool = False
) -> list[LookedUp | None]:
    """Return what local features say of each query; None where it or the bank has none.

    Args:
        bank: where to look.
        queries: with local features or without.
        filtered: whether only some of the entries are wanted.
    """
    blocks = bank.feature_blocks()
    if not blocks:
        return [None] * len(queries)
    tables = [block.table for block in blocks]
    most = _LISTED_TO_FILTER if filtered else LISTED

    def look_up(query: Fingerprint) -> LookedUp | None:
        if not query.local_features:
            return None
        found = Shortlist().shortlist(query.local_features, tables, most=most)
        rows = np.array([blocks[table].start + row for table, row in found.places], np.int64)
        guards = guards_of_bank(found.shared_by_many)
        return LookedUp(rows, Verifier(query.local_features, guards))

    return do_parts(look_up, queries, threads_for_queries(len(queries)))


def threads_for_queries(queries: int) -> int:
    """Return how many threads pay to verify so many queries: kernels let others run."""
    return 1 if kernels() is None else threads_for(_WORK * queries)
