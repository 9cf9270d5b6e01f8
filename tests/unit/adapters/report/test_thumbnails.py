import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from eikona.adapters.report.thumbnails import (
    MakeThumbnail,
    NoThumbnail,
    Thumbnail,
    ThumbnailOptions,
    make_thumbnails,
)
from eikona.adapters.worker_pool import Done, Failed, run_in_workers
from eikona.domain.errors import EikonaError, NotAnImageError, SourceMissingError
from eikona.domain.limits import Limits
from eikona.imaging.orientation import upright
from tests.unit.adapters.report.report_rows import painting, saved


def _opened(thumbnail: Thumbnail) -> Image.Image:
    image = Image.open(io.BytesIO(thumbnail.data))
    assert image.format == "WEBP"
    assert image.size == (thumbnail.width, thumbnail.height)
    return image


def _apart(a: Image.Image, b: Image.Image) -> float:
    """Return the mean absolute difference of two pictures of one size, in colour."""
    x, y = (np.asarray(image.convert("RGB"), dtype=np.float64) for image in (a, b))
    return float(np.abs(x - y).mean())


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((900, 600), (160, 107)),
        ((600, 900), (107, 160)),
        ((90, 60), (90, 60)),
        ((5000, 2), (160, 1)),
    ],
)
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_has_the_longer_side_asked_for_and_is_never_enlarged(
    tmp_path: Path, size: tuple[int, int], shown: tuple[int, int], suffix: str
) -> None:
    path = saved(painting(*size), tmp_path / f"a.{suffix}")
    thumbnail = MakeThumbnail(side=160)(path)
    assert (thumbnail.width, thumbnail.height) == shown


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        ("RGB", "jpg"),
        ("RGB", "png"),
        ("CMYK", "jpg"),
        ("RGBA", "png"),
        ("P", "gif"),
        ("RGB", "bmp"),
        ("RGB", "tiff"),
        ("YCbCr", "tiff"),
        ("RGB", "avif"),
    ],
)
def test_keeps_colours(tmp_path: Path, mode: str, suffix: str) -> None:
    picture = painting(200, 120)
    path = saved(picture.convert(mode), tmp_path / f"a.{suffix}")
    shown = _opened(MakeThumbnail(side=100, quality=95)(path))
    assert _apart(shown, picture.resize((100, 60), Image.Resampling.LANCZOS)) < 6


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16"])
def test_shows_grey_pictures(tmp_path: Path, mode: str) -> None:
    grey = painting(120, 80).convert("L")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(grey, dtype=np.uint16) * 257)
    else:
        picture = grey.convert(mode)
    shown = _opened(MakeThumbnail(side=120, quality=95)(saved(picture, tmp_path / "a.png")))
    assert _apart(shown, grey.convert(mode if mode == "1" else "L")) < 6


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 20, 40))
    pixels = _opened(MakeThumbnail(side=40)(saved(picture, tmp_path / "a.png"))).convert("RGB")
    assert min(pixels.getpixel((35, 20))) > 245
    assert pixels.getpixel((5, 20))[2] > 200


@pytest.mark.parametrize("orientation", range(1, 9))
def test_is_upright(tmp_path: Path, orientation: int) -> None:
    picture = painting(120, 80)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(picture, tmp_path / "a.png", exif=exif)
    shown = _opened(MakeThumbnail(side=120, quality=95)(path))
    turned = np.stack([upright(np.asarray(band), orientation) for band in picture.split()], axis=-1)
    assert _apart(shown, Image.fromarray(turned)) < 6


def test_holds_no_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for suffix in ("jpg", "png", "webp"):
        path = saved(
            painting(), tmp_path / f"a.{suffix}", exif=exif, icc_profile=profile, comment=b"home"
        )
        thumbnail = MakeThumbnail(side=60)(path)
        chunks = {thumbnail.data[at : at + 4] for at in range(len(thumbnail.data) - 3)}
        assert not chunks & {b"EXIF", b"ICCP", b"XMP "}, suffix
        assert b"home" not in thumbnail.data


def test_reads_large_jpegs_at_a_reduced_scale_and_as_well(tmp_path: Path) -> None:
    picture = painting(2400, 1600)
    path = saved(picture, tmp_path / "a.jpg", quality=95)
    shown = _opened(MakeThumbnail(side=150, quality=95)(path))
    assert _apart(shown, picture.resize((150, 100), Image.Resampling.LANCZOS)) < 4


def test_what_cannot_be_shown_raises_why(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no image")
    with pytest.raises(NotAnImageError):
        MakeThumbnail(side=60)(str(tmp_path / "text.jpg"))
    with pytest.raises(SourceMissingError):
        MakeThumbnail(side=60)(str(tmp_path / "absent.jpg"))
    path = saved(painting(400, 300), tmp_path / "a.png")
    with pytest.raises(EikonaError, match="max_pixels"):
        MakeThumbnail(side=60, limits=Limits(max_pixels=1000))(path)


def test_one_bad_file_leaves_a_reason_and_the_others_their_pictures(tmp_path: Path) -> None:
    good = saved(painting(), tmp_path / "good.jpg")
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(Path(good).read_bytes()[:200])
    told = 0

    def advance() -> None:
        nonlocal told
        told += 1

    paths = [str(bad), good, str(tmp_path / "absent.jpg")]
    made = make_thumbnails(paths, ThumbnailOptions(advance=advance), side=60)
    assert list(made) == paths
    assert isinstance(made[good], Thumbnail)
    for path in (str(bad), paths[2]):
        shown = made[path]
        assert isinstance(shown, NoThumbnail)
        assert shown.reason
        assert not shown.left_out
    assert told == 3


class _Dies:
    def __call__(self, path: str) -> Thumbnail:
        if path.endswith("deadly.jpg"):
            os._exit(9)
        return Thumbnail(b"x", 1, 1)


def test_a_file_that_kills_its_worker_costs_one_picture() -> None:
    def run(function: object, items: Iterator[str]) -> Iterator[Done[str, Thumbnail] | Failed[str]]:
        return run_in_workers(_Dies(), items, jobs=1)

    made = make_thumbnails(["a.jpg", "deadly.jpg", "b.jpg"], ThumbnailOptions(run=run), side=60)
    assert [type(each) for each in made.values()] == [Thumbnail, NoThumbnail, Thumbnail]


def test_past_the_limit_pictures_are_left_out_and_say_so(tmp_path: Path) -> None:
    paths = [saved(painting(seed=n), tmp_path / f"{n}.png") for n in range(6)]
    one = MakeThumbnail(side=60)(paths[0])
    limit = 3 * len(one.data) * 4 // 3
    told = []
    options = ThumbnailOptions(max_total_bytes=limit, advance=lambda: told.append(1))
    made = make_thumbnails(paths, options, side=60)
    kept = [isinstance(each, Thumbnail) for each in made.values()]
    assert kept == sorted(kept, reverse=True)
    assert 1 <= sum(kept) < 6
    data = sum(len(each.data) for each in made.values() if isinstance(each, Thumbnail))
    assert data * 4 / 3 <= limit
    last = made[paths[-1]]
    assert isinstance(last, NoThumbnail)
    assert last.left_out
    assert "MB already" in last.reason
    assert len(told) == 6


@pytest.mark.parametrize(
    ("rows", "side"), [(0, 480), (100, 480), (101, 320), (1000, 320), (1001, 160), (10_000, 160)]
)
def test_more_rows_have_smaller_pictures(rows: int, side: int) -> None:
    assert ThumbnailOptions().side_for(rows) == side
    assert ThumbnailOptions(side=99).side_for(rows) == 99
