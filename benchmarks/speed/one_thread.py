"""Keeps every library to one thread: what is compared is work, not how well it spreads."""

import os

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)


def use_one_thread() -> None:
    """Set what libraries read when they are imported, here and in processes started from here."""
    for variable in _VARIABLES:
        os.environ[variable] = "1"
