"""What reading a watermark found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MarkReading:
    """The mark in a picture, or none.

    Attributes:
        identity: the 64-bit number; None where no mark was read.
        z: how well known waves fit, in standard deviations of chance at one place; about 5 where
            there is nothing.
        tries: decodings, each of which chance passes once in 2 ** 36.
        false_positive_bound: the odds that a picture without a mark would have given one in so
            many tries.
    """

    identity: int | None
    z: float
    tries: int
    false_positive_bound: float


@dataclass(frozen=True, slots=True)
class MarkPresence:
    """Whether one identity is in a picture.

    Attributes:
        deviations: agreement, in standard deviations of what any other identity gives.
        odds: that chance would agree as much in any of the ways in which the picture was read.
        present: whether the odds are small enough to say so.
    """

    deviations: float
    odds: float
    present: bool
