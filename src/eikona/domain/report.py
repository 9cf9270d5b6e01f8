"""One line of a report: a picture, the bank entry that it was found to match, and the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass

from eikona.domain.alignment import Alignment
from eikona.domain.fingerprint import Orientation
from eikona.domain.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One match as a report shows it.

    Attributes:
        query: name of the picture that was found.
        query_path: where it can be read for a thumbnail; None where it is not at hand.
        entry: name of the bank entry or, among duplicates, of the other picture.
        entry_path: where that can be read; None where it is not at hand.
        outcome: clear, review or block.
        orientation: what turns the query into the entry's pose.
        distances: distance by algorithm, as in ``Distances.by_name``.
        bits: length of each hash in bits, by algorithm; none for what is no number of bits.
        expected_false_matches: matches as good as this that chance alone would bring in one
            look-up; None where the rule has no calibration.
        reason: one sentence of the rule's.
        bank: where the entry is; empty where there is no bank.
        group: name of the group of duplicates; empty where there are none.
        query_size: upright width and height of the query in pixels, where known.
        entry_size: the same of the entry.
        alignment: how the query lies on the entry, where local features say so.
    """

    query: str
    query_path: str | None
    entry: str
    entry_path: str | None
    outcome: Outcome
    orientation: Orientation
    distances: Mapping[str, float]
    bits: Mapping[str, int]
    expected_false_matches: float | None
    reason: str
    bank: str = ""
    group: str = ""
    query_size: tuple[int, int] | None = None
    entry_size: tuple[int, int] | None = None
    alignment: Alignment | None = None
