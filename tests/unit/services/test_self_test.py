"""Self-test: each attack is judged as a stranger's copy would be, and says what finds it."""

import io

import numpy as np
import pytest
from PIL import Image

import eikona
from eikona.adapters.self_test_sheet import Sheet, draw_sheet
from eikona.apps.cli.sample_pictures import SCENES
from eikona.deciding.rules import parse_rule
from eikona.domain.alignment import Alignment
from eikona.domain.limits import DEFAULT_LIMITS
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.imaging.alterations.catalogue import ATTACKS
from eikona.imaging.colour import decode_colour
from eikona.services.compare_pictures import compare
from eikona.services.self_test import FoundBy, found_by, self_test, subject_of

EIKONA = parse_rule("eikona", ALGORITHMS)
HASHES = parse_rule("eikona-hashes", ALGORITHMS)
SOME = [ATTACKS[name] for name in ("dark", "crop-50", "mirror", "screenshot-40")]


@pytest.fixture(scope="module")
def picture():
    _, draw = next(iter(SCENES.items()))
    out = io.BytesIO()
    draw(3).reduce(2).save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture(scope="module")
def trials(picture):
    return list(self_test(subject_of(picture, EIKONA), EIKONA, attacks=SOME))


def test_each_copy_is_judged_as_compare_would_judge_the_file(picture, trials):
    for trial in trials:
        verdict = EIKONA.decide(compare(trial.copy, picture).distances, entries=1_000_000)
        assert trial.verdict == verdict
    assert [trial.attack for trial in trials] == SOME


def test_a_dark_copy_is_found_by_both_and_a_screenshot_by_its_places_alone(trials):
    outcomes = {trial.attack.name: trial for trial in trials}
    assert outcomes["dark"].found_by is FoundBy.BOTH
    assert outcomes["dark"].verdict.outcome is Outcome.BLOCK
    assert outcomes["screenshot-40"].found_by is FoundBy.PLACES
    assert outcomes["screenshot-40"].verdict.outcome is Outcome.BLOCK


def test_without_local_features_a_screenshot_is_lost(picture):
    trials = list(self_test(subject_of(picture, HASHES), HASHES, attacks=SOME))
    lost = {trial.attack.name for trial in trials if trial.verdict.outcome is Outcome.CLEAR}
    assert {"screenshot-40", "crop-50"} <= lost
    assert all(trial.found_by in (FoundBy.NOTHING, FoundBy.HASHES) for trial in trials)
    assert all(trial.distances.alignment is None for trial in trials)


def test_a_larger_bank_asks_for_more(picture):
    subject = subject_of(picture, HASHES)
    few, many = (
        [
            trial.verdict.expected_false_matches
            for trial in self_test(subject, HASHES, entries=entries, attacks=SOME[:1])
        ]
        for entries in (10**5, 10**8)
    )
    assert many[0] == pytest.approx(1000 * few[0])


def test_the_same_file_gives_the_same_copies(picture):
    attacks = [ATTACKS["crop"], ATTACKS["gaussian-noise"]]
    copies = [
        [trial.copy for trial in self_test(subject_of(picture, HASHES), HASHES, attacks=attacks)]
        for _ in range(2)
    ]
    assert copies[0] == copies[1]


def test_large_pictures_are_tried_at_the_size_they_are_passed_on():
    large = Image.effect_noise((1400, 700), 90).convert("RGB")
    out = io.BytesIO()
    large.save(out, "PNG")
    subject = subject_of(out.getvalue(), HASHES)
    assert subject.picture.size == (1024, 512)
    assert (subject.fingerprint.width, subject.fingerprint.height) == (1400, 700)


@pytest.mark.parametrize(
    ("pdq", "inliers", "found"),
    [
        (0, 200, FoundBy.BOTH),
        (0, 0, FoundBy.HASHES),
        (128, 200, FoundBy.PLACES),
        (128, 0, FoundBy.NOTHING),
    ],
)
def test_what_finds_a_copy_is_what_is_enough_by_itself(pdq, inliers, found):
    flat = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    alignment = Alignment(inliers, flat, mirrored=False, pairs=(), reach=0.9)
    distances = Distances({"pdq": pdq}, {"pdq": 0.0}, alignment=alignment)
    assert found_by(EIKONA, distances, 10_000) is found


def test_colour_is_upright_over_white_and_as_the_file_has_it():
    image = Image.new("RGBA", (40, 20), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif)
    upright = np.asarray(decode_colour(out.getvalue(), side=1000, limits=DEFAULT_LIMITS))
    assert upright.shape == (40, 20, 3)
    assert upright[5].tolist() == [[255, 255, 255]] * 20
    assert upright[-5].tolist() == [[255, 0, 0]] * 20
    small = decode_colour(out.getvalue(), side=10, limits=DEFAULT_LIMITS)
    assert small.size == (5, 10)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_the_sheet_shows_each_copy_in_the_colour_of_its_outcome(picture, trials, tmp_path, suffix):
    target = tmp_path / f"sheet.{suffix}"
    shown = decode_colour(picture, side=400, limits=DEFAULT_LIMITS)
    draw_sheet(Sheet("p" * 500, "eikona", 10**6, shown), trials, target)
    with Image.open(target) as sheet:
        assert sheet.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[suffix]
        found = sheet.convert("RGB").getcolors(1 << 24)
    if suffix == "png":
        # Two sections: "dark" and "mirror" in passing, the crop and the screenshot after them.
        colours = {colour: count for count, colour in found}
        assert colours[0x3F, 0x86, 0x60] > 4 * 218 * 3
        assert sheet.height > 2 * 236


def test_the_fingerprint_is_the_one_that_a_bank_would_hold(picture):
    subject = subject_of(picture, EIKONA)
    assert subject.fingerprint == eikona.fingerprint(picture, local_features=True)
