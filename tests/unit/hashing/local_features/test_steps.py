"""Each step of the extraction against its definition, written out."""

import itertools
import math

import numpy as np
import pytest

from eikona.hashing.local_features import extrema, fitting, patches, scale_space
from eikona.hashing.local_features.selection import select


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(500, 384), (1000, 12), (31, 30), (577, 576), (9000, 576)]
)
def test_reducing_takes_means_over_equal_parts(inputs, outputs):
    samples = np.random.default_rng(1).random(inputs)
    table = fitting.weights(inputs, outputs)
    found = [
        share @ samples[first : first + len(share)]
        for first, share in zip(table.first, table.shares, strict=True)
    ]
    up_to = np.concatenate([[0], np.cumsum(samples)])
    edges = np.interp(np.arange(outputs + 1) * inputs / outputs, np.arange(inputs + 1), up_to)
    np.testing.assert_allclose(found, np.diff(edges) * outputs / inputs, rtol=1e-5)


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 12), (2, 12), (3, 40), (300, 384), (7, 7)])
def test_enlarging_keeps_level_and_slope(inputs, outputs):
    table = fitting.weights(inputs, outputs)
    np.testing.assert_allclose(table.shares.sum(axis=1), 1, rtol=1e-6)
    middles = np.arange(inputs) + 0.5
    found = [
        share @ middles[first : first + len(share)]
        for first, share in zip(table.first, table.shares, strict=True)
    ]
    wanted = (np.arange(outputs) + 0.5) * inputs / outputs
    inner = (wanted > 2) & (wanted < inputs - 2)
    np.testing.assert_allclose(np.array(found)[inner], wanted[inner], rtol=1e-5)


def test_a_layer_has_the_blur_it_is_named_for():
    dot = np.zeros((97, 97), np.float32)
    dot[48, 48] = 1e6
    space = scale_space.scale_space(dot, None)
    rows, columns = np.mgrid[:97, :97] - 48
    for layer in range(scale_space.LAYERS):
        samples = space.octave(0)[layer].astype(float)
        spread = (samples * rows**2).sum() / samples.sum()
        wanted = (1.6 * 2 ** (layer / 3)) ** 2 - 0.75**2  # what the picture has by itself
        assert spread == pytest.approx(wanted, rel=0.06)
        assert (samples * columns**2).sum() / samples.sum() == pytest.approx(spread, rel=1e-4)
    coarse = space.octave(1)[2].astype(float)
    spread = (coarse * (2 * (np.mgrid[:48, :48][0] - 23.75)) ** 2).sum() / coarse.sum()
    assert spread == pytest.approx((3.2 * 2 ** (2 / 3)) ** 2 - 0.75**2, rel=0.06)


def test_octaves_halve_down_to_the_least_side():
    space = scale_space.scale_space(np.zeros((101, 200), np.float32), None)
    assert space.octaves[:, 1:].tolist() == [[101, 200], [50, 100], [25, 50], [12, 25]]
    assert not space.samples.any()


def test_peaks_are_where_no_neighbour_in_space_and_scale_is_further_out():
    levels = np.random.default_rng(3).normal(0, 2, (5, 30, 40)).astype(np.float32)
    wanted = set()
    for layer, y, x in itertools.product(range(1, 4), range(5, 25), range(5, 35)):
        value = levels[layer, y, x]
        around = levels[layer - 1 : layer + 2, y - 1 : y + 2, x - 1 : x + 2]
        if abs(value) > extrema.CONTRAST / 2 and value in (around.max(), around.min()):
            wanted.add((layer, y, x))
    assert {tuple(place) for place in extrema._candidates(levels).tolist()} == wanted
    assert len(wanted) > 20


@pytest.mark.parametrize(
    ("x", "y", "sigma"), [(40, 40, 4.0), (47.3, 30.8, 5.5), (25.25, 61.6, 7.0)]
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_blob_is_found_at_its_place_and_size(x, y, sigma, sign):
    rows, columns = np.mgrid[:96, :96] + 0.5
    blob = 128 + sign * 90 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    found = extrema.extrema(scale_space.scale_space(blob.astype(np.float32), None), None)
    best = found.response.argmax()
    zoom = 2.0 ** found.octave[best]
    assert (found.x[best] + 0.5) * zoom == pytest.approx(x, abs=0.15)
    assert (found.y[best] + 0.5) * zoom == pytest.approx(y, abs=0.15)
    size = 1.6 * 2 ** (found.level[best] / 3) * zoom
    # Differences of Gaussians a factor of 2^(1/3) apart answer best to blobs of about their blur.
    assert size == pytest.approx(math.hypot(sigma, 0.75) / 2 ** (1 / 6), rel=0.12)


def test_edges_are_no_peaks():
    step = np.where(np.arange(128) < 64, 40, 200).astype(np.float32)
    fitted = np.broadcast_to(step, (128, 128)).copy()
    assert len(extrema.extrema(scale_space.scale_space(fitted, None), None)) == 0


def test_directions_are_those_of_the_arctangent():
    angles = np.linspace(0, 2 * np.pi, 3601)[:-1]
    lengths = np.geomspace(1e-6, 1e3, angles.size)
    y = (lengths * np.sin(angles)).astype(np.float32)
    x = (lengths * np.cos(angles)).astype(np.float32)
    off = patches._turns(y, x) - np.arctan2(y.astype(float), x) / (2 * np.pi)
    assert np.abs((off + 0.5) % 1 - 0.5).max() < 2e-6
    assert patches._turns(np.zeros(1, np.float32), np.zeros(1, np.float32)) == 0


def test_a_patch_of_a_slope_has_its_gradient_in_its_own_frame():
    rows, columns = np.mgrid[:64, :64].astype(np.float32)
    space = scale_space.ScaleSpace(
        np.tile((3 * columns + 4 * rows).ravel(), 6),
        np.array([[0, 64, 64]]),
    )
    turn, step = 0.3, 0.8
    spot = [0, 2, 31.4, 30.2, step * math.cos(2 * np.pi * turn), step * math.sin(2 * np.pi * turn)]
    directions, lengths = patches.gradients(space, np.array([spot]), 9)
    np.testing.assert_allclose(lengths, 5 * 2 * step, rtol=1e-3)
    wanted = (math.atan2(4, 3) / (2 * np.pi) - turn) % 1
    np.testing.assert_allclose(directions, wanted, atol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 7, 200, 900])
def test_selection_takes_turns_among_cells_then_the_largest(count):
    random = np.random.default_rng(count)
    places, sizes = random.random((2, count)), random.random(count)
    responses = random.permutation(count).astype(float)
    chosen = select(places, sizes, responses, most=90, large=30).tolist()
    assert len(chosen) == len(set(chosen)) == min(count, 90)

    queues = {}
    for number in np.argsort(-responses):
        cell = tuple((places[:, number] * 8).astype(int))
        queues.setdefault(cell, []).append(int(number))
    ranked = sorted(
        (rank, -responses[number], number)
        for queue in queues.values()
        for rank, number in enumerate(queue)
    )
    spread = [number for _, _, number in ranked[:60]]
    rest = sorted({*range(count)} - set(spread), key=lambda number: -sizes[number])[:30]
    assert [number for number in chosen if number in set(spread)] == spread
    assert [number for number in chosen if number in set(rest)] == rest
    if count == 900:  # two of the spread ones, one large one, and so on
        assert [number in rest for number in chosen[:6]] == [False, False, True] * 2
