"""PDQ against PyPI's binding of the reference, a slow version, and published codes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import eikona
from eikona.domain.fingerprint import Orientation
from eikona.hashing.pdq import pdq, pdq_orientations, pdq_transform
from eikona.matching.distances import hamming
from tests.unit.hashing.pictures import PICTURES, disc, ramp, waves

REFERENCE = json.loads(Path("vectors/pdq.json").read_text())
ORACLES = Path(__file__).parents[4] / "shared/data/oracles/pdq"  # where it exists
TURNS = {
    Orientation.ORIGINAL: lambda luma: luma,
    Orientation.ROTATE_90: np.rot90,
    Orientation.ROTATE_180: lambda luma: np.rot90(luma, 2),
    Orientation.ROTATE_270: lambda luma: np.rot90(luma, 3),
    Orientation.FLIP_TOP_BOTTOM: np.flipud,
    Orientation.FLIP_LEFT_RIGHT: np.fliplr,
    Orientation.TRANSPOSE: np.transpose,
    Orientation.TRANSVERSE: lambda luma: np.rot90(luma, 2).T,
}


def bits_of(code):
    """Bits row-major, first coefficient first: codes print the last one first."""
    return np.unpackbits(np.frombuffer(code, np.uint8))[::-1].astype(bool)


def slow_transform(luma):
    """Running means, decimation and DCT as the reference takes them, one sample at a time."""

    def running_mean(line, window):
        half = (window + 2) // 2
        reach = [(max(0, k + half - window), min(len(line), k + half)) for k in range(len(line))]
        return np.array([line[low:high].mean(axis=0) for low, high in reach])

    def reduce(grid):
        window = (len(grid) + 127) // 128
        for _ in range(2):
            grid = running_mean(grid, window)
        return grid[[int((k + 0.5) * len(grid) / 64) for k in range(64)]]

    square = reduce(reduce(luma.astype(np.float64)).T).T
    dct = np.array(
        [[np.cos(np.pi * k * (2 * i + 1) / 128) for i in range(64)] for k in range(1, 17)]
    )
    return np.sqrt(2 / 64) ** 2 * dct @ square @ dct.T


@pytest.mark.parametrize("name", PICTURES)
def test_equals_the_reference_wherever_that_is_not_rounding_noise(name):
    transform = pdq_transform(PICTURES[name]())
    away = np.abs(transform.coefficients - np.sort(transform.coefficients, axis=None)[127]).ravel()
    decisive = away > 0.01
    ours = bits_of(pdq(transform))
    theirs = bits_of(bytes.fromhex(REFERENCE[name]["orientations"][0]))
    if transform.coefficients.any():
        assert np.array_equal(ours[decisive], theirs[decisive])
    assert transform.quality == REFERENCE[name]["quality"]


@pytest.mark.parametrize(
    "name", ["noise-97x61", "coins-150x90", "waves-500x375", "waves-portrait-120x310"]
)
def test_all_orientations_equal_the_reference(name):
    ours = pdq_orientations(pdq_transform(PICTURES[name]()))
    assert [code.hex() for code in ours] == REFERENCE[name]["orientations"]


@pytest.mark.parametrize("shape", [(5, 5), (64, 64), (127, 129), (200, 31), (300, 257)])
def test_the_thin_matrices_do_what_the_reference_does_step_by_step(shape):
    luma = np.random.default_rng(shape[0]).integers(0, 256, shape, dtype=np.uint8)
    ours = pdq_transform(luma).coefficients
    assert np.allclose(ours, slow_transform(luma), atol=2e-3)


@pytest.mark.parametrize("orientation", Orientation)
def test_orientations_name_what_was_done_to_the_picture(orientation):
    """Decimation is not quite symmetric, so that a turned picture may be some bits off."""
    luma = PICTURES["waves-500x375"]()
    turned = np.ascontiguousarray(TURNS[orientation](luma))
    predicted = pdq_orientations(pdq_transform(luma))
    distances = [hamming(code, pdq(pdq_transform(turned))) for code in predicted]
    assert list(Orientation)[int(np.argmin(distances))] is orientation
    assert min(distances) <= 12


def test_a_symmetric_picture_has_one_code_for_both_of_its_orientations():
    codes = dict(
        zip(Orientation, pdq_orientations(pdq_transform(PICTURES["mirrored-80x60"]())), strict=True)
    )
    assert codes[Orientation.ORIGINAL] == codes[Orientation.FLIP_LEFT_RIGHT]


def test_a_picture_narrower_than_five_pixels_has_no_code():
    transform = pdq_transform(PICTURES["tiny-3x5"]())
    assert transform.quality == 0
    assert pdq(transform) == bytes(32)


def published():
    """Rows of the published codes; none where that folder does not exist."""
    table = ORACLES / "expected.csv"
    return list(csv.DictReader(table.read_text().splitlines())) if table.exists() else []


def check_published(file, code):
    """Within ten bits: decoders, and the reference's own scaling of files, differ."""
    found = eikona.fingerprint(ORACLES / file, decode="exact")
    assert found.quality < 50 or hamming(found.hashes["pdq"], bytes.fromhex(code)) <= 10


if ORACLES.exists():  # elsewhere there is nothing to test, which a skip would hide

    @pytest.mark.parametrize("row", published(), ids=lambda row: row["file"])
    def test_within_ten_bits_of_the_published_codes(row):
        check_published(row["file"], row["hash"])


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("shape", [(1100, 1030), (1101, 1033)])
def test_a_reduced_picture_is_sampled_where_the_full_one_would_have_been(shape, scale):
    """A picture of fine waves is a hard case: sampled on its own grid it is 26 to 90 bits off."""
    full = waves(shape[1], shape[0])
    padded = np.pad(full, [(0, -side % scale) for side in shape], mode="edge").astype(np.float32)
    rows, columns = (side // scale for side in padded.shape)
    reduced = padded.reshape(rows, scale, columns, scale).mean(axis=(1, 3))
    expected = pdq(pdq_transform(full))
    assert hamming(pdq(pdq_transform(reduced, shape)), expected) <= 12
    assert hamming(pdq(pdq_transform(reduced)), expected) > 24


@pytest.mark.parametrize("turns", [(False, False), (True, False), (False, True), (True, True)])
def test_a_reduced_and_then_turned_picture_is_sampled_in_the_right_places(turns):
    """Decoders leave the rest of fewer pixels last; turning the picture puts it first."""
    shape, scale = (1101, 1033), 8
    full = disc(shape[1], shape[0], 200) // 2 + ramp(shape[1], shape[0], 20, 12)
    padded = np.pad(full, [(0, -side % scale) for side in shape], mode="edge").astype(np.float32)
    rows, columns = (side // scale for side in padded.shape)
    reduced = padded.reshape(rows, scale, columns, scale).mean(axis=(1, 3))
    turn = tuple(slice(None, None, -1 if turned else 1) for turned in turns)
    ours = pdq_transform(np.ascontiguousarray(reduced[turn]), shape, turns).coefficients
    expected = pdq_transform(np.ascontiguousarray(full[turn])).coefficients
    assert np.abs(ours - expected).max() < 0.03 * np.abs(expected).max()


def test_very_long_sides_are_averaged_first():
    long = np.repeat(waves(300, 200), 90, axis=0)
    assert hamming(pdq(pdq_transform(long)), pdq(pdq_transform(waves(300, 200)))) <= 16
