"""What kernels need of numba, typed: this and ``compiler`` alone import it, to compile."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., Any])


def inlined(function: Function) -> Function:
    """Let kernels call ``function``."""
    return cast("Function", register_jitable(function))


array: Callable[..., Any] = numba.carray
"""The memory at a pointer as an array of this shape; no copy."""
