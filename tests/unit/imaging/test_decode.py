"""Modes, frames and what a picture says of itself; formats and damage have files of their own."""

import io

import numpy as np
import pytest
from PIL import Image

import eikona
from eikona.domain.errors import AnimationTooLargeError, InvalidImageError
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.imaging.decode import SHORT_SIDE, SHORT_SIDE_WITHOUT_PDQ, decode, decode_frames
from tests.unit.imaging import builders
from tests.unit.imaging.builders import exif, noise, photograph, saved

AUTO, EXACT, FAST = DecodeMode.AUTO, DecodeMode.EXACT, DecodeMode.FAST


def jpeg_of(width, height, mode="RGB", **options):
    tile = Image.fromarray(photograph(200, 150))
    return saved(tile.resize((width, height)).convert(mode), "JPEG", **options)


# which scale is chosen


@pytest.mark.parametrize(
    ("size", "mode", "short_side", "decoded", "recorded"),
    [
        # exact never reduces
        ((2048, 1536), EXACT, 512, (2048, 1536), EXACT),
        ((640, 480), EXACT, 512, (640, 480), EXACT),
        # auto is exact up to one megapixel
        ((1000, 1000), AUTO, 512, (1000, 1000), EXACT),
        ((1250, 800), AUTO, 512, (1250, 800), EXACT),
        ((1251, 800), AUTO, 256, (626, 400), AUTO),
        # above, the smallest scale that keeps the short side
        ((1024, 1024), AUTO, 512, (512, 512), AUTO),
        ((1023, 1024), AUTO, 512, (512, 512), AUTO),
        ((1022, 1024), AUTO, 512, (1022, 1024), EXACT),
        ((2048, 2048), AUTO, 512, (512, 512), AUTO),
        ((2044, 2048), AUTO, 512, (1022, 1024), AUTO),
        ((2045, 2048), AUTO, 512, (512, 512), AUTO),
        ((4096, 1030), AUTO, 512, (2048, 515), AUTO),
        ((4100, 4096), AUTO, 512, (513, 512), AUTO),
        ((2048, 2048), AUTO, 256, (256, 256), AUTO),
        ((3000, 400), AUTO, 512, (3000, 400), EXACT),
        # fast reduces small pictures too, and drops colour where it cannot reduce
        ((640, 480), FAST, 512, (640, 480), FAST),
        ((640, 512), FAST, 256, (320, 256), FAST),
        ((640, 510), FAST, 256, (640, 510), FAST),
        ((2048, 2048), FAST, 512, (512, 512), FAST),
        ((8, 8), FAST, 512, (8, 8), FAST),
    ],
)
def test_scale_and_recorded_mode_of_a_colour_jpeg(size, mode, short_side, decoded, recorded):
    picture = decode(jpeg_of(*size), mode=mode, short_side=short_side, limits=DEFAULT_LIMITS)
    assert picture.luma.shape == decoded[::-1]
    assert picture.fine_luma.shape == decoded[::-1]
    assert (picture.width, picture.height) == size
    assert picture.decode is recorded


@pytest.mark.parametrize(
    ("colour", "mode", "size", "decoded", "recorded"),
    [
        ("L", FAST, (640, 480), (640, 480), EXACT),  # nothing to drop
        ("L", FAST, (1280, 1024), (640, 512), FAST),
        ("L", AUTO, (1280, 1024), (640, 512), AUTO),
        ("CMYK", FAST, (640, 480), (640, 480), EXACT),
        ("CMYK", FAST, (1280, 1024), (640, 512), FAST),
        ("CMYK", AUTO, (1280, 1024), (640, 512), AUTO),
    ],
)
def test_scale_and_recorded_mode_of_other_jpegs(colour, mode, size, decoded, recorded):
    data = jpeg_of(*size, colour)
    picture = decode(data, mode=mode, limits=DEFAULT_LIMITS)
    assert picture.luma.shape == decoded[::-1]
    assert picture.decode is recorded
    whole = decode(data, mode=EXACT, limits=DEFAULT_LIMITS).luma
    small = np.asarray(Image.fromarray(whole).resize(decoded, Image.Resampling.BOX))
    assert np.abs(picture.luma.astype(int) - small).mean() <= 2


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("mode", [AUTO, FAST])
def test_other_formats_are_always_exact(kind, mode):
    data = saved(photograph(1200, 1100), kind, **({"quality": 10} if kind == "WEBP" else {}))
    picture = decode(data, mode=mode, limits=DEFAULT_LIMITS)
    assert picture.luma.shape == (1100, 1200)
    assert picture.decode is EXACT


def test_progressive_jpegs_are_reduced_alike():
    baseline, progressive = (jpeg_of(1300, 1100, progressive=p) for p in (False, True))
    for mode in (AUTO, FAST):
        a, b = (decode(d, mode=mode, limits=DEFAULT_LIMITS).luma for d in (baseline, progressive))
        assert a.shape == b.shape == (550, 650)
        assert np.abs(a.astype(int) - b).max() <= 1


