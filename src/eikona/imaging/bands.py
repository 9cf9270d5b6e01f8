"""Products with banded matrices: each output sample reads only a few neighbouring inputs.

Reducing n samples to m by a filter of small support is a matrix of shape (m, n) that is nearly all
zeros away from its diagonal. Cut into groups of outputs it becomes a few small dense blocks, which
the matrix product of the linear-algebra library runs at full speed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Real: TypeAlias = np.dtype[np.float32] | np.dtype[np.float64]
Reals: TypeAlias = NDArray[np.floating[Any]]  # float32 or float64


Weigh: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.int64]], Reals]
"""How much an input counts in an output, both broadcast; 0 where it does not."""

_STRIP_SAMPLES = 1_000_000  # converted at a time, so that little memory is needed beside them


@dataclass(frozen=True, slots=True)
class Bands:
    """A banded matrix of shape (m, n), cut into groups of outputs.

    Attributes:
        outputs: m.
        starts: first input that each group reads.
        blocks: shape (groups, outputs of a group, inputs of a group).
        turned: the blocks transposed and laid out anew, which makes products from the right
            faster by a third.
    """

    outputs: int
    starts: tuple[int, ...]
    blocks: Reals
    turned: Reals

    def along_rows(self, samples: NDArray[np.generic]) -> Reals:
        """Return ``samples`` with each column reduced: shape (n, k) to (m, k).

        Other types are converted a block at a time.
        """
        _, height, width = self.blocks.shape
        kind = self.blocks.dtype
        out = np.empty((self.outputs, samples.shape[1]), kind)
        for group, start in enumerate(self.starts):
            at = group * height
            window = samples[start : start + width].astype(kind, copy=False)
            np.matmul(self.blocks[group], window, out=out[at : at + height])
        return out

    def along_columns(self, samples: NDArray[np.generic]) -> Reals:
        """Return ``samples`` with each row reduced: shape (k, n) to (k, m)."""
        _, height, width = self.blocks.shape
        kind = self.blocks.dtype
        out = np.empty((samples.shape[0], self.outputs), kind)
        strip = max(1, _STRIP_SAMPLES // samples.shape[1])
        for top in range(0, samples.shape[0], strip):
            part = samples[top : top + strip].astype(kind, copy=False)
            for group, start in enumerate(self.starts):
                at = group * height
                window = part[:, start : start + width]
                np.matmul(window, self.turned[group], out=out[top : top + strip, at : at + height])
        return out


def cut_into_bands(
    reads: tuple[NDArray[np.int64], NDArray[np.int64]],
    weigh: Weigh,
    *,
    size: int,
    group: int,
    kind: Real,
) -> Bands:
    """Build ``Bands`` from the rule that weighs one input for one output.

    Args:
        reads: first and one past the last input of every output, both ascending.
        weigh: the rule; asked for neighbours outside ``reads`` too, where it must give 0.
        size: n, the number of inputs.
        group: outputs a block; divides the number of outputs.
        kind: element type of the blocks.
    """
    firsts, stops = (bound.reshape(-1, group) for bound in reads)
    starts, ends = firsts.min(axis=1), stops.max(axis=1)
    width = int((ends - starts).max())
    starts = np.minimum(starts, size - width)
    out = np.arange(reads[0].size).reshape(-1, group, 1)
    sample = (starts[:, None] + np.arange(width))[:, None, :]
    blocks: Reals = weigh(out, sample).astype(kind)
    turned = np.ascontiguousarray(blocks.transpose(0, 2, 1))
    return Bands(reads[0].size, tuple(starts.tolist()), blocks, turned)
