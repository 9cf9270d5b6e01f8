"""How one picture lies on another, and what speaks for it."""

from dataclasses import dataclass

Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The motion that takes one picture, the query, to another, the entry.

    Attributes:
        inliers: matches between places of both that agree on the motion, each place counted once;
            0 where no motion was found.
        transform: two rows (a, b, c): x of the entry is a x + b y + c, x and y of the query, both
            in pixels of the upright pictures from their left and top edges; y likewise. Holds
            the mirroring, if there is one. All zero where no motion was found.
        mirrored: whether the query has to be mirrored to lie on the entry.
        pairs: the number of the feature in the query and in the entry, for each inlier, the
            nearest descriptors first.
        reach: share of a picture's area that the inliers surround, 0 to 1; of the two pictures,
            where it is larger.
        features: how many the picture has that has fewer: so many might have agreed.
        patchiness: how much the places that agree, and those that do not, lie in patches of their
            own: about 0 for copies, up to 1 for what shares a frame or a form.
    """

    inliers: int
    transform: tuple[Row, Row]
    mirrored: bool
    pairs: tuple[tuple[int, int], ...]
    reach: float = 0.0
    features: int = 0
    patchiness: float = 0.0

    def moved(self, x: float, y: float) -> tuple[float, float]:
        """Return the entry's pixel for a pixel of the query."""
        (a, b, c), (d, e, f) = self.transform
        return a * x + b * y + c, d * x + e * y + f


NO_ALIGNMENT = Alignment(0, ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), mirrored=False, pairs=())