def test_fast_reads_grey_from_a_jpeg_that_stores_rgb():
    image = Image.fromarray(photograph(320, 240))
    data = saved(image, "JPEG", quality=95, keep_rgb=True)
    picture = decode(data, mode=FAST, limits=DEFAULT_LIMITS)
    assert picture.decode is FAST
    assert np.abs(picture.luma.astype(int) - np.asarray(image.convert("L"))).mean() <= 2


@pytest.mark.parametrize("mode", [AUTO, FAST])
@pytest.mark.parametrize("orientation", [3, 6])
def test_reduced_pictures_are_turned_too(mode, orientation):
    data = builders.with_exif(jpeg_of(1400, 1100), exif(orientation))
    picture = decode(data, mode=mode, limits=DEFAULT_LIMITS)
    turned = orientation == 6
    assert (picture.width, picture.height) == ((1100, 1400) if turned else (1400, 1100))
    assert picture.luma.shape == ((700, 550) if turned else (550, 700))


@pytest.mark.parametrize(("names", "side"), [(["pdq"], SHORT_SIDE), (["dhash"], 0)])
def test_the_short_side_depends_on_whether_pdq_is_asked_for(names, side, monkeypatch):
    asked = []

    def spy(data, **options):
        asked.append(options["short_side"])
        return decode(data, **options)

    monkeypatch.setattr("eikona.services.fingerprint_source.decode_first_frame", spy)
    eikona.fingerprint(jpeg_of(64, 64), algorithms=names)
    assert asked == [side or SHORT_SIDE_WITHOUT_PDQ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [(1400, 1100), (2100, 2060), (500, 375)])
def test_reduced_decodes_move_256_bit_hashes_by_12_bits_at_most(size, seed):
    data = saved(photograph(*size, seed + 30), "JPEG", quality=90)
    exact, *others = (eikona.fingerprint(data, decode=mode) for mode in (EXACT, FAST, AUTO))
    names = [name for name, code in exact.hashes.items() if len(code) == 32]
    assert "pdq" in names
    assert len(names) >= 5
    for name in names:
        for other in others:
            moved = int.from_bytes(exact.hashes[name]) ^ int.from_bytes(other.hashes[name])
            assert moved.bit_count() <= 12, (name, other.decode)


# frames

COLOURS = [(k * 25, 255 - k * 20, k * 5) for k in range(10)]
ANIMATED = ["GIF", "PNG", "WEBP", "AVIF", "TIFF"]


def animation(kind, count=10, size=(32, 24)):
    frames = [Image.new("RGB", size, colour) for colour in COLOURS[:count]]
    options = {"lossless": True} if kind == "WEBP" else {}
    if kind == "AVIF":
        options = {"speed": 10, "quality": 100}
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)


def level(colour):
    return int(builders.luma_of_rgb(np.array([[colour]]))[0, 0])


@pytest.mark.parametrize("kind", ANIMATED)
@pytest.mark.parametrize(
    ("samples", "chosen"),
    [
        (1, [0]),
        (2, [0, 9]),
        (3, [0, 4, 9]),
        (4, [0, 3, 6, 9]),
        (10, list(range(10))),
        (16, list(range(10))),
    ],
)
def test_frames_are_sampled_evenly_from_the_first_to_the_last(kind, samples, chosen):
    pictures = list(decode_frames(animation(kind), samples=samples, limits=DEFAULT_LIMITS))
    assert [picture.frame for picture in pictures] == chosen
    for picture in pictures:
        assert picture.frames == 10
        assert (picture.width, picture.height) == (32, 24)
        assert abs(int(picture.luma.mean()) - level(COLOURS[picture.frame])) <= 3
        assert picture.decode is EXACT


def test_every_choice_begins_with_the_first_and_ends_with_the_last_frame():
    data = animation("TIFF", 7, (1, 1))
    for samples in range(2, 9):
        numbers = [p.frame for p in decode_frames(data, samples=samples, limits=DEFAULT_LIMITS)]
        assert numbers[0] == 0
        assert numbers[-1] == 6
        assert numbers == sorted(set(numbers))
        assert len(numbers) == min(samples, 7)


@pytest.mark.parametrize("kind", [*ANIMATED, "JPEG", "BMP"])
def test_a_still_image_has_one_frame(kind):
    (picture,) = decode_frames(saved(photograph(32, 24), kind), samples=9, limits=DEFAULT_LIMITS)
    assert (picture.frames, picture.frame) == (1, 0)


@pytest.mark.parametrize("kind", ANIMATED)
def test_the_first_frame_of_an_animation_is_the_picture(kind):
    picture = decode(animation(kind), limits=DEFAULT_LIMITS)
    assert (picture.frames, picture.frame) == (10, 0)
    assert abs(int(picture.luma.mean()) - level(COLOURS[0])) <= 3


