"""One picture as the algorithms want it, each reduction computed once and only if asked for."""

import functools

from eikona.hashing.forbild import forbild_grey
from eikona.hashing.pdq import PdqTransform, pdq_orientations, pdq_transform
from eikona.hashing.plane_sums import PlaneSums
from eikona.imaging.picture import Picture, Plane
from eikona.imaging.plane import plane_of


class Views:
    """Reductions of one picture that several hashes share.

    Args:
        picture: what to reduce.
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @functools.cached_property
    def plane(self) -> Plane:
        """The canonical plane."""
        return plane_of(self.picture.luma)

    @functools.cached_property
    def is_flat(self) -> bool:
        """Whether the plane has one grey level only: then every hash is zero."""
        return bool(self.plane.min() == self.plane.max())

    @functools.cached_property
    def sums(self) -> PlaneSums:
        """Sums of the plane over coarser grids."""
        return PlaneSums(self.plane)

    @functools.cached_property
    def pdq(self) -> PdqTransform:
        """PDQ's coefficients and quality."""
        return pdq_transform(self.picture.fine_luma)

    @functools.cached_property
    def pdq_orientations(self) -> tuple[bytes, ...]:
        """PDQ codes in all eight orientations."""
        return pdq_orientations(self.pdq)

    @functools.cached_property
    def forbild_grey(self) -> bytes:
        """ForBild's 16 x 16 grey values."""
        return forbild_grey(self.sums)
