"""A ruling, as whoever asked the quorum hears of it."""

from dataclasses import dataclass, field

from eikona.domain.verdict import Outcome


@dataclass(frozen=True, slots=True)
class HeardBallot:
    """What one node answered.

    Attributes:
        node: who.
        outcome: what.
        rule: what it judged by.
        nearest: name of the nearest entry; None where nothing is near.
        distance: to that, as a decimal number.
        note: anything else.
    """

    node: str
    outcome: Outcome
    rule: str
    nearest: str | None
    distance: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the quorum decided on a picture.

    Attributes:
        case: id of the case.
        outcome: clear, review or block.
        position: place in the log of decisions.
        ballots: by node.
        receipt: what proves it, for ``eikona receipt verify``.
    """

    case: str
    outcome: Outcome
    position: int
    ballots: tuple[HeardBallot, ...]
    receipt: bytes = field(repr=False)
