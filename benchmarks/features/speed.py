"""How long features and alignments take, in one thread."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.features.extractors import cv2, eikona, opencv, opencv_alone
from eikona.matching.local_verification import Verifier
from eikona.native.switch import numpy_alone

Work = Callable[[np.ndarray], object]
_ROUNDS = 7
_SLOW_PICTURES = 4


def extraction(lumas: Sequence[np.ndarray]) -> dict[str, list[float]]:
    """Return milliseconds a picture by contender, one number a round, interleaved."""
    contenders: dict[str, Work] = {"eikona": eikona}
    if cv2 is not None:
        contenders["OpenCV's SIFT, 300 features"] = opencv_alone
        contenders["OpenCV's SIFT, as the prototype used it"] = opencv
    contenders["eikona without kernels"] = _without_kernels
    return _timed(contenders, lumas)


def alignment(lumas: Sequence[np.ndarray]) -> dict[str, list[float]]:
    """Return milliseconds a candidate: other pictures, and copies that were made smaller."""
    features = [eikona(luma) for luma in lumas]
    copies = [eikona(np.ascontiguousarray(luma[::2, ::2])) for luma in lumas]
    verifiers = [Verifier(one) for one in features]
    count = len(lumas)

    def others(number: int) -> object:
        return [verifiers[number].align(features[(number + k) % count]) for k in range(1, 9)]

    def copy(number: int) -> object:
        return verifiers[number].align(copies[number])

    def prepared(number: int) -> object:
        return Verifier(features[number])

    work = {"another picture": others, "a copy": copy, "preparing a query": prepared}
    rounds = _timed(work, range(count))
    rounds["another picture"] = [each / 8 for each in rounds["another picture"]]
    return rounds


def _timed(
    contenders: Mapping[str, Callable[..., object]], arguments: Sequence[object]
) -> dict[str, list[float]]:
    rounds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-1, _ROUNDS):
        for name, function in contenders.items():
            few = arguments[:_SLOW_PICTURES] if function is _without_kernels else arguments
            begin = time.perf_counter()
            for argument in few:
                function(argument)
            if number >= 0:
                rounds[name].append((time.perf_counter() - begin) / len(few) * 1000)
    return rounds


def _without_kernels(luma: np.ndarray) -> object:
    with numpy_alone():
        return eikona(luma)
