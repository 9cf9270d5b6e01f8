"""One picture as the algorithms want it, each reduction computed once and only if asked for."""

import functools
from collections.abc import Mapping

from eikona.domain.errors import UsageError
from eikona.hashing.compiled import FORBILD_GREY, compiled_hashes
from eikona.hashing.forbild import forbild_grey
from eikona.hashing.mhash import mhash, mhash256
from eikona.hashing.pdq import PdqTransform, pdq_orientations, pdq_transform
from eikona.hashing.phash import Coefficients, low_frequencies
from eikona.hashing.plane_sums import PlaneSums
from eikona.imaging.picture import Luma, Picture, Plane
from eikona.imaging.plane import plane_of
from eikona.native.switch import kernels


class Views:
    """Reductions of one picture that several hashes share.

    Args:
        picture: what to reduce.
        stored_grey: the same as other libraries read it, for hashes that are to equal theirs.
    """

    def __init__(self, picture: Picture, stored_grey: Luma | None = None) -> None:
        self.picture = picture
        self._stored_grey = stored_grey

    @property
    def stored_grey(self) -> Luma:
        """Grey levels as stored.

        Raises:
            UsageError: they were not read.
        """
        if self._stored_grey is None:
            raise UsageError(
                "imagehash's hashes are of whole images, not of frames: leave them out"
            )
        return self._stored_grey

    @functools.cached_property
    def plane(self) -> Plane:
        """The canonical plane."""
        return plane_of(self.picture.luma)

    @functools.cached_property
    def is_flat(self) -> bool:
        """Whether the plane has one grey level only: then every hash is zero."""
        plane = self.plane
        corner = plane[0, 0]
        if corner != plane[-1, -1] or corner != plane[128, 128]:  # nearly always, and cheaply
            return False
        return bool((plane == corner).all())

    @functools.cached_property
    def compiled_hashes(self) -> Mapping[str, bytes]:
        """What one kernel makes of the plane, all at once; empty where there are no kernels."""
        compiled = kernels()
        return {} if compiled is None else compiled_hashes(compiled, self.plane)

    @functools.cached_property
    def sums(self) -> PlaneSums:
        """Sums of the plane over coarser grids."""
        return PlaneSums(self.plane)

    @functools.cached_property
    def mhash(self) -> bytes:
        """The 64-bit median hash, which is also the wavelet hash of the plane."""
        return mhash(self.sums)

    @functools.cached_property
    def mhash256(self) -> bytes:
        """The 256-bit median hash, likewise."""
        return mhash256(self.sums)

    @functools.cached_property
    def low8(self) -> Coefficients:
        """The 8 x 8 lowest coefficients of the plane at 32 x 32."""
        return low_frequencies(self.sums, 8)

    @functools.cached_property
    def pdq(self) -> PdqTransform:
        """PDQ's coefficients and quality."""
        picture = self.picture
        full_size = (picture.height, picture.width)
        return pdq_transform(picture.fine_luma, full_size, picture.ends_turned)

    @functools.cached_property
    def pdq_orientations(self) -> tuple[bytes, ...]:
        """PDQ codes in all eight orientations."""
        return pdq_orientations(self.pdq)

    @functools.cached_property
    def forbild_grey(self) -> bytes:
        """ForBild's 16 x 16 grey values."""
        return self.compiled_hashes.get(FORBILD_GREY) or forbild_grey(self.sums)
