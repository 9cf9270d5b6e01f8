"""Lanczos resampling against its definition written out, and against Pillow 12's own results."""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eikona.domain.errors import UsageError
from eikona.hashing.lanczos import lanczos
from tests.unit.hashing.pictures import PICTURES, noise

# Made by Pillow 12.3.0, see vectors/make_imagehash.py.
_GOLDEN = json.loads((Path(__file__).parents[3] / "vectors/imagehash.json").read_text("utf-8"))
_SIDES = st.integers(1, 14)


def _kernel(x):
    if not -3 <= x < 3:
        return 0.0
    if x == 0:
        return 1.0
    return math.sin(math.pi * x) / (math.pi * x) * math.sin(math.pi * x / 3) / (math.pi * x / 3)


def _slow_line(line, outputs):
    if outputs == len(line):
        return line
    scale = len(line) / outputs
    stretch = max(scale, 1.0)
    result = []
    for output in range(outputs):
        centre = (output + 0.5) * scale
        weights = [_kernel((i + 0.5 - centre) / stretch) for i in range(len(line))]
        exact = [weight / sum(weights) * 2**22 for weight in weights]
        fixed = [math.trunc(tap + math.copysign(0.5, tap)) for tap in exact]
        total = sum(weight * level for weight, level in zip(fixed, line, strict=True))
        result.append(min(max((total + 2**21) // 2**22, 0), 255))
    return result


def _slow_lanczos(plane, width, height):
    rows = [_slow_line(row, width) for row in plane.tolist()]
    columns = [_slow_line(list(column), height) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


@settings(deadline=None)
@given(plane=arrays(np.uint8, st.tuples(_SIDES, _SIDES)), width=st.integers(1, 20), height=_SIDES)
def test_agrees_with_the_definition(plane, width, height):
    expected = _slow_lanczos(plane, width, height)
    assert lanczos(plane, width=width, height=height).tolist() == expected


@pytest.mark.parametrize("name", PICTURES)
def test_equals_pillow(name):
    rows = [row for row in _GOLDEN["lanczos"] if row[0] == name]
    picture = PICTURES[name]()
    assert rows
    for _, width, height, kind, expected in rows:
        data = lanczos(picture, width=width, height=height).tobytes()
        found = data.hex() if kind == "hex" else hashlib.sha256(data).hexdigest()
        assert found == expected, (width, height)


@pytest.mark.parametrize(("rows", "columns"), [(1, 40), (40, 1)])
def test_a_line_a_picture_long_agrees_with_the_definition(rows, columns):
    plane = noise(columns, rows, 31)
    expected = _slow_lanczos(plane, 8, 8)
    assert lanczos(plane, width=8, height=8).tolist() == expected


def test_takes_a_plane_that_is_not_contiguous():
    plane = noise(60, 50, 32)
    expected = lanczos(np.ascontiguousarray(plane.T[::-2]), width=9, height=7)
    assert np.array_equal(lanczos(plane.T[::-2], width=9, height=7), expected)


def test_extreme_aspect():
    plane = np.full((1, 30000), 77, np.uint8)
    assert (lanczos(plane, width=8, height=8) == 77).all()
    assert (lanczos(plane.T, width=8, height=8) == 77).all()


def test_leaves_its_input_alone():
    plane = noise(30, 20, 33)
    before = plane.copy()
    lanczos(plane, width=8, height=8)
    assert np.array_equal(plane, before)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (5,), (5, 5, 3)])
def test_rejects_what_is_no_plane(shape):
    with pytest.raises(UsageError, match="at least one pixel"):
        lanczos(np.zeros(shape, np.uint8), width=8, height=8)


@pytest.mark.parametrize(("width", "height"), [(0, 8), (8, 0), (-1, 8)])
def test_rejects_an_empty_result(width, height):
    with pytest.raises(UsageError, match="at least 1"):
        lanczos(noise(5, 5, 1), width=width, height=height)
