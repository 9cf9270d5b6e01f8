"""Parts of pictures are found through the whole command line, and where they lie is said."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from eikona.adapters.bank import layout
from tests.integration import command_line
from tests.integration.command_line import eikona, eikona_json, moved

SIZE = 640, 480
ASKEW = 17  # degrees


def scene(seed):
    """Return a picture that has places to be found by: shapes of many sizes over a texture."""
    random = np.random.default_rng([11, seed])
    small = Image.fromarray(random.integers(60, 196, (60, 80, 3), np.uint8))
    picture = small.resize(SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(70):
        x, y = (int(random.integers(side)) for side in SIZE)
        wide, high = (int(side) for side in random.integers(8, 90, 2))
        colour = tuple(random.integers(0, 256, 3).tolist())
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x, y, x + wide, y + high), fill=colour)
    return picture


def screenshot(picture):
    """Return a window with the middle quarter of a picture in it, askew."""
    window = Image.new("RGB", (900, 700), (242, 242, 246))
    ImageDraw.Draw(window).rectangle((0, 0, 900, 56), fill=(38, 60, 110))
    width, height = picture.size
    quarter = picture.crop((width // 4, height // 4, 3 * width // 4, 3 * height // 4))
    window.paste(quarter, (310, 240))
    return window.rotate(ASKEW, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def in_screenshot(x, y, shot):
    """Return where a pixel of the whole picture is in the screenshot."""
    turn = np.deg2rad(ASKEW)
    x, y = x - SIZE[0] // 4 + 310 - 450, y - SIZE[1] // 4 + 240 - 350
    return (
        np.cos(turn) * x + np.sin(turn) * y + shot.width / 2,
        -np.sin(turn) * x + np.cos(turn) * y + shot.height / 2,
    )


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setitem(command_line.ENVIRONMENT, "XDG_CACHE_HOME", str(folder))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    (root / "originals").mkdir()
    for seed in range(12):
        scene(seed).save(root / "originals" / f"{seed}.png")
    (root / "found").mkdir()
    screenshot(scene(7)).save(root / "found" / "screenshot.jpg", quality=85)
    scene(99).save(root / "found" / "other.png")
    return root


@pytest.fixture(scope="module")
def bank(folder):
    bank = folder / "originals.bank"
    assert eikona("bank", "create", bank).status == 0
    assert eikona("bank", "add", bank, "originals", cwd=folder).status == 0
    return bank


def test_a_quarter_in_a_screenshot_is_found_with_where_it_lies(folder, bank):
    status, records = eikona_json("scan", "found", "--bank", bank, cwd=folder)
    assert status == 0
    other, found = records
    assert other["matches"] == []
    (match,) = found["matches"]
    assert match["entry"] == "originals/7.png"
    assert match["match"]
    assert match["distance"] > 90  # the hash alone would not know it
    assert match["inliers"] >= 8
    with Image.open(folder / "found/screenshot.jpg") as shot:
        for x, y in [(160, 120), (480, 120), (480, 360), (160, 360)]:
            there = moved(match["transform"], *in_screenshot(x, y, shot))
            assert there == pytest.approx((x, y), abs=4)
    # The same again from the cache, to the last byte.
    assert eikona_json("scan", "found", "--bank", bank, cwd=folder) == (0, records)
    (searched,) = eikona_json("search", "found/screenshot.jpg", "--bank", bank, cwd=folder)[1]
    assert searched["matches"] == [match]


def test_compare_says_the_same(folder, bank):
    _, (pair,) = eikona_json("compare", "found/screenshot.jpg", "originals/7.png", cwd=folder)
    assert pair["match"]
    with Image.open(folder / "found/screenshot.jpg") as shot:
        there = moved(pair["transform"], *in_screenshot(320, 240, shot))
    assert there == pytest.approx((320, 240), abs=4)
    _, (pair,) = eikona_json("compare", "found/other.png", "originals/7.png", cwd=folder)
    assert (pair["match"], pair["transform"]) == (False, None)
    assert pair["inliers"] < 5


def test_show_draws_the_two_as_they_lie_on_each_other(folder, tmp_path):
    names = "found/screenshot.jpg", "originals/7.png"
    ended = eikona("compare", *names, "--show", tmp_path / "out.png", cwd=folder)
    assert ended.status == 0
    assert "out.png" in ended.stderr
    with Image.open(tmp_path / "out.png") as drawn:
        assert drawn.format == "PNG"
        both = drawn.size
    assert list(tmp_path.iterdir()) == [tmp_path / "out.png"]
    names = "found/other.png", "originals/7.png"
    assert eikona("compare", *names, "--show", tmp_path / "out.png", cwd=folder).status == 0
    with Image.open(tmp_path / "out.png") as drawn:
        assert drawn.height < both[1]  # nothing to lay over each other


@pytest.mark.parametrize(
    ("names", "file"),
    [(("7.png", "8.png"), "out.jpg"), (("7.png", "8.png"), "no/out.png"), ("789", "out.png")],
)
def test_show_says_what_it_cannot_draw(folder, tmp_path, names, file):
    names = [f"originals/{name[0]}.png" for name in names]
    ended = eikona("compare", *names, "--show", tmp_path / file, cwd=folder)
    assert ended.status == 2
    assert "--show" in ended.stderr


def test_dedupe_groups_parts_and_removes_none_for_it(folder, tmp_path):
    _, records = eikona_json("dedupe", "originals", "found", cwd=folder)
    assert records == []
    arguments = "originals", "found", "--local-features", "--keep", "best"
    status, (group,) = eikona_json("dedupe", *arguments, cwd=folder)
    assert status == 0
    assert sorted(group["files"]) == ["found/screenshot.jpg", "originals/7.png"]
    assert group["redundant"] == []
    assert {one["role"] for one in group["pictures"]} == {"kept", "unsure"}
    assert eikona_json("dedupe", *reversed(arguments[:2]), *arguments[2:], cwd=folder)[1] == [group]
    ended = eikona("dedupe", *arguments, "--rule", "forbild", cwd=folder)
    assert ended.status == 2
    assert "--local-features" in ended.stderr


def test_a_bank_without_local_features_stays_one(folder, tmp_path):
    bank = tmp_path / "sensitive.bank"
    status, (made,) = eikona_json("bank", "create", bank, "--no-local-features")
    assert (status, made["local_features"]) == (0, False)
    assert eikona("bank", "add", bank, "originals", cwd=folder).status == 0
    _, (info,) = eikona_json("bank", "info", bank)
    assert (info["local_features"], info["descriptors"]) == (False, None)
    assert info["entries_with_local_features"] == 0
    _, records = eikona_json("search", "found/screenshot.jpg", "--bank", bank, cwd=folder)
    assert records[0]["matches"] == []
    _, records = eikona_json("search", "originals/7.png", "--bank", bank, cwd=folder)
    (match,) = records[0]["matches"]
    assert match["inliers"] is None
    assert match["transform"] == [[1, 0, 0], [0, 1, 0]]
    assert not any(b"feature" in path.read_bytes() for path in bank.glob("*"))


def test_info_says_how_many_entries_have_them(folder, bank):
    _, (info,) = eikona_json("bank", "info", bank)
    assert (info["local_features"], info["descriptors"]) == (True, 300)
    assert info["entries_with_local_features"] == 12
    assert "local features" in eikona("bank", "info", bank).stdout.decode()


def test_two_runs_make_the_same_bytes(folder, tmp_path):
    made = []
    for name in ("a", "b"):
        bank = tmp_path / name
        assert eikona("bank", "create", bank, "--descriptors", "100").status == 0
        assert eikona("bank", "add", bank, "originals", "--no-cache", cwd=folder).status == 0
        (segment,) = bank.glob("segment-*.eik")
        manifest = json.loads((bank / "manifest.json").read_bytes())["bank"]
        assert manifest["local_features"] == 100
        made.append(segment.read_bytes())
    when = [_without_times(data) for data in made]
    assert when[0] == when[1]


def _without_times(segment):
    """Return all sections of a segment but the records, which say when entries were made."""
    head, _ = layout.parse_head(memoryview(segment), "segment")
    return {
        (one.kind, one.algorithm): segment[one.offset : one.offset + one.length]
        for one in head.sections
        if one.kind not in {"records", "replaces"}
    }
