"""The benchmark of watermarks: its attacks, its halves, its measures, its tables."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.marking import campaign, nulls, tables
from benchmarks.marking.attacks import ATTACKS, PROMISED, attacked
from benchmarks.marking.similarity import ssim


@pytest.fixture(scope="module")
def photo():
    random = np.random.default_rng(1)
    return Image.fromarray(random.integers(0, 256, (90, 120, 3), np.uint8)).resize((240, 180))


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_change_a_picture_the_same_way_each_time(attack, photo):
    first = attacked(photo, attack, "name")

    assert first.mode == "RGB"
    assert first.tobytes() == attacked(photo, attack, "name").tobytes()
    assert first.size != photo.size or first.tobytes() != photo.tobytes()


def test_promises_are_attacks_and_come_first():
    assert tuple(ATTACKS)[: len(PROMISED)] == PROMISED


def test_the_halves_follow_from_names():
    names = [Path(f"/any/{number}.jpg") for number in range(200)]
    unseen = [path for path in names if campaign.is_unseen(path)]

    assert 60 < len(unseen) < 140
    assert [path for path in names if campaign.is_unseen(Path("/else") / path.name)] == unseen


def test_similarity_is_one_for_equal_pictures_and_falls_with_noise(photo):
    pixels = np.asarray(photo)
    noise = np.random.default_rng(2).normal(0, 1, pixels.shape)
    little, much = (np.clip(pixels + k * noise, 0, 255).astype(np.uint8) for k in (3, 20))

    assert ssim(pixels, pixels) == pytest.approx(1, abs=1e-4)
    assert 1 > ssim(pixels, little) > ssim(pixels, much)


def _record(name, psnr, hit):
    reads = {attack: [hit, 8.0, 1, 0.1, 0] for attack in PROMISED}
    shown = {"psnr": psnr, "ssim": 0.98, "embed_s": 0.4, "strength": 0.5}
    return {"name": name, "megapixels": 0.2, "reads": reads, **shown}


def test_summary_and_tables_say_what_was_read():
    records = [_record("a", 40.0, 1), _record("b", 42.0, 0), {"name": "c", "refused": "small"}]
    records = [{"megapixels": 0.1, **record} for record in records]
    summary = campaign.summary(records)

    assert summary["pictures"] == 2
    assert summary["refused"] == ["c"]
    assert summary["psnr"]["mean"] == 41
    assert summary["attacks"][PROMISED[0]]["read"] == 0.5
    assert ATTACKS.keys() - summary["attacks"].keys() == set(ATTACKS) - set(PROMISED)

    rows = [{"family": "marking", "set": "marking-robustness", "what": "eikona", **summary}]
    assert f"| {PROMISED[0]} | 2 | 50.0 % | 0 | 8.0 |" in tables.TABLES["marking-attacks"](rows)
    assert "41.0" in tables.TABLES["marking-shown"](rows)
    assert "2000 ms" in tables.TABLES["marking-times"](rows)
    assert tables.TABLES["marking-chance"](rows) == ""


def test_summary_of_pictures_without_a_mark_counts_what_was_asked():
    records = [
        {"read_s": 0.4, "z": 5.0, "tries": 1, "found": 0, "deviations": [3.6, 2.0]},
        {"read_s": 0.5, "z": 5.4, "tries": 3, "found": 0, "deviations": [4.2, 1.0]},
    ]
    summary = nulls.summary(records)

    assert summary["questions"] == 4
    assert summary["deviations"]["3.5"] == 2
    assert summary["deviations"]["4"] == 1
    assert summary["most_tries"] == 3
    rows = [{"family": "marking", "set": "marking-nulls", **summary}]
    assert "| time to look, median | 450 ms |" in tables.TABLES["marking-chance"](rows)
    assert "| identities found | 0 |" in tables.TABLES["marking-chance"](rows)
