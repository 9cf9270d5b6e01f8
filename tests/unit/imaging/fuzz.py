"""Mutates small images and decodes them: what comes out must be a picture or an error of ours.

Run as a script it is the child of ``test_fuzz.py``, so that a decoder that takes its process down
is noticed as such. By hand, for a long campaign:

    python -W error -m tests.unit.imaging.fuzz FIRST_CASE CASES STATE_FILE
"""

import collections
import faulthandler
import json
import pathlib
import resource
import sys
import time
import traceback

import numpy as np

import eikona
from eikona.domain.errors import EikonaError, OutOfMemoryError
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.limits import Limits
from eikona.imaging.decode import decode, decode_frames, decode_grey_as_stored
from tests.unit.imaging import builders

LIMITS = Limits(max_pixels=1_000_000, max_frames=50, max_animation_pixels=4_000_000)
MEMORY_BYTES = 4 << 30  # far more than images of so few pixels may take
OURS = pathlib.Path(eikona.__file__).parent
_MODES = tuple(DecodeMode)
_WIDTHS = (1, 2, 4)
_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(files: dict[str, bytes], number: int) -> tuple[str, bytes]:
    """Case ``number``: always the same for the same corpus."""
    rng = np.random.default_rng((20260, number))
    name = list(files)[number % len(files)]
    data = bytearray(files[name])
    for _ in range(rng.integers(1, 4)):
        _MUTATIONS[rng.integers(len(_MUTATIONS))](data, rng, files)
    return name, bytes(data)


def _place(data, rng):
    """Headers are small and matter most."""
    end = max(1, len(data))
    return int(rng.integers(min(end, 200) if rng.random() < 0.5 else end))


def _flip(data, rng, files):
    for _ in range(rng.integers(1, 8)):
        if data:
            data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _cut(data, rng, files):
    del data[_place(data, rng) + 1 :]


def _remove(data, rng, files):
    at = _place(data, rng)
    del data[at : at + int(rng.integers(1, 64))]


def _repeat(data, rng, files):
    at = _place(data, rng)
    data[at:at] = data[at : at + int(rng.integers(1, 256))]


def _splice(data, rng, files):
    other = files[list(files)[rng.integers(len(files))]]
    start = int(rng.integers(len(other)))
    at = _place(data, rng)
    part = other[start : start + int(rng.integers(1, 400))]
    data[at : at + len(part)] = part


def _set_number(data, rng, files):
    """Overwrite what may be a length, an offset, a count or a size."""
    width = _WIDTHS[rng.integers(len(_WIDTHS))]
    value = _EDGES[rng.integers(len(_EDGES))] & ((1 << 8 * width) - 1)
    order = "big" if rng.random() < 0.5 else "little"
    at = _place(data, rng)
    data[at : at + width] = value.to_bytes(width, order)


def _add_to_number(data, rng, files):
    width = _WIDTHS[rng.integers(len(_WIDTHS))]
    order = "big" if rng.random() < 0.5 else "little"
    at = _place(data, rng)
    value = int.from_bytes(data[at : at + width], order) + int(rng.integers(-16, 17))
    data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, order)


def _mend_checksums(data, rng, files):
    """Let a PNG's damage through to its decoder."""
    if not data.startswith(builders.PNG):
        return
    mended, at = bytearray(builders.PNG), 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            break
        mended += builders.chunk(
            bytes(data[at + 4 : at + 8]), bytes(data[at + 8 : at + 8 + length])
        )
        at += 12 + length
    data[:] = mended + data[at:]


_MUTATIONS = (
    *(_flip, _flip, _cut, _remove, _repeat, _splice),
    *(_set_number, _set_number, _add_to_number, _mend_checksums),
)


def _demand_foreign(error: EikonaError) -> None:
    """Let out what was translated though it arose in our code: there it is a defect."""
    cause = error.__cause__
    if isinstance(cause, Exception) and _origin(error).name == "guarded":
        file = pathlib.Path(_origin(cause).filename)
        if OURS in file.parents and not isinstance(cause, MemoryError):
            raise cause


def _origin(error: BaseException) -> traceback.FrameSummary:
    return traceback.extract_tb(error.__traceback__)[-1]


def outcome(data: bytes, number: int) -> str:
    """Decode in the way that belongs to the case; the error's code, or what stands for success."""
    try:
        way = number // 7 % 5
        if way == 0:
            pictures = list(decode_frames(data, samples=4, limits=LIMITS))
        elif way == 1:
            luma, _ = decode_grey_as_stored(data, LIMITS)
            return "grey" if luma.dtype == np.uint8 else "wrong"
        else:
            pictures = [decode(data, mode=_MODES[way - 2], short_side=8, limits=LIMITS)]
    except OutOfMemoryError:
        raise
    except EikonaError as error:
        _demand_foreign(error)
        return error.code
    for picture in pictures:
        assert picture.luma.dtype == np.uint8
        assert picture.luma.size == picture.fine_luma.size > 0
        assert picture.width * picture.height <= LIMITS.max_pixels
    return "picture"


def main(first: int, cases: int, state_file: str) -> None:
    """Print one line for each finding and a last one with the tally."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.RLIM_INFINITY))
    files = builders.corpus()
    tally: collections.Counter[str] = collections.Counter()
    slowest = 0.0
    with pathlib.Path(state_file).open("w") as state:
        for number in range(first, first + cases):
            state.seek(0)
            state.write(f"{number:12}")
            state.flush()
            name, data = mutated(files, number)
            began = time.perf_counter()
            try:
                tally[outcome(data, number)] += 1
            except BaseException as error:  # noqa: BLE001  a finding
                cause = f"{type(error).__name__}: {error}"
                print(json.dumps({"case": number, "file": name, "finding": cause}), flush=True)
            slowest = max(slowest, time.perf_counter() - began)
    print(json.dumps({"tally": tally, "slowest_s": round(slowest, 3)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