def composed(data):
    """Each frame as Pillow shows it, over white."""
    with Image.open(io.BytesIO(data)) as image:
        for number in range(image.n_frames):
            image.seek(number)
            over = Image.new("RGBA", image.size, (255, 255, 255, 255))
            over.alpha_composite(image.convert("RGBA"))
            yield np.asarray(over.convert("RGB").convert("L"))


def moving_frames():
    """A translucent square over changing ground."""
    for k in range(5):
        pixels = np.zeros((24, 32, 4), np.uint8)
        pixels[..., :3] = noise(32, 24, 3, seed=k // 2)
        pixels[..., 3] = 255 * (np.indices((24, 32)).sum(axis=0) % 7 > k)
        pixels[k * 3 : k * 3 + 6, k * 4 : k * 4 + 6, 3] = 255
        yield Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *(("GIF", {"disposal": disposal}) for disposal in (0, 1, 2, 3)),
        *(("PNG", {"disposal": d, "blend": b}) for d in (0, 1, 2) for b in (0, 1)),
        ("WEBP", {"lossless": True, "exact": True}),
        ("WEBP", {"lossless": True, "allow_mixed": True, "minimize_size": True}),
    ],
)
def test_disposal_and_blending(kind, options):
    frames = list(moving_frames())
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    pictures = list(decode_frames(data, samples=9, limits=DEFAULT_LIMITS))
    expected = list(composed(data))
    assert len(pictures) == len(expected) == 5
    for picture, shown in zip(pictures, expected, strict=True):
        assert np.abs(picture.luma.astype(int) - shown).max() <= 1


def test_sampled_frames_equal_those_of_a_full_walk():
    frames = list(moving_frames())
    for kind in ("GIF", "PNG", "WEBP"):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        every = [p.luma for p in decode_frames(data, samples=5, limits=DEFAULT_LIMITS)]
        for picture in decode_frames(data, samples=3, limits=DEFAULT_LIMITS):
            np.testing.assert_array_equal(picture.luma, every[picture.frame])


def test_pages_of_a_tiff_have_sizes_and_orientations_of_their_own():
    pages = [Image.fromarray(photograph(w, h)) for w, h in ((20, 10), (7, 9), (300, 2))]
    pages[1].encoderinfo = {"tiffinfo": {274: 6}}
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    pictures = list(decode_frames(data, samples=5, limits=DEFAULT_LIMITS))
    assert [(p.width, p.height) for p in pictures] == [(20, 10), (9, 7), (300, 2)]
    for picture, page in zip(pictures, pages, strict=True):
        upright = page.rotate(270, expand=True) if page is pages[1] else page
        np.testing.assert_array_equal(picture.luma, np.asarray(upright.convert("L")))


def test_an_apng_whose_first_image_stands_outside_the_animation():
    frames = [Image.new("RGB", (8, 8), colour) for colour in COLOURS[:3]]
    data = saved(frames[0], "PNG", save_all=True, default_image=True, append_images=frames[1:])
    pictures = list(decode_frames(data, samples=5, limits=DEFAULT_LIMITS))
    assert [int(p.luma[0, 0]) for p in pictures] == [level(c) for c in COLOURS[:3]]


def test_a_later_gif_frame_may_enlarge_the_canvas():
    data = builders.gif(2, 1, builders.gif_image(0, 0, 2, 1, 1), builders.gif_image(2, 0, 2, 1, 2))
    first, second = decode_frames(data, samples=2, limits=DEFAULT_LIMITS)
    assert first.luma.tolist() == [[85, 85]]
    assert second.luma.shape == (1, 4)
    assert second.luma[0, 2:].tolist() == [170, 170]
    with pytest.raises(InvalidImageError) as caught:
        list(decode_frames(data, samples=2, limits=Limits(max_pixels=3)))
    assert caught.value.code == "too_many_pixels"
    assert decode(data, limits=Limits(max_pixels=3)).width == 2


@pytest.mark.parametrize("kind", ANIMATED)
def test_an_animation_of_too_many_pixels(kind):
    data = animation(kind)
    limits = Limits(max_animation_pixels=32 * 24 * 10 - 1)
    with pytest.raises(AnimationTooLargeError, match="max_animation_pixels = 7,679") as caught:
        list(decode_frames(data, samples=2, limits=limits))
    assert caught.value.code == "animation_too_large"
    fitting = Limits(max_animation_pixels=32 * 24 * 10)
    assert len(list(decode_frames(data, samples=2, limits=fitting))) == 2
    assert decode(data, limits=limits).frames == 10


def test_a_still_image_is_no_animation_of_too_many_pixels():
    limits = Limits(max_animation_pixels=1)
    assert len(list(decode_frames(jpeg_of(8, 8), samples=2, limits=limits))) == 1
